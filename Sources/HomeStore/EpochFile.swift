import Glibc

/// The file that holds the epoch, mode 0600, outside the database and outside its backups.
///
/// Homes of one host share it; who restores must be alone with it.
public final class EpochFile: Sendable {
    /// Why the file cannot be used; one line.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        public var description: String
    }

    public enum Use: Sendable {
        /// A home that runs.
        case serving
        /// A restoration: refused while a home runs.
        case restoring
    }

    private let path: String
    private let lock: Int32

    /// - Throws: ``Failure`` while somebody else holds the file for another use.
    public init(path: String, for use: Use) throws(Failure) {
        self.path = path
        let descriptor = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path, "its lock cannot be opened") }
        guard flock(descriptor, (use == .serving ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 else {
            close(descriptor)
            let who = use == .serving ? "a restoration is under way" : "a home is running: stop it first"
            throw Failure(description: "\(path): \(who)")
        }
        lock = descriptor
    }

    deinit {
        close(lock)
    }

    /// What is kept; `nil` before the first start.
    ///
    /// - Throws: ``Failure`` for a file that others may read or write, or that is not as it was written.
    public func read() throws(Failure) -> EpochRecord? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            guard errno == ENOENT else { throw Self.failure(path, "cannot be opened") }
            return nil
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
            status.st_mode & 0o077 == 0
        else { throw Failure(description: "\(path): must be a file of the service's user, mode 0600") }
        var octets = [UInt8](repeating: 0, count: 1_024)
        let length = Glibc.read(descriptor, &octets, octets.count)
        guard length > 0, length < octets.count,
            let record = EpochRecord(String(decoding: octets.prefix(length), as: UTF8.self))
        else { throw Failure(description: "\(path): is not as the home wrote it") }
        return record
    }

    /// Keeps a record: after a crash there is the old one or the new one.
    public func write(_ record: EpochRecord) throws(Failure) {
        // Homes of one host write at the same time, and so may two tasks of one home.
        let new = "\(path).new.\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
        let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure(new, "cannot be made") }
        defer { close(descriptor) }
        let octets = Array(record.text.utf8)
        guard Glibc.write(descriptor, octets, octets.count) == octets.count, fsync(descriptor) == 0,
            rename(new, path) == 0
        else {
            let failure = Self.failure(path, "cannot be written")
            unlink(new)
            throw failure
        }
        let folder = open(
            path.lastIndex(of: "/").map { String(path[...$0]) } ?? ".",
            O_RDONLY | O_DIRECTORY | O_CLOEXEC
        )
        defer { close(folder) }
        guard folder >= 0, fsync(folder) == 0 else { throw Self.failure(path, "its folder cannot be written") }
    }

    private static func failure(_ path: String, _ what: String) -> Failure {
        Failure(description: "\(path): \(what): \(String(cString: strerror(errno)))")
    }
}
