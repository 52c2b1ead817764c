public import Foundation
public import Logging
public import MSSCore
import Synchronization

/// This acquiring entity's providers, pulled from the home and kept: it serves from its last good copy while the home
/// is away, for a bounded time, restarts included.
public final class ProviderCache: CallerDirectory {
    /// How often the home is asked, and how long its last word counts.
    public struct Times: Sendable {
        /// Between two pulls.
        public var interval: Duration
        /// How long after it was signed a directory serves, if no newer one can be had.
        public var longest: Duration

        public init(interval: Duration = .seconds(10), longest: Duration = .seconds(3600)) {
            self.interval = interval
            self.longest = longest
        }
    }

    private struct State {
        /// The latest that was taken, be it too old.
        var copy: DirectoryCopy?
        /// What the shelf keeps.
        var shelved: ProviderDirectory?
        /// Whether the shelf kept nothing when it was told to.
        var isShelfBroken = false
        /// Why the last pull brought nothing; `nil` if it did.
        var problem: DirectoryRefusal?
    }

    private let home: any ProviderService
    private let peer: PeerIdentity
    private let reader: any DirectoryReader
    private let shelf: (any DirectoryShelf)?
    private let times: Times
    private let tally: any Tally
    private let logger: Logger
    private let now: @Sendable () -> Date
    private let state = Mutex(State())

    /// Makes an empty cache.
    ///
    /// - Parameters:
    ///   - home: Gives the directory.
    ///   - peer: This acquiring entity.
    ///   - reader: Finds out whether it is the home's word.
    ///   - shelf: Keeps the last good one; without it a start needs the home.
    ///   - times: How often, and how long.
    ///   - tally: Counts pulls.
    ///   - logger: Is told what changes.
    ///   - now: The clock.
    public init(
        home: any ProviderService,
        peer: PeerIdentity,
        reader: any DirectoryReader,
        shelf: (any DirectoryShelf)? = nil,
        times: Times = Times(),
        tally: any Tally,
        logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.home = home
        self.peer = peer
        self.reader = reader
        self.shelf = shelf
        self.times = times
        self.tally = tally
        self.logger = logger
        self.now = now
    }

    /// Pulls again and again until it is cancelled.
    public func run() async {
        while !Task.isCancelled {
            let pulled = await pull()
            try? await Task.sleep(for: pulled ? times.interval : min(times.interval, .seconds(1)))
        }
    }

    /// Takes what was kept, if it still serves, and asks the home.
    ///
    /// A home that is away now is asked again by ``run()``.
    public func start() async {
        await unshelve()
        await pull()
        guard !isReady else { return }
        logger.error("no provider directory: every request is refused until the home gives one")
    }

    /// Whether there is a copy young enough to serve from.
    public var isReady: Bool { current != nil }

    /// Whether the last pull brought one.
    public var isFresh: Bool { isReady && state.withLock { $0.problem == nil } }

    /// The number of the latest directory; 0 while there is none.
    public var number: Int64 { state.withLock { $0.copy?.directory.number ?? 0 } }

    /// Seconds since the latest directory was signed; -1 while there is none.
    public var age: Double { state.withLock { $0.copy?.age(at: now()) ?? -1 } }

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

    /// Whether the home has a provider of this AP_ID, as far as can be told.
    func mayKnow(_ id: String) -> Bool { current.map { $0.providers[id] != nil } ?? false }

    /// Whether a certificate may speak for a provider; `true` also while that cannot be told.
    func mayAdmit(_ id: String, _ peer: PeerIdentity) -> Bool {
        current.map { $0.providers[id]?.identities.contains(peer) ?? false } ?? true
    }

    /// Whether every provider of a certificate wants a status of HTTP for each fault.
    ///
    /// - Returns: `nil` when it is no provider's; `false` also while nothing can be said of anybody.
    public func wantsPreciseStatus(_ peer: PeerIdentity) -> Bool? {
        guard let current else { return false }
        return current.owners[peer].map { $0.allSatisfy(\.wantsPreciseStatus) }
    }

    /// Whether every provider of a certificate wants FiCom's second level in faults.
    ///
    /// - Returns: `nil` when it is no provider's; `false` also while nothing can be said of anybody.
    public func wantsSpecifiers(_ peer: PeerIdentity) -> Bool? {
        guard let current else { return false }
        return current.owners[peer].map { $0.allSatisfy(\.wantsSpecifiers) }
    }

    public func knownProviders(of peer: PeerIdentity) -> [ApplicationProvider]? {
        current.map { ($0.owners[peer] ?? []).sorted { $0.id < $1.id } }
    }

