import Glibc

/// Files that nobody but this service may read.
public enum SecretFile {
    /// Reads a secret: a regular file of 1 to `maximum` octets that is this user's or root's alone.
    ///
    /// The mode must be 0600 or 0400; a file of root:root may also be 0440, as systemd hands out credentials by an
    /// access list, which shows in the group's bits.
    /// - Throws: One line with the file's name; never anything it holds.
    public static func read(_ path: String, maximum: Int = 64 << 10) throws(StartError) -> [UInt8] {
        let file = try OpenedFile(path)
        guard file.status.st_uid == geteuid() || file.status.st_uid == 0 else {
            throw StartError("\(path): a secret must belong to the user of the service or to root")
        }
        let isCredential = file.status.st_uid == 0 && file.status.st_gid == 0 && file.mode & ~0o440 == 0
        guard file.mode & ~0o600 == 0 || isCredential else {
            let mode = String(file.mode, radix: 8)
            throw StartError("\(path): a secret must be its owner's alone, not of mode \(mode); run chmod 600 on it")
        }
        return try file.content(maximum: maximum)
    }
}

/// Files that anyone may read and not everyone may write: certificates, configurations.
public enum PublicFile {
    /// Reads a regular file of 1 to `maximum` octets.
    /// - Throws: One line with the file's name.
    public static func read(_ path: String, maximum: Int = 1 << 20) throws(StartError) -> [UInt8] {
        let file = try OpenedFile(path)
        guard file.mode & S_IWOTH == 0 else {
            throw StartError("\(path): anyone may write it; run chmod o-w on it")
        }
        return try file.content(maximum: maximum)
    }

    /// Reads such a file piece by piece.
    /// - Throws: One line with the file's name, or what `take` throws.
    public static func read(
        _ path: String,
        maximum: Int,
        _ take: (UnsafeRawBufferPointer) throws(StartError) -> Void
    ) throws(StartError) {
        let file = try OpenedFile(path)
        guard file.mode & S_IWOTH == 0 else {
            throw StartError("\(path): anyone may write it; run chmod o-w on it")
        }
        try file.read(maximum: maximum, take)
    }

    /// What another content has another of: times, size and inode; empty where there is no file.
    public static func stamp(_ path: String) -> [Int] {
        var status = stat()
        guard stat(path, &status) == 0 else { return [] }
        return [Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec), Int(status.st_size), Int(status.st_ino)]
    }
}
