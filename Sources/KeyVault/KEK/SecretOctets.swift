import Glibc

/// A secret of some octets in a file that must be its owner's alone.
enum SecretOctets {
    private static let most = 64

    static func read(_ name: String) throws(VaultError) -> [UInt8] {
        let descriptor = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(name, "cannot be opened") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .keyFile("\(name): is not a regular file")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw .keyFile("\(name): a secret must belong to the user of the service or to root")
        }
        // systemd hands out credentials as root's, readable by an access list that shows in the group's bits.
        let isCredential = status.st_uid == 0 && status.st_gid == 0 && status.st_mode & 0o7777 & ~0o440 == 0
        guard status.st_mode & 0o7777 & ~0o600 == 0 || isCredential else {
            throw .keyFile("\(name): a secret must be its owner's alone; run chmod 600 on it")
        }
        var octets = [UInt8](repeating: 0, count: most + 1)
        defer { octets.erase() }
        let length = Glibc.read(descriptor, &octets, octets.count)
        guard length >= 0 else { throw failure(name, "cannot be read") }
        return Array(octets.prefix(length))
    }

    /// Keeps a secret: after a crash the file is as it was, or as it shall be.
    ///
    /// - Parameters:
    ///   - secret: What the file shall hold.
    ///   - name: The file.
    ///   - isReplacing: Whether it takes another one's place, which is overwritten; else it must be new.
    /// - Throws: ``VaultError/keyFile(_:)``.
    static func keep(_ secret: [UInt8], in name: String, replacing isReplacing: Bool) throws(VaultError) {
        let new = name + ".new"
        unlink(new)
        let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure(new, "cannot be made") }
        defer { close(descriptor) }
        guard write(descriptor, secret, secret.count) == secret.count, fsync(descriptor) == 0 else {
            throw failure(new, "cannot be written")
        }
        let old = isReplacing ? open(name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW) : -1
        // A link would be replaced, and what it leads to stay as it is.
        guard !isReplacing || old >= 0 else {
            let refusal = failure(name, "cannot be overwritten; it must be a file of its own, no link")
            unlink(new)
            throw refusal
        }
        defer { if old >= 0 { close(old) } }
        guard isReplacing ? rename(new, name) == 0 : link(new, name) == 0 else {
            let refusal = failure(name, "cannot be made")
            unlink(new)
            throw refusal
        }
        guard isReplacing else {
            unlink(new)
            return try syncFolder(of: name)
        }
        do throws(VaultError) {
            try syncFolder(of: name)
            try overwrite(old, name)
        } catch {
            throw .keyFile(
                "the new secret holds from now on, keep it; what was there before may still be read: \(error)"
            )
        }
    }

    /// Destroys a secret; one that is not there is destroyed already.
    ///
    /// It goes out of the way first: killed in the middle, there is no file of this name that is none any more.
    static func destroy(_ name: String) throws(VaultError) {
        let gone = name + ".gone"
        guard rename(name, gone) == 0 || errno == ENOENT else { throw failure(name, "cannot be destroyed") }
        try syncFolder(of: name)
        let descriptor = open(gone, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            guard errno == ENOENT else { throw failure(gone, "cannot be opened") }
            return
        }
        defer { close(descriptor) }
        try overwrite(descriptor, gone)
        guard unlink(gone) == 0 else { throw failure(gone, "cannot be destroyed") }
        try syncFolder(of: name)
    }

    /// The best a file system lets us do; where blocks are never written in place the old ones stay.
    private static func overwrite(_ descriptor: Int32, _ name: String) throws(VaultError) {
        let zeros = [UInt8](repeating: 0, count: most)
        guard write(descriptor, zeros, zeros.count) == zeros.count, fsync(descriptor) == 0 else {
            throw failure(name, "cannot be destroyed")
        }
    }

    private static func syncFolder(of name: String) throws(VaultError) {
        let folder = name.lastIndex(of: "/").map { String(name[...$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(descriptor) }
        guard descriptor >= 0, fsync(descriptor) == 0 else { throw failure(name, "its folder cannot be written") }
    }

    private static func failure(_ name: String, _ what: String) -> VaultError {
        .keyFile("\(name): \(what): \(String(cString: strerror(errno)))")
    }
}
