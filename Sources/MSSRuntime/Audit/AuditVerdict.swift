import Glibc

/// Whether an audit trail is as it was written.
public enum AuditVerdict: Sendable, Equatable {
    /// All lines follow each other; `head` is the last one's `sum`, to be compared with one kept elsewhere.
    case intact(lines: Int, head: String)
    /// The first line, counted from 1, that is not what was written there.
    case broken(line: Int)
}

extension AuditFile {
    /// Reads the whole trail at `path`, line by line, and finds the first line that is broken.
    ///
    /// A trail that was cut off between two lines is intact; only a `head` kept elsewhere shows what is missing.
    public static func verify(_ path: String) throws(StartError) -> AuditVerdict {
        guard let file = fopen(path, "re") else { throw StartError("\(path): cannot be opened: \(SystemCause.last)") }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var line: [UInt8] = []
        var (number, head) = (0, AuditLine.origin)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
            for octet in buffer[..<count] {
                guard octet == UInt8(ascii: "\n") else {
                    line.append(octet)
                    guard line.count <= AuditLine.maximum else { return .broken(line: number + 1) }
                    continue
                }
                number += 1
                guard let read = AuditLine(line[...]), read.previous == head, read.sequence == UInt64(number) else {
                    return .broken(line: number)
                }
                head = read.sum
                line.removeAll(keepingCapacity: true)
            }
        }
        guard ferror(file) == 0 else { throw StartError("\(path): cannot be read") }
        return line.isEmpty ? .intact(lines: number, head: head) : .broken(line: number + 1)
    }
}