    private func directory() throws(MSSFault) -> DirectoryCopy {
        guard let current else {
            throw MSSFault(
                .unableToProvideServices,
                "The platform cannot look up application providers now; nothing was begun. Try again later.",
                cause: "no provider directory of the home that is young enough"
            )
        }
        return current
    }

    private var current: DirectoryCopy? {
        let (now, longest) = (now(), seconds(times.longest))
        return state.withLock { $0.copy.flatMap { $0.serves(at: now, for: longest) ? $0 : nil } }
    }

    private func seconds(_ time: Duration) -> TimeInterval { TimeInterval(time / .milliseconds(1)) / 1000 }
}

extension ProviderCache {
    /// Takes one copy; the former one stays when it cannot be had.
    @discardableResult
    public func pull() async -> Bool {
        do throws(DirectoryRefusal) {
            let signed = try await asked()
            try await take(signed, mayHaveExpired: false)
            tally.count("ae_directory_pulls", [("outcome", "ok")])
            if state.withLock({ $0.problem.take() }) != nil { logger.notice("provider directory pulled again") }
            keep(signed)
            return true
        } catch {
            tally.count("ae_directory_pulls", [("outcome", error.reason.rawValue)])
            note(error)
            return false
        }
    }

    private func asked() async throws(DirectoryRefusal) -> SignedDirectory {
        do throws(MSSFault) {
            return try await home.directory(Call(peer: peer, deadline: .now + .seconds(5)))
        } catch {
            let why = error.cause ?? error.detail ?? ""
            throw DirectoryRefusal(.unreachable, "the home answers \(error.code.rawValue): \(why)")
        }
    }

    private func take(_ signed: SignedDirectory, mayHaveExpired: Bool) async throws(DirectoryRefusal) {
        let time = now()
        let read = try await reader.read(signed, at: time)
        guard mayHaveExpired || time < read.expires else {
            throw DirectoryRefusal(.expired, "the directory expired at \(read.expires.formatted(.iso8601))")
        }
        let before = try state.withLock { state throws(DirectoryRefusal) -> Int64? in
            let last = state.copy?.directory
            try DirectoryCopy.check(read, for: peer, after: last, at: time)
            // Two pulls at a time may end in either order.
            if last.map({ $0.number < read.number || $0.issued <= read.issued }) ?? true {
                state.copy = DirectoryCopy(read)
            }
            return last?.number
        }
        guard before != read.number else { return }
        logger.notice(
            "provider directory taken",
            metadata: [
                "number": "\(read.number, as: .open)", "providers": "\(read.providers.count, as: .open)",
                "issued": "\(read.issued.formatted(.iso8601), as: .open)",
            ]
        )
    }

    private func unshelve() async {
        do throws(DirectoryRefusal) {
            guard let signed = try shelf?.kept() else { return }
            // Its number counts, whatever its age is.
            try await take(signed, mayHaveExpired: true)
            state.withLock { $0.shelved = $0.copy?.directory }
            guard !isReady else { return }
            logger.warning("the provider directory that was kept is too old to serve from")
        } catch {
            logger.warning(
                "the provider directory that was kept is not taken",
                metadata: ["problem": "\(error.description, as: .system)"]
            )
        }
    }

    /// Each new number, and otherwise often enough that a start has a young one.
    private func keep(_ signed: SignedDirectory) {
        guard let shelf else { return }
        let (directory, shelved) = state.withLock { ($0.copy?.directory, $0.shelved) }
        guard let directory else { return }
        let spacing = seconds(times.longest) / 60
        if let shelved, shelved.number == directory.number,
            directory.issued.timeIntervalSince(shelved.issued) < spacing
        {
            return
        }
        do throws(DirectoryRefusal) {
            try shelf.keep(signed)
            state.withLock { ($0.shelved, $0.isShelfBroken) = (directory, false) }
        } catch {
            tally.count("ae_directory_pulls", [("outcome", error.reason.rawValue)])
            guard
                !state.withLock({ state in
                    defer { state.isShelfBroken = true }
                    return state.isShelfBroken
                })
            else { return }
            logger.error(
                "the provider directory cannot be kept: a start without the home would have none",
                metadata: ["problem": "\(error.description, as: .system)"]
            )
        }
    }

    /// Once for each problem: the home may be away for long.
    private func note(_ problem: DirectoryRefusal) {
        guard
            state.withLock({ state in
                defer { state.problem = problem }
                return state.problem?.reason != problem.reason
            })
        else { return }
        logger.warning(
            isReady ? "provider directory not pulled; the last copy serves" : "provider directory not pulled",
            metadata: [
                "reason": "\(problem.reason.rawValue, as: .open)", "problem": "\(problem.description, as: .system)",
            ]
        )
    }
}
