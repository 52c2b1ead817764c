public import MSSCore

/// The directories of all homes, seen as one: what a caller is known as, whichever home knows it.
public struct ProviderCaches: CallerDirectory {
    private let caches: [ProviderCache]

    /// - Parameter caches: One of each home, at least one.
    public init(_ caches: [ProviderCache]) {
        self.caches = caches
    }

    /// Takes what was kept of each, and asks all homes at once: one that is away holds up no other.
    public func start() async {
        await withTaskGroup { group in
            for cache in caches { group.addTask { await cache.start() } }
        }
    }

    /// Whether there is a home to serve providers of.
    public var isReady: Bool { caches.contains { $0.isReady } }

    /// Whether the last pull of each home brought one.
    public var isFresh: Bool { caches.allSatisfy { $0.isFresh } }

    /// Whether every provider of a certificate wants a status of HTTP for each fault.
    ///
    /// - Returns: `nil` when it is no provider's; `false` also while nothing can be said of anybody.
    public func wantsPreciseStatus(_ peer: PeerIdentity) -> Bool? {
        let answers = caches.map { $0.wantsPreciseStatus(peer) }
        return answers.allSatisfy { $0 == nil } ? nil : answers.allSatisfy { $0 ?? true }
    }

    /// Whether every provider of a certificate wants FiCom's second level in faults; nobody's certificate does not.
    public func wantsSpecifiers(_ peer: PeerIdentity) -> Bool {
        let answers = caches.compactMap { $0.wantsSpecifiers(peer) }
        return !answers.isEmpty && answers.allSatisfy { $0 }
    }

    /// The entry of the first home that has one counts: homes may allow a provider different things.
    public func knownProviders(of peer: PeerIdentity) -> [ApplicationProvider]? {
        let known = caches.compactMap { $0.knownProviders(of: peer) }
        guard !known.isEmpty else { return nil }
        var ids: Set<String> = []
        return known.joined().filter { ids.insert($0.id).inserted }.sorted { $0.id < $1.id }
    }
}
