import NIOCore
import NIOPosix
import NIOSSL
import SMPP

/// A TCP connection, with TLS where it is set, that carries a session's octets.
///
/// It knows no tasks: cancelling who waits for it ends it by the session's own farewell, not in the middle of a unit.
enum Connection {
    /// How often the session looks at the clock.
    private static let tick = TimeAmount.milliseconds(25)

    /// Runs a session until its connection is closed.
    static func run(_ session: Session, _ settings: SMSCSettings) async {
        do {
            let channel = try await open(session, settings)
            channel.eventLoop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { task in
                session.tick()
                if session.closeReason != nil { task.cancel() }
            }
            try await channel.closeFuture.get()
            session.close("the connection is gone")
        } catch {
            session.close("it cannot be reached")
        }
    }

    private static func open(_ session: Session, _ settings: SMSCSettings) async throws -> any Channel {
        let host = settings.host
        let port = settings.port
        let tls = settings.tls
        return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(5))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(tls.handler(host: host, port: port))
                    }
                    let drain = { @Sendable in
                        channel.eventLoop.execute { Self.drain(session, channel) }
                    }
                    try channel.pipeline.syncOperations.addHandler(Receiver(session, drain: drain))
                    session.attach(drain)
                }
            }
            .connect(host: host, port: port).get()
    }

    /// Writes what the session has to say; what a slow reader leaves no room for waits in the session.
    private static func drain(_ session: Session, _ channel: any Channel) {
        guard channel.isWritable || session.closeReason != nil else { return }
        let (octets, isLast) = session.takeOutput()
        if !octets.isEmpty { channel.writeAndFlush(ByteBuffer(bytes: octets), promise: nil) }
        if isLast { channel.close(promise: nil) }
    }

    private final class Receiver: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let session: Session
        private let drain: @Sendable () -> Void

        init(_ session: Session, drain: @escaping @Sendable () -> Void) {
            self.session = session
            self.drain = drain
        }

        func channelActive(context: ChannelHandlerContext) { session.start() }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            session.read(unwrapInboundIn(data).readableBytesView)
        }

        func channelWritabilityChanged(context: ChannelHandlerContext) { drain() }

        func channelInactive(context: ChannelHandlerContext) { session.close("the connection is gone") }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            let isTLS = error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError
            session.close(isTLS ? "TLS: \(error)" : "the connection broke")
            context.close(promise: nil)
        }
    }
}
