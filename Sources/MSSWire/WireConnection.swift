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

/// The connections of a listener, by their channel, and how many each caller has.
final class WireConnections: Sendable {
    private struct Entry {
        var connection: WireConnection
        /// Whose it is, once that was told.
        var caller: PeerIdentity?
    }

    private struct State {
        var open: [ObjectIdentifier: Entry] = [:]
        var callers: [PeerIdentity: Int] = [:]
    }

    private let state = Mutex(State())

    /// The connection of a channel that was accepted and is not yet closed.
    subscript(channel: any Channel) -> WireConnection? {
        state.withLock { $0.open[ObjectIdentifier(channel)]?.connection }
    }

    func opened(_ channel: any Channel) -> WireConnection {
        let connection = WireConnection()
        state.withLock { $0.open[ObjectIdentifier(channel)] = Entry(connection: connection) }
        return connection
    }

    /// Counts a connection as its caller's, at its first request; one that was counted stays.
    ///
    /// - Returns: Whether the caller may have it beside those that it has.
    func admits(_ channel: any Channel, of caller: PeerIdentity, most: Int) -> Bool {
        state.withLock { state in
            guard let entry = state.open[ObjectIdentifier(channel)], entry.caller == nil else { return true }
            guard state.callers[caller, default: 0] < most else { return false }
            state.callers[caller, default: 0] += 1
            state.open[ObjectIdentifier(channel)]?.caller = caller
            return true
        }
    }

    func closed(_ channel: any Channel) {
        state.withLock { state in
            guard let entry = state.open.removeValue(forKey: ObjectIdentifier(channel)), let caller = entry.caller,
                let count = state.callers[caller]
            else { return }
            state.callers[caller] = count > 1 ? count - 1 : nil
        }
    }
}
