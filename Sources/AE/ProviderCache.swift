public import Logging
public import MSSCore
import Synchronization

/// This acquiring entity's providers, pulled from the home and kept: it serves from its last good copy while the home
/// is away, for a bounded time.
public final class ProviderCache: CallerDirectory {
    private struct Copy {
        var providers: [String: ApplicationProvider]
        /// By each certificate identity that may speak for it.
        var owners: [PeerIdentity: [ApplicationProvider]]
        var taken: ContinuousClock.Instant
    }

    private let home: any ProviderService
    private let peer: PeerIdentity
    private let interval: Duration
    private let longest: Duration
    private let logger: Logger
    private let copy = Mutex<Copy?>(nil)

    /// Makes an empty cache for the acquiring entity `peer`, pulled every `interval`; a copy serves for at most `longest`
    /// when no newer one can be had.
    public init(
        home: any ProviderService,
        peer: PeerIdentity,
        interval: Duration = .seconds(10),
        longest: Duration = .seconds(3600),
        logger: Logger
    ) {
        self.home = home
        self.peer = peer
        self.interval = interval
        self.longest = longest
        self.logger = logger
    }

    /// Pulls again and again until it is cancelled.
    public func run() async {
        while !Task.isCancelled {
            let pulled = await pull()
            try? await Task.sleep(for: pulled ? interval : min(interval, .seconds(1)))
        }
    }

    /// Whether there is a copy young enough to serve from.
    public var isReady: Bool { current != nil }

    /// The provider with this AP_ID.
    ///
    /// - Throws: 780 when no copy is young enough to decide by.
    func provider(_ id: String) throws(MSSFault) -> ApplicationProvider? {
        try directory().providers[id]
    }

    /// The providers for which a certificate may speak.
    ///
    /// - Throws: 780 when no copy is young enough to decide by.
    func providers(of peer: PeerIdentity) throws(MSSFault) -> [ApplicationProvider] {
        try directory().owners[peer] ?? []
    }

    /// Whether every provider of a certificate wants a status of HTTP for each fault.
    ///
    /// - Returns: `nil` when it is no provider's; `false` also while nothing can be said of anybody.
    public func wantsPreciseStatus(_ peer: PeerIdentity) -> Bool? {
        guard let current else { return false }
        return current.owners[peer].map { $0.allSatisfy(\.wantsPreciseStatus) }
    }

    private func directory() throws(MSSFault) -> Copy {
        guard let current else {
            throw MSSFault(
                .unableToProvideServices,
                "The platform cannot look up application providers now; try again later.",
                cause: "no provider directory of the home that is young enough"
            )
        }
        return current
    }

    public func applicationProviders(of peer: PeerIdentity) -> [String]? {
        current.map { ($0.owners[peer] ?? []).map(\.id).sorted() }
    }

    private var current: Copy? {
        copy.withLock { copy in copy.flatMap { $0.taken.duration(to: .now) < longest ? $0 : nil } }
    }

    /// Takes one copy; the former one stays when it cannot be had.
    @discardableResult
    public func pull() async -> Bool {
        do {
            let call = Call(peer: peer, deadline: .now + .seconds(5))
            let directory = try await home.directory(call)
            let providers = Dictionary(directory.providers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            var owners: [PeerIdentity: [ApplicationProvider]] = [:]
            for provider in providers.values {
                for identity in provider.identities { owners[identity, default: []].append(provider) }
            }
            let taken = Copy(providers: providers, owners: owners, taken: .now)
            copy.withLock { $0 = taken }
            return true
        } catch {
            logger.warning(
                "provider directory not pulled; the last copy serves",
                metadata: ["fault": "\(error.code.rawValue, as: .open)", "cause": "\(error.cause ?? "", as: .system)"]
            )
            return false
        }
    }
}
