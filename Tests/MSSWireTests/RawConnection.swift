import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

@testable import MSSWire

/// A connection that says only what a test writes to it.
enum RawConnection {
    /// Connects; without `tls` it never begins a handshake.
    static func open(_ port: Int, tls: TLSConfiguration?) async throws -> any Channel {
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let context else { return }
                    try channel.pipeline.syncOperations.addHandler(
                        try NIOSSLClientHandler(context: context, serverHostname: nil)
                    )
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }
}

/// A TLS server that answers the first requests as it is told, and breaks the connection at the next one.
final class BreakingServer: Sendable {
    /// Requests that came, answered or not.
    var requests: Int { count.withLock { $0 } }

    private let count = Mutex(0)
    private let answers: [String]
    private let isAbrupt: Bool
    private let context: NIOSSLContext

    /// Makes a server that breaks at its first request, or after `answers`; an abrupt one without TLS's farewell, as one
    /// that was killed.
    init(_ material: TLSMaterial, answers: [String] = [], isAbrupt: Bool = false) throws {
        self.answers = answers
        self.isAbrupt = isAbrupt
        context = try NIOSSLContext(configuration: TLSProfile.mesh.server(material))
    }

    /// Runs the server, calls `body` with its port, and stops it.
    func run<Value>(_ body: (Int) async throws -> Value) async throws -> Value {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(NIOSSLServerHandler(context: self.context))
                    try pipeline.addHandler(Handler(server: self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let result: Result<Value, any Error>
        do { result = .success(try await body(listener.localAddress?.port ?? 0)) } catch { result = .failure(error) }
        try await listener.close()
        return try result.get()
    }

    private func next() -> String? {
        count.withLock { count in
            defer { count += 1 }
            return count < answers.count ? answers[count] : nil
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let server: BreakingServer
        private var received = ""

        init(server: BreakingServer) {
            self.server = server
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received += String(buffer: Self.unwrapInboundIn(data))
            guard received.hasSuffix("Envelope>") else { return }
            received = ""
            guard let answer = server.next() else { return hangUp(context) }
            let head =
                "HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nContent-Length: \(answer.utf8.count)\r\n\r\n"
            context.writeAndFlush(NIOAny(ByteBuffer(string: head + answer)), promise: nil)
        }

        private func hangUp(_ context: ChannelHandlerContext) {
            let tls = try? context.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self)
            (server.isAbrupt ? tls ?? context : context).close(promise: nil)
        }
    }
}
