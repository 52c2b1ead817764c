import Dispatch

#if canImport(Glibc)
import Glibc
#endif

/// A TCP socket on the loopback that answers each connection with the same octets, or accepts none.
final class ListeningSocket: Sendable {
    private let descriptor: Int32
    let port: Int

    /// Listens on a free port.
    ///
    /// - Parameter answer: What is sent, whatever is asked, before the connection is closed; `nil`: the kernel takes
    ///   connections, but nobody reads or writes.
    /// - Throws: When there is no free port.
    init(answering answer: [UInt8]?) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Loopback.address(0)
        guard Loopback.with(&address, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 16) == 0 else {
            throw FixtureFailure(description: "no port on the loopback")
        }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = Loopback.with(&address) { pointer, _ in getsockname(descriptor, pointer, &length) }
        self.descriptor = descriptor
        port = Int(UInt16(bigEndian: address.sin_port))
        guard let answer else { return }
        DispatchQueue(label: "listening-socket").async { Self.serve(descriptor, answer) }
    }

    deinit {
        // Wakes accept(2) as well.
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    private static func serve(_ descriptor: Int32, _ answer: [UInt8]) {
        while true {
            let connection = accept(descriptor, nil, nil)
            guard connection >= 0 else { return }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            _ = read(connection, &buffer, buffer.count)
            _ = send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
            shutdown(connection, Int32(SHUT_WR))
            while read(connection, &buffer, buffer.count) > 0 {}
            close(connection)
        }
    }
}

/// HTTP as octets, for requests that no HTTP client would send.
enum Loopback {
    /// A connection, closed by who asked for it.
    struct Connection {
        fileprivate let descriptor: Int32

        func close() { _ = Glibc.close(descriptor) }
    }

    /// Connects and sends nothing.
    static func connection(_ port: Int) throws -> Connection {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = address(port)
        guard with(&address, { connect(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            throw FixtureFailure(description: "no connection to port \(port)")
        }
        return Connection(descriptor: descriptor)
    }

    /// Sends octets and reads until the other side closes.
    static func exchange(_ octets: [UInt8], port: Int) throws -> String {
        let connection = try connection(port)
        let descriptor = connection.descriptor
        defer { connection.close() }
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var rest = octets[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(descriptor, &buffer, buffer.count), count > 0 { answer += buffer.prefix(count) }
        return String(decoding: answer, as: UTF8.self)
    }

    /// Posts a body and tells the status code of the answer.
    static func post(_ body: [UInt8], type: String = "application/pkixcmp", port: Int) throws -> Int? {
        let head =
            "POST /cmp HTTP/1.1\r\nHost: localhost\r\nContent-Type: \(type)\r\nContent-Length: \(body.count)\r\n"
            + "Connection: close\r\n\r\n"
        return try exchange(Array(head.utf8) + body, port: port).split(separator: " ").dropFirst().first.flatMap {
            Int($0)
        }
    }

    static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    static func with(
        _ address: inout sockaddr_in,
        _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafeMutableBytes(of: &address) { buffer in
            buffer.withMemoryRebound(to: sockaddr.self) { sockets in
                sockets.baseAddress.map { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) } ?? -1
            }
        }
    }
}
