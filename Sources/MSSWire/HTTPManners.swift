import NIOCore
import NIOHTTP1

/// What HTTP/1 asks of a server around requests and answers, for the clients that rely on it.
///
/// It stands where a request still tells its version of HTTP: an answer to HEAD has no body; a caller that will not keep
/// its connection is told that it ends and has it closed after its answer, one of HTTP/1.0 that will keep it is told so;
/// and ``BodyInvitation`` becomes `100 Continue` for a caller that waits for it.
final class HTTPManners: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private struct Manner {
        var isHead: Bool
        var isOld: Bool
        var keepsConnection: Bool
        var awaitsInvitation: Bool
        /// Whether all of it has come.
        var isComplete = false

        init(_ head: HTTPRequestHead) {
            isHead = head.method == .HEAD
            isOld = head.version == .http1_0
            keepsConnection = head.isKeepAlive
            // HTTP/1.0 knows no such expectation (RFC 9110 §10.1.1).
            awaitsInvitation =
                !isOld && head.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
        }
    }

    /// Of the requests that have begun and are not answered to the end, in their order.
    private var open = CircularBuffer<Manner>()

    /// Puts one behind the decoder of a listener's connection.
    static func join(_ context: ChannelHandlerContext) throws {
        let pipeline = context.pipeline.syncOperations
        let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        try pipeline.addHandler(HTTPManners(), position: .after(decoder))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head): open.append(Manner(head))
        // A caller whose body is here waits for nothing.
        case .body: change { $0.awaitsInvitation = false }
        case .end:
            change { manner in
                manner.awaitsInvitation = false
                manner.isComplete = true
            }
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard let manner = open.first else { return context.write(data, promise: promise) }
        switch Self.unwrapOutboundIn(data) {
        case .head(var head):
            if !manner.keepsConnection {
                head.headers.replaceOrAdd(name: "Connection", value: "close")
            } else if manner.isOld, head.headers["connection"].isEmpty {
                head.headers.add(name: "Connection", value: "keep-alive")
            }
            context.write(Self.wrapOutboundOut(.head(head)), promise: promise)
        case .body:
            guard !manner.isHead else {
                promise?.succeed()
                return
            }
            context.write(data, promise: promise)
        case .end:
            open.removeFirst()
            guard !manner.keepsConnection else { return context.write(data, promise: promise) }
            context.writeAndFlush(data, promise: promise)
            close(context, after: manner)
        }
    }

    /// A connection that is closed while octets come loses the answer on its way: it gets a moment to be read.
    private func close(_ context: ChannelHandlerContext, after manner: Manner) {
        guard !manner.isComplete else { return context.close(promise: nil) }
        let channel = context.channel
        context.eventLoop.scheduleTask(in: .milliseconds(500)) { channel.close(promise: nil) }
    }

    /// Changes what is known of the request that is coming.
    private func change(_ body: (inout Manner) -> Void) {
        // An answer may be over before its request is.
        guard let last = open.indices.last else { return }
        body(&open[last])
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is BodyInvitation else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        guard open.first?.awaitsInvitation == true else {
            promise?.succeed()
            return
        }
        open[open.startIndex].awaitsInvitation = false
        let head = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(Self.wrapOutboundOut(.head(head)), promise: promise)
    }
}

/// The body of the request that is being served is wanted now: sent out over the connection's channel.
struct BodyInvitation: Sendable {}
