import Foundation

/// Files that are their owner's alone, mode 0600 from the first octet on.
enum PrivateFile {
    /// Opens a file for writing; what it held is gone, and where it has to be new it must not exist yet.
    static func create(_ path: String, isNew: Bool = false) throws(SimulationError) -> FileHandle {
        let mode = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (isNew ? O_EXCL : O_TRUNC)
        let descriptor = open(path, mode, 0o600)
        guard descriptor >= 0, fchmod(descriptor, 0o600) == 0 else {
            if descriptor >= 0 { close(descriptor) }
            throw SimulationError("\(path) cannot be written")
        }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    static func write(_ data: Data, _ path: String, isNew: Bool = false) throws(SimulationError) {
        let file = try create(path, isNew: isNew)
        do {
            try file.write(contentsOf: data)
            try file.close()
        } catch { throw SimulationError("\(path) cannot be written") }
    }

    /// Reads a small file that nobody but its owner, who is this process's user or root, may read.
    ///
    /// - Returns: `nil` if there is none.
    static func read(_ path: String, most: Int = 4_096) throws(SimulationError) -> Data? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw SimulationError("\(path) cannot be read")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw SimulationError("\(path) cannot be read")
        }
        guard status.st_mode & 0o077 == 0, status.st_uid == geteuid() || status.st_uid == 0 else {
            throw SimulationError("\(path) must be its owner's alone: mode 0600")
        }
        guard status.st_size <= most, let data = try? file.readToEnd() ?? Data() else {
            throw SimulationError("\(path) is too long")
        }
        return data
    }
}
