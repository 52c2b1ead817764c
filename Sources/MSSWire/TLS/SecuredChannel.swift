import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// An HTTP connection under TLS, each with the credential that is current when it is accepted.
struct SecuredChannel: ServerChildChannel {
    private let base: HTTP1Channel
    private let contexts: PerCredential<NIOSSLContext>

    /// - Throws: `NIOSSLError` if nothing can be served with the credential.
    init(_ base: HTTP1Channel, _ credential: TLSCredential, _ profile: TLSProfile) throws {
        self.base = base
        contexts = try PerCredential(credential) { try NIOSSLContext(configuration: profile.server($0)) }
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: contexts.value))
        }.flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}
