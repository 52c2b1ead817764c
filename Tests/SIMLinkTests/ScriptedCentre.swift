import NIOCore
import NIOPosix
import NIOSSL
import SMPP
import Synchronization

/// A message centre on a port of its own that says only what a test tells it to say.
struct ScriptedCentre: Sendable {
    let port: Int
    private let channel: any Channel
    private let links: AsyncStream<Link>
    private let open: Open

    /// Connections that stand.
    private final class Open: Sendable {
        let channels = Mutex<[any Channel]>([])
    }

    /// Listens; `tls` is what it shows of itself, and without it the connections are bare.
    static func start(tls: TLSConfiguration? = nil) async throws -> ScriptedCentre {
        let (links, newLink) = AsyncStream<Link>.makeStream()
        let open = Open()
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    open.channels.withLock { $0.append(channel) }
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    let (units, input) = AsyncStream<PDU>.makeStream()
                    try channel.pipeline.syncOperations.addHandler(Receiver(units: input))
                    newLink.yield(Link(channel: channel, units: units))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return ScriptedCentre(port: channel.localAddress?.port ?? 0, channel: channel, links: links, open: open)
    }

    /// The next connection that is made.
    func link() async throws -> Link {
        for await link in links { return link }
        throw Ended()
    }

    /// The next connection, its session accepted.
    func boundLink() async throws -> Link {
        let link = try await link()
        let bind = try await link.next()
        try await link.write(PDU(.bindTransceiverResponse("CENTRE"), sequence: bind.sequence))
        return link
    }

    /// Stops listening and hangs up.
    func stop() async throws {
        try? await channel.close()
        for link in open.channels.withLock({ $0 }) { link.close(promise: nil) }
    }

    struct Ended: Error {}

    /// One connection.
    struct Link: Sendable {
        fileprivate let channel: any Channel
        fileprivate let units: AsyncStream<PDU>

        /// The next unit that the other side sends.
        func next() async throws -> PDU {
            for await unit in units { return unit }
            throw Ended()
        }

        func write(_ units: PDU...) async throws {
            try await channel.writeAndFlush(ByteBuffer(bytes: units.flatMap { try $0.octets() }))
        }

        func write(octets: [UInt8]) async throws {
            try await channel.writeAndFlush(ByteBuffer(bytes: octets))
        }

        func close() async throws { try await channel.close() }
    }
}

private final class Receiver: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let units: AsyncStream<PDU>.Continuation
    private var frames = Frames()

    init(units: AsyncStream<PDU>.Continuation) {
        self.units = units
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        frames.append(unwrapInboundIn(data).readableBytesView)
        do {
            while let frame = try frames.next() { units.yield(try PDU(frame)) }
        } catch { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) { units.finish() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
