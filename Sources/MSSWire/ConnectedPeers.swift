import MSSCore
import NIOCore
import NIOSSL
import Synchronization

/// Who is at the other end of each connection: found out once, at its first request.
final class ConnectedPeers: Sendable {
    enum Peer: Sendable {
        case known(PeerIdentity)
        case refused(String)
    }

    private let peers = Mutex<[ObjectIdentifier: Peer]>([:])

    func peer(of channel: any Channel) async -> Peer {
        let key = ObjectIdentifier(channel)
        if let known = peers.withLock({ $0[key] }) { return known }
        let peer = await Self.identify(channel)
        peers.withLock { $0[key] = peer }
        channel.closeFuture.whenComplete { _ in self.peers.withLock { $0[key] = nil } }
        return peer
    }

    private static func identify(_ channel: any Channel) async -> Peer {
        guard let certificate = try? await channel.nioSSL_peerCertificate().get() else {
            return .refused("there is no client certificate")
        }
        do throws(PeerRefusal) {
            return .known(try PeerCertificate(certificate, for: .client).identity)
        } catch { return .refused(error.reason) }
    }
}
