import MSSCore
import NIOCore
import NIOSSL

/// Counts connections that broke in TLS: strangers, and our own mistakes with certificates.
final class HandshakeWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let tally: any Tally

    init(tally: any Tally) {
        self.tally = tally
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is NIOSSLError || error is BoringSSLError { tally.count("wire_tls_failures") }
        context.fireErrorCaught(error)
    }
}
