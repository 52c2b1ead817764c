public import MSSCore

/// Which peers may call which operations; who is not named may call nothing.
public struct PeerGate: Sendable {
    private enum Grants: Sendable {
        case listed([PeerIdentity: Set<WireOperation>])
        case everyone(Set<WireOperation>)
    }

    private let grants: Grants

    /// A closed list, as the home keeps it.
    public init(_ grants: [PeerIdentity: Set<WireOperation>]) {
        self.grants = .listed(grants)
    }

    /// Everyone with a certificate under the listener's own root: the role decides further (AE, ME).
    public static func everyone(_ operations: Set<WireOperation>) -> PeerGate {
        PeerGate(.everyone(operations))
    }

    private init(_ grants: Grants) {
        self.grants = grants
    }

    func mayCall(_ operation: WireOperation, _ peer: PeerIdentity) -> Bool {
        switch grants {
        case .listed(let list): list[peer]?.contains(operation) ?? false
        case .everyone(let operations): operations.contains(operation)
        }
    }
}
