import Glibc

/// What the audit trail needs of a disk.
protocol AuditStorage: Sendable {
    /// Appends all of `octets`.
    func append(_ octets: [UInt8]) throws(SystemCause)
    /// Returns when all that was appended is on disk.
    func sync() throws(SystemCause)
    /// Cuts the file to `size` octets.
    func truncate(to size: Int) throws(SystemCause)
}

/// A file that this process alone appends to.
final class AuditDescriptor: AuditStorage {
    private let descriptor: Int32

    /// Opens or creates the file at `path`, mode 0600, and locks it.
    init(_ path: String) throws(StartError) {
        let descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw StartError("\(path): cannot be opened: \(SystemCause.last)") }
        self.descriptor = descriptor
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
            status.st_mode & 0o077 == 0
        else { throw StartError("\(path): an audit trail must be a regular file of the service's user, mode 0600") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw StartError("\(path): another process writes this audit trail")
        }
        try Self.syncFolder(of: path)
    }

    deinit {
        close(descriptor)
    }

    /// A new file's name is on disk only when its folder is.
    private static func syncFolder(of path: String) throws(StartError) {
        let folder = ConfiguredPath.folder(of: path)
        let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StartError("\(path): its folder cannot be opened: \(SystemCause.last)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw StartError("\(path): cannot be written: \(SystemCause.last)") }
    }

    /// Octets in the file.
    func size() throws(SystemCause) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemCause.last }
        return status.st_size
    }

    /// The octets from `offset` on, at most `count`.
    func read(at offset: Int, count: Int) throws(SystemCause) -> [UInt8] {
        var octets: [UInt8] = []
        while octets.count < count {
            var part = [UInt8](repeating: 0, count: min(count - octets.count, 64 << 10))
            let got = pread(descriptor, &part, part.count, offset + octets.count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw SystemCause.last }
            guard got > 0 else { break }
            octets += part[..<got]
        }
        return octets
    }

    func append(_ octets: [UInt8]) throws(SystemCause) {
        var written = 0
        while written < octets.count {
            let count = octets[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemCause.last }
            written += count
        }
    }

    func sync() throws(SystemCause) {
        guard fdatasync(descriptor) == 0 else { throw SystemCause.last }
    }

    func truncate(to size: Int) throws(SystemCause) {
        guard ftruncate(descriptor, size) == 0 else { throw SystemCause.last }
    }
}
