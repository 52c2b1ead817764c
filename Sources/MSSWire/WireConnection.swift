import MSSCore
import NIOCore
import NIOSSL
import Synchronization

/// One accepted connection: who is at the other end, found out once, and the call that runs for it.
final class WireConnection: Sendable {
    /// The other end, as its certificate tells.
    struct Peer: Sendable {
        var certificate: Result<PeerCertificate, PeerRefusal>
        /// SHA-256 of the certificate, for the person who wonders which one was shown.
        var fingerprint: String?
    }

    private struct State {
        var peer: Peer?
        var end: (@Sendable () -> Void)?
        var isGone = false
    }

    private let state = Mutex(State())

    /// Who is at the other end; read from the certificate at the connection's first request.
    func peer(on channel: any Channel) async -> Peer {
        if let known = state.withLock({ $0.peer }) { return known }
        let peer = await Self.identify(channel)
        state.withLock { $0.peer = peer }
        return peer
    }

    /// SHA-256 of the certificate at the other end; `nil` before anybody asked who is there.
    var certificate: String? { state.withLock { $0.peer?.fingerprint } }

    /// Notes what ends the call that now runs; a connection has one at a time.
    ///
    /// A caller that has gone already is counted by `note`, and its call ended at once.
    func begin(_ end: @escaping @Sendable () -> Void, note: () -> Void) {
        let isGone = state.withLock { state in
            if !state.isGone { state.end = end }
            return state.isGone
        }
        guard isGone else { return }
        note()
        end()
    }

    /// Forgets the call that ran.
    func finish() { state.withLock { $0.end = nil } }

    /// Ends the call that runs: nobody is there to hear its answer.
    ///
    /// - Parameter note: Counts it, before it is ended; not called if none ran.
    func callerHasGone(_ note: () -> Void = {}) {
        let end = state.withLock { state in
            state.isGone = true
            defer { state.end = nil }
            return state.end
        }
        guard let end else { return }
        note()
        end()
    }

    private static func identify(_ channel: any Channel) async -> Peer {
        guard let certificate = try? await channel.nioSSL_peerCertificate().get() else {
            return Peer(certificate: .failure(PeerRefusal(reason: "there is no client certificate")))
        }
        let fingerprint = PeerCertificate.fingerprint(of: certificate)
        do throws(PeerRefusal) {
            let read = try PeerCertificate(certificate, for: .client)
            return Peer(certificate: .success(read), fingerprint: fingerprint)
        } catch { return Peer(certificate: .failure(error), fingerprint: fingerprint) }
    }
}

/// The connections of a listener, by their channel.
final class WireConnections: Sendable {
    private let open = Mutex<[ObjectIdentifier: WireConnection]>([:])

    /// The connection of a channel that was accepted and is not yet closed.
    subscript(channel: any Channel) -> WireConnection? {
        open.withLock { $0[ObjectIdentifier(channel)] }
    }

    func opened(_ channel: any Channel) -> WireConnection {
        let connection = WireConnection()
        open.withLock { $0[ObjectIdentifier(channel)] = connection }
        return connection
    }

    func closed(_ channel: any Channel) {
        open.withLock { $0[ObjectIdentifier(channel)] = nil }
    }
}
