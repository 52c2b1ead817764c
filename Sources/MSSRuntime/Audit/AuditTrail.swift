/// The growing end of an audit trail: which line comes next, and what is surely on disk.
struct AuditTrail {
    private let storage: any AuditStorage
    private let pseudonyms: Pseudonyms
    private var sequence: UInt64
    private var head: String
    private var size: Int
    private var isInDoubt = false

    init(storage: any AuditStorage, opening: AuditOpening, pseudonyms: Pseudonyms) {
        self.storage = storage
        self.pseudonyms = pseudonyms
        sequence = opening.lines
        head = opening.head
        size = opening.size
    }

    /// Writes `entries` with one write and one sync; one result for each.
    ///
    /// When the disk does not take them, the file is cut back to the last line that it took. When that fails too, or a
    /// sync fails, nobody knows what is on disk, and nothing more is written.
    mutating func commit(_ entries: [(AuditEntry, LogTime)]) -> [Result<Void, AuditError>] {
        guard !isInDoubt else { return entries.map { _ in .failure(.inDoubt) } }
        var results: [Result<Void, AuditError>] = []
        var octets: [UInt8] = []
        var (lines, last) = (sequence, head)
        for (entry, time) in entries {
            results.append(
                Result { () throws(AuditError) in
                    let line = try AuditLine.write(
                        entry,
                        sequence: lines + 1,
                        previous: last,
                        time: time,
                        pseudonyms: pseudonyms
                    )
                    octets += line.octets
                    octets.append(UInt8(ascii: "\n"))
                    (lines, last) = (lines + 1, line.sum)
                }
            )
        }
        if let error = write(octets) { return results.map { $0.flatMap { .failure(error) } } }
        (sequence, head, size) = (lines, last, size + octets.count)
        return results
    }

    private mutating func write(_ octets: [UInt8]) -> AuditError? {
        do throws(SystemCause) {
            try storage.append(octets)
        } catch {
            do throws(SystemCause) {
                try storage.truncate(to: size)
            } catch {
                isInDoubt = true
            }
            return .notWritten(error.description)
        }
        do throws(SystemCause) {
            try storage.sync()
        } catch {
            // After a failed sync the kernel may have dropped the pages and call the next sync a success.
            isInDoubt = true
            return .notWritten(error.description)
        }
        return nil
    }
}
