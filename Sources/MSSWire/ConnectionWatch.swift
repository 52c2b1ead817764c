import MSSCore
import NIOCore
import NIOSSL

/// Watches one accepted connection from its first octet to its end.
///
/// A handshake or a request's head that does not come in time closes it: whoever holds a connection has to use it.
/// A caller that goes away ends the call that runs for it.
final class ConnectionWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let connections: WireConnections
    private let tally: any Tally
    private let headTime: TimeAmount
    private var connection: WireConnection?
    private var clock: Scheduled<Void>?
    private var hasProgressed = false

    init(_ connections: WireConnections, headTime: TimeAmount, tally: any Tally) {
        self.connections = connections
        self.headTime = headTime
        self.tally = tally
    }

    func handlerAdded(context: ChannelHandlerContext) {
        connection = connections.opened(context.channel)
        startClock(context)
        do { try HTTPManners.join(context) } catch { context.fireErrorCaught(error) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        clock?.cancel()
        connection?.callerHasGone()
        connections.closed(context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        clock?.cancel()
        clock = nil
        hasProgressed = true
        context.fireChannelRead(data)
    }

    /// Octets came: when they made no part of a request, they are the beginning of one.
    func channelReadComplete(context: ChannelHandlerContext) {
        if !hasProgressed, clock == nil { startClock(context) }
        hasProgressed = false
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { callerHasGone() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        callerHasGone()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        // Common, and no failure: many clients just close.
        case NIOSSLError.uncleanShutdown: break
        case is NIOSSLError, is BoringSSLError: tally.count("wire_tls_failures")
        default: break
        }
        context.fireErrorCaught(error)
    }

    private func callerHasGone() {
        connection?.callerHasGone { tally.count("wire_callers_gone") }
    }

    private func startClock(_ context: ChannelHandlerContext) {
        let channel = context.channel
        let tally = tally
        clock = context.eventLoop.scheduleTask(in: headTime) {
            tally.count("wire_refused", [("reason", "slow_head")])
            channel.close(promise: nil)
        }
    }
}
