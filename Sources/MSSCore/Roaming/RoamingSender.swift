public import struct Foundation.Date

/// An acquiring entity on its way to one Home MSSP that wants to be told of routes.
public struct RoamingSender: Sendable, Equatable {
    private let identity: PeerIdentity
    private let home: PeerIdentity

    /// - Parameters:
    ///   - identity: The acquiring entity.
    ///   - home: Where its messages go.
    public init(identity: PeerIdentity, home: PeerIdentity) {
        self.identity = identity
        self.home = home
    }

    /// What goes with a message: an entry of this sender, and the home as the plan.
    public func header(remaining: Duration, _ trace: TraceID, at now: Date) -> RoamingHeader {
        let entry = RoamingHeader.Entry(
            role: .acquiringEntity,
            sender: MeshMember(uri: identity.uri),
            transactionID: "r" + trace.description,
            instant: now,
            // Rounded up: a message whose time is over is not sent.
            timeOut: max(1, Int((remaining / .seconds(1)).rounded(.up)))
        )
        return RoamingHeader(entries: [entry], home: MeshMember(uri: home.uri))
    }

    /// Whether an answer's header goes on from this sender's entry to one of the home.
    public func isAnswered(by header: RoamingHeader, _ trace: TraceID) -> Bool {
        guard header.entries.count > 1, let first = header.entries.first, let last = header.entries.last else {
            return false
        }
        return first.sender.uri == identity.uri && first.transactionID == "r" + trace.description
            && last.role == .homeMSSP && last.sender.uri == home.uri
    }
}
