import Crypto
import MSSCore

/// A line of the audit trail: `{"seq":N,"prev":"…",…,"sum":"…"}`.
///
/// `sum` is the SHA-256 of all that stands before it in the line, `prev` is the `sum` of the line before. So a changed,
/// added, lost or moved line shows by itself or by its neighbour.
struct AuditLine {
    /// What stands before the first line.
    static let origin = String(repeating: "0", count: 64)
    /// Octets of a line, without its line feed.
    static let maximum = 64 << 10

    let sequence: UInt64
    let previous: String
    let sum: String

    /// Writes the line that follows `previous`.
    static func write(
        _ entry: AuditEntry,
        sequence: UInt64,
        previous: String,
        time: LogTime,
        pseudonyms: Pseudonyms
    ) throws(AuditError) -> (octets: [UInt8], sum: String) {
        var line = JSONLine()
        line.raw("{\"seq\":")
        line.number(sequence)
        line.raw(",\"prev\":\"")
        line.digits(previous)
        line.raw("\",\"time\":")
        line.time(time)
        line.member(",\"act\":", entry.act)
        line.member(",\"phase\":", entry.phase)
        line.member(",\"outcome\":", entry.outcome)
        line.member(",\"peer\":", entry.call?.peer.description)
        line.member(",\"origin\":", entry.call?.origin?.description)
        line.member(",\"trace\":", entry.call?.trace.description)
        ClassifiedMetadata(entry.details, pseudonyms: pseudonyms).write(to: &line)
        let sum = Hexadecimal.text(SHA256.hash(data: line.octets))
        line.raw(",\"sum\":\"")
        line.digits(sum)
        line.raw("\"}")
        guard line.octets.count <= maximum else { throw .tooLong }
        return (line.octets, sum)
    }

    /// Reads a line without its line feed; `nil` when it is not as it was written.
    init?(_ octets: ArraySlice<UInt8>) {
        let head = Array("{\"seq\":".utf8)
        let middle = Array(",\"prev\":\"".utf8)
        let end = Array(",\"sum\":\"".utf8)
        let tailCount = end.count + 64 + 2
        guard octets.count <= Self.maximum, octets.starts(with: head), octets.count > tailCount,
            octets.suffix(2).elementsEqual("\"}".utf8)
        else { return nil }
        let body = octets.dropLast(tailCount)
        let tail = octets.suffix(tailCount)
        let digits = body.dropFirst(head.count).prefix { (0x30...0x39).contains($0) }
        let rest = body.dropFirst(head.count + digits.count)
        guard let sequence = UInt64(String(decoding: digits, as: UTF8.self)), rest.starts(with: middle),
            tail.starts(with: end)
        else { return nil }
        self.sequence = sequence
        previous = String(decoding: rest.dropFirst(middle.count).prefix(64), as: UTF8.self)
        sum = String(decoding: tail.dropFirst(end.count).prefix(64), as: UTF8.self)
        guard sum == Hexadecimal.text(SHA256.hash(data: body)) else { return nil }
    }
}

extension JSONLine {
    /// Appends a member that there may be.
    fileprivate mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        raw(name)
        text(value)
    }
}
