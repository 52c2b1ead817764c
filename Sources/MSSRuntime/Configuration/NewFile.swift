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

    /// Writes a file of mode 0600 in the place of whatever stands there: after a crash there is the one or the other.
    ///
    /// - Throws: One line with the file's name; what stood there stands there still.
    public static func replace(_ path: String, with octets: [UInt8]) throws(StartError) {
        let new = "\(path).new.\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
        try write(octets, to: new)
        guard rename(new, path) == 0 else {
            let cause = SystemCause.last
            unlink(new)
            throw StartError("\(path): cannot be written: \(cause)")
        }
        let name = ConfiguredPath.folder(of: path)
        let folder = open(name.isEmpty ? "." : name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        // The name is part of the folder; a crash may bring the old file back, which is as good.
        fsync(folder)
        close(folder)
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
