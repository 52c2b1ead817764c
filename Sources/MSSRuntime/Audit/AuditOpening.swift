import Crypto
import Glibc
import MSSCore

/// What an audit trail held when it was opened.
public struct AuditOpening: Sendable, Equatable {
    /// A last line that was not written to its end, as a power failure leaves it.
    public struct TornLine: Sendable, Equatable {
        /// Its octets.
        public let count: Int
        /// The file they were moved to.
        public let keptAt: String
    }

    /// Lines before this start, and so the number of the last.
    public let lines: UInt64
    /// What the last line ends with, its `sum`; zeros for a new trail.
    ///
    /// Kept elsewhere, it shows later whether the end was cut off.
    public let head: String
    public let torn: TornLine?

    /// Octets of whole lines.
    let size: Int

    /// Reads the end of the trail, moves a torn line aside and checks the last whole line against the one before.
    static func read(_ file: AuditDescriptor, path: String) throws(StartError) -> AuditOpening {
        do throws(SystemCause) {
            let size = try file.size()
            // Two whole lines and a torn one, at their longest.
            let start = max(0, size - 3 * (AuditLine.maximum + 1))
            let end = try file.read(at: start, count: size - start)
            let lineFeed = UInt8(ascii: "\n")
            let whole = end.lastIndex(of: lineFeed).map { $0 + 1 } ?? 0
            var torn: TornLine?
            if whole < end.count {
                torn = try keep(Array(end[whole...]), beside: path)
                try file.truncate(to: start + whole)
                try file.sync()
            }
            let lines = end[..<whole].split(separator: lineFeed, omittingEmptySubsequences: false).dropLast()
            guard let last = lines.last else {
                guard start + whole == 0 else { throw SystemCause(code: EBADMSG) }
                return AuditOpening(lines: 0, head: AuditLine.origin, torn: torn, size: 0)
            }
            guard let line = AuditLine(last), follows(line, lines.dropLast().last) else {
                throw SystemCause(code: EBADMSG)
            }
            return AuditOpening(lines: line.sequence, head: line.sum, torn: torn, size: start + whole)
        } catch {
            guard error.code != EBADMSG else {
                throw StartError("\(path): the audit trail's end is not as it was written; keep it and start a new one")
            }
            throw StartError("\(path): the audit trail cannot be read: \(error)")
        }
    }

    private static func follows(_ line: AuditLine, _ before: ArraySlice<UInt8>?) -> Bool {
        guard let before else { return line.sequence == 1 && line.previous == AuditLine.origin }
        guard let before = AuditLine(before) else { return false }
        return before.sum == line.previous && before.sequence &+ 1 == line.sequence
    }

    private static func keep(_ octets: [UInt8], beside path: String) throws(SystemCause) -> TornLine {
        let name = "\(path).torn-\(Hexadecimal.text(SHA256.hash(data: octets).prefix(8)))"
        // The same octets again, after a start that ended here, are the same file again.
        let descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemCause.last }
        defer { close(descriptor) }
        guard write(descriptor, octets, octets.count) == octets.count, fsync(descriptor) == 0 else {
            throw SystemCause.last
        }
        return TornLine(count: octets.count, keptAt: name)
    }
}
