import Foundation
import Synchronization

/// Ports that nothing listens on now.
public enum FreePort {
    private static let given = Mutex<Set<Int>>([])

    /// A port of 127.0.0.1 that the kernel had free, not handed out before in this process.
    public static func next() throws -> Int {
        while true {
            let port = try bound()
            if given.withLock({ $0.insert(port).inserted }) { return port }
        }
    }

    private static func bound() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw CocoaError(.fileReadUnknown) }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 ? getsockname(descriptor, generic, &length) : -1
            }
        }
        guard status == 0 else { throw CocoaError(.fileReadUnknown) }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
