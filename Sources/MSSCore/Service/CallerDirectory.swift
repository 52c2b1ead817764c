/// Tells callers what the platform knows them as.
public protocol CallerDirectory: Sendable {
    /// The providers that the holder of a certificate may name, by their AP_IDs; `nil` while nobody can tell.
    func knownProviders(of peer: PeerIdentity) -> [ApplicationProvider]?
}
