import Glibc

/// A file that did not exist before and is its owner's alone.
public enum NewFile {
    /// Writes a file of mode 0600, whole or not at all.
    ///
    /// - Parameters:
    ///   - octets: What it holds.
    ///   - path: Where; nothing may stand there, not even a link that leads nowhere.
    /// - Throws: One line with the file's name.
    public static func write(_ octets: [UInt8], to path: String) throws(StartError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0o600)
        guard descriptor >= 0 else {
            guard errno == EEXIST || errno == ELOOP else {
                throw StartError("\(path): cannot be made: \(SystemCause.last)")
            }
            throw StartError("\(path): is there already; nothing is overwritten")
        }
        defer { close(descriptor) }
        var written = 0
        while written < octets.count {
            let count = octets.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), octets.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failed(path) }
            written += count
        }
        // A umask may have taken more away than it should; nobody may have added anything.
        guard fchmod(descriptor, 0o600) == 0, fsync(descriptor) == 0 else { throw failed(path) }
    }

    /// Whether anything stands there.
    public static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    private static func failed(_ path: String) -> StartError {
        let cause = SystemCause.last
        unlink(path)
        return StartError("\(path): cannot be written: \(cause)")
    }
}
