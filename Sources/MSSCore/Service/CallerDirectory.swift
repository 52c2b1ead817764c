/// Tells callers what the platform knows them as.
public protocol CallerDirectory: Sendable {
    /// The AP_IDs that the holder of a certificate may name, in their order; `nil` while nobody can tell.
    func applicationProviders(of peer: PeerIdentity) -> [String]?
}
