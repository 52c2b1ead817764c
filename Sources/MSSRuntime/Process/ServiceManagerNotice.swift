// Both see sys/socket.h, and a whole-module build may take its constants from either.
import CLinux
import Glibc

/// Messages to the service manager (systemd's `sd_notify` protocol): a datagram to the socket it names.
struct ServiceManagerNotice: Sendable {
    private let socketPath: String

    /// The manager of this process; `nil` when there is none.
    static func ofEnvironment() -> ServiceManagerNotice? {
        guard let path = getenv("NOTIFY_SOCKET") else { return nil }
        return ServiceManagerNotice(socketPath: String(cString: path))
    }

    /// - Parameter socketPath: A path, or a name in the abstract space behind `@`.
    init(socketPath: String) {
        self.socketPath = socketPath
    }

    /// Sends `state`, for example `READY=1`; never waits.
    func send(_ state: String) throws(SystemCause) {
        var (address, length) = try address()
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw SystemCause.last }
        defer { close(descriptor) }
        let octets = Array(state.utf8)
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { socketAddress in
                sendto(descriptor, octets, octets.count, Int32(MSG_NOSIGNAL), socketAddress, length)
            }
        }
        guard sent == octets.count else { throw SystemCause.last }
    }

    private func address() throws(SystemCause) -> (sockaddr_un, socklen_t) {
        var name = Array(socketPath.utf8)
        var address = sockaddr_un()
        guard let first = name.first, name.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw SystemCause(code: ENAMETOOLONG)
        }
        if first == UInt8(ascii: "@") { name[0] = 0 }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let prefix = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path)
        return (address, socklen_t(prefix + name.count))
    }
}
