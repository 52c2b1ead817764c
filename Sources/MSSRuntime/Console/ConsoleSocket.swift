import Glibc

/// The Unix socket of a console: mode 0600, in a folder that nobody but this user or root may change.
struct ConsoleSocket: ~Copyable {
    let descriptor: Int32
    private let path: String

    /// Listens; a socket that a killed process left behind is replaced, one that is in use is not.
    init(path: String) throws(StartError) {
        let (address, length) = try Self.address(path)
        try Self.checkFolder(of: path)
        try Self.clear(path, address, length)
        let descriptor = try Self.socket(path)
        // The process's mask lets nobody else in, and this is the word for it.
        guard Self.named(address, { bind(descriptor, $0, length) }) == 0, chmod(path, 0o600) == 0,
            listen(descriptor, 8) == 0
        else {
            let cause = SystemCause.last
            close(descriptor)
            throw StartError("console.socket: \(path): \(cause)")
        }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        close(descriptor)
        unlink(path)
    }

    /// The next connection, or `nil` after a moment without one.
    func accept() -> Int32? {
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&poller, 1, 100) > 0 else { return nil }
        let connection = Glibc.accept(descriptor, nil, nil)
        guard connection >= 0 else { return nil }
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        return connection
    }

    /// Connects to one.
    static func connect(_ path: String) throws(StartError) -> Int32 {
        let (address, length) = try Self.address(path)
        let descriptor = try socket(path)
        guard named(address, { Glibc.connect(descriptor, $0, length) }) == 0 else {
            let cause = SystemCause.last
            close(descriptor)
            throw StartError("console.socket: \(path): nobody is there (\(cause)): is the service running here?")
        }
        return descriptor
    }

    private static func socket(_ path: String) throws(StartError) -> Int32 {
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw StartError("console.socket: \(path): \(SystemCause.last)") }
        return descriptor
    }

    private static func checkFolder(of path: String) throws(StartError) {
        let folder = ConfiguredPath.folder(of: path)
        var status = stat()
        guard stat(folder.isEmpty ? "." : folder, &status) == 0 else {
            throw StartError("console.socket: \(path): its folder: \(SystemCause.last)")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0, status.st_mode & 0o022 == 0 else {
            throw StartError("console.socket: \(path): others may write its folder")
        }
    }

    private static func clear(_ path: String, _ address: sockaddr_un, _ length: socklen_t) throws(StartError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw StartError("console.socket: \(path): something else is there")
        }
        let descriptor = try socket(path)
        defer { close(descriptor) }
        guard named(address, { Glibc.connect(descriptor, $0, length) }) != 0 else {
            throw StartError("console.socket: \(path) is in use: another process has its console there")
        }
        unlink(path)
    }

    private static func address(_ path: String) throws(StartError) -> (sockaddr_un, socklen_t) {
        var address = sockaddr_un()
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw StartError("console.socket: \(path): longer than 107 octets")
        }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return (address, socklen_t(MemoryLayout<sockaddr_un>.size))
    }

    private static func named(_ address: sockaddr_un, _ call: (UnsafePointer<sockaddr>) -> Int32) -> Int32 {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0) }
        }
    }
}
