/// Reads a file of ported numbers piece by piece, and takes all of it or nothing.
///
/// ```
/// mssp-ported-numbers 1 SERIAL COUNT        mssp-ported-changes 1 SERIAL-OF-TABLE SERIAL COUNT
/// 358401234567 north                        358401234567 south
/// 358401234568 south                        358401234568 -
/// ```
///
/// Numbers are international, without `+`; `-` is for one that is not ported any more. COUNT lines follow the first: one
/// that was cut, or is still being written, has fewer.
public struct PortedReader {
    /// A digit more than a number has, a space, and the longest name of a home; the first line is as long.
    static let longestLine = 96
    private static let newline = UInt8(ascii: "\n")

    private let homes: [[UInt8]]
    private let wanted: String
    private var head: PortedHead?
    private var rows: [UInt64] = []
    private var isSorted = true
    private var line = 0
    /// The beginning of a line whose end is still to come.
    private var carry: [UInt8] = []
    private var lastHome = 0

    /// - Parameters:
    ///   - kind: `mssp-ported-numbers` or `mssp-ported-changes`.
    ///   - homes: Their names, in the order of their places.
    public init(_ kind: Form, homes: [String]) {
        wanted = kind.rawValue
        self.homes = homes.map { Array($0.utf8) }
    }

    /// What a file begins with.
    public enum Form: String, Sendable {
        case table = "mssp-ported-numbers"
        case changes = "mssp-ported-changes"
    }

    /// Takes the next octets of the file.
    ///
    /// - Throws: ``PortedProblem`` with the line; nothing more can be taken then.
    public mutating func take(_ octets: UnsafeRawBufferPointer) throws(PortedProblem) {
        var start = 0
        while start < octets.count {
            guard let end = octets[start...].firstIndex(of: Self.newline) else {
                guard carry.count + octets.count - start <= Self.longestLine else {
                    throw problem("is too long", line + 1)
                }
                carry.append(contentsOf: octets[start...])
                return
            }
            line += 1
            if carry.isEmpty {
                try read(UnsafeRawBufferPointer(rebasing: octets[start..<end]))
            } else {
                guard carry.count + end - start <= Self.longestLine else { throw problem("is too long", line) }
                carry.append(contentsOf: octets[start..<end])
                let whole = carry
                carry.removeAll(keepingCapacity: true)
                try whole.withUnsafeBytes { bytes in
                    Result { () throws(PortedProblem) in try read(bytes) }
                }.get()
            }
            start = end + 1
        }
    }

    /// The list, once the file has ended.
    ///
    /// - Throws: ``PortedProblem`` for a file that has not all its lines, or a number twice.
    public mutating func finish() throws(PortedProblem) -> PortedNumbers {
        guard let head else { throw PortedProblem(line: nil, "it does not begin with a line of \(wanted)") }
        guard carry.isEmpty, rows.count == head.count else {
            throw PortedProblem(
                line: nil,
                "it has \(rows.count) whole lines of numbers and its first line says \(head.count): it was cut, or is still being written"
            )
        }
        var rows: [UInt64] = []
        swap(&rows, &self.rows)
        if !isSorted {
            rows.sort()
            for place in rows.indices.dropFirst() where rows[place] >> 8 == rows[place - 1] >> 8 {
                throw PortedProblem(
                    line: nil,
                    "a number stands in it twice: cut -d' ' -f1 FILE | sort | uniq -d shows it"
                )
            }
        }
        return PortedNumbers(head.kind, serial: head.serial, rows: rows)
    }

    private mutating func read(_ octets: UnsafeRawBufferPointer) throws(PortedProblem) {
        guard let head else {
            guard let head = PortedHead(String(decoding: octets, as: UTF8.self), wanted) else {
                throw problem("is none that a file of \(wanted) begins with", line)
            }
            rows.reserveCapacity(head.count)
            self.head = head
            return
        }
        guard rows.count < head.count else { throw problem("is one more than the first line says", line) }
        var number: UInt64 = 0
        var digits = 0
        while digits < octets.count, octets[digits] &- 0x30 < 10 {
            guard digits < 15 else { throw problem("has a number of more than 15 digits", line) }
            number = number * 10 + UInt64(octets[digits] - 0x30)
            digits += 1
        }
        guard digits >= 7, octets[0] != 0x30, digits < octets.count, octets[digits] == 0x20 else {
            throw problem("must be 7 to 15 digits, a space and a home", line)
        }
        let home = try home(UnsafeRawBufferPointer(rebasing: octets[(digits + 1)...]), head.kind)
        if let last = rows.last, last >> 8 >= number {
            guard last >> 8 != number else { throw problem("has the number of the line before", line) }
            isSorted = false
        }
        rows.append(PortedNumbers.row(number, home))
    }

    private mutating func home(
        _ name: UnsafeRawBufferPointer,
        _ kind: PortedNumbers.Kind
    ) throws(PortedProblem) -> UInt64 {
        // Neighbours tend to have one home.
        if lastHome < homes.count, name.elementsEqual(homes[lastHome]) { return UInt64(lastHome) }
        if let place = homes.firstIndex(where: { name.elementsEqual($0) }) {
            lastHome = place
            return UInt64(place)
        }
        if case .changes = kind, name.count == 1, name[0] == UInt8(ascii: "-") { return PortedNumbers.nowhere }
        throw problem("names a home that is not configured", line)
    }

    private func problem(_ text: String, _ line: Int) -> PortedProblem { PortedProblem(line: line, text) }
}

/// Why a file of ported numbers is not taken; it names no number.
public struct PortedProblem: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    init(line: Int?, _ text: String) {
        description = (line.map { "line \($0) " } ?? "") + text
    }
}

/// The first line of a file of ported numbers.
struct PortedHead {
    let kind: PortedNumbers.Kind
    let serial: UInt64
    let count: Int

    /// Reads the line; `nil` for another one, and for more numbers than may be.
    init?(_ line: String, _ wanted: String) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == (wanted == PortedReader.Form.table.rawValue ? 4 : 5), words[0] == wanted, words[1] == "1",
            words.dropFirst().allSatisfy({
                (1...18).contains($0.utf8.count) && $0.utf8.allSatisfy { (0x30...0x39).contains($0) }
            }),
            let first = UInt64(words[2]), let serial = UInt64(words[words.count - 2]),
            let count = Int(words[words.count - 1])
        else { return nil }
        kind = words.count == 4 ? .table : .changes(of: first)
        guard serial > 0, count <= kind.most else { return nil }
        self.serial = serial
        self.count = count
    }
}
