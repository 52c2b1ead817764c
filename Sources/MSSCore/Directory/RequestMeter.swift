import Synchronization

/// How much a provider may ask of one service; `nil` is as much as it likes.
public struct RequestLimits: Sendable, Equatable {
    /// Requests of any kind, on average; those of one second may come at once.
    public var perSecond: Int?
    /// Signature requests that wait for their answer at a time.
    public var signaturesAtOnce: Int?

    public init(perSecond: Int? = nil, signaturesAtOnce: Int? = nil) {
        self.perSecond = perSecond
        self.signaturesAtOnce = signaturesAtOnce
    }
}

/// Measures what providers ask of this process against the limits of their entries.
public final class RequestMeter: Sendable {
    private struct Bucket {
        var left: Double
        var filled: ContinuousClock.Instant
    }

    private struct State {
        var buckets: [String: Bucket] = [:]
        var running: [String: Int] = [:]
    }

    private let tally: any Tally
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    /// - Parameters:
    ///   - tally: Counts what was too much.
    ///   - now: The clock.
    public init(tally: any Tally, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.tally = tally
        self.now = now
    }

    /// One request more of a provider.
    ///
    /// - Throws: 780/7801 if it is one too many.
    public func take(_ provider: ApplicationProvider) throws(MSSFault) {
        guard let rate = provider.limits.perSecond else { return }
        let (now, most) = (now(), Double(rate))
        let isTaken = state.withLock { state in
            var bucket = state.buckets[provider.id] ?? Bucket(left: most, filled: now)
            bucket.left = min(most, bucket.left + (bucket.filled.duration(to: now) / .milliseconds(1)) / 1000 * most)
            bucket.filled = now
            defer { state.buckets[provider.id] = bucket }
            guard bucket.left >= 1 else { return false }
            bucket.left -= 1
            return true
        }
        guard isTaken else { throw tooMany("rate", "\(rate) requests a second") }
    }

    /// A signature request that waits from now on; whoever begins it ends it.
    ///
    /// - Throws: 780/7801 if it is one too many; it has not begun then.
    public func begin(_ provider: ApplicationProvider) throws(MSSFault) {
        guard let most = provider.limits.signaturesAtOnce else { return }
        let isBegun = state.withLock { state in
            let running = state.running[provider.id] ?? 0
            guard running < most else { return false }
            state.running[provider.id] = running + 1
            return true
        }
        guard isBegun else { throw tooMany("at_once", "\(most) signature requests at a time") }
    }

    /// The end of one that was begun.
    public func end(_ provider: ApplicationProvider) {
        state.withLock { state in
            guard let running = state.running[provider.id] else { return }
            state.running[provider.id] = running > 1 ? running - 1 : nil
        }
    }

    private func tooMany(_ limit: String, _ most: String) -> MSSFault {
        tally.count("requests_over_limit", [("limit", limit)])
        return MSSFault(
            .unableToProvideServices,
            "This provider's entry allows \(most); nothing was begun. Send the same request again later.",
            specifier: 7801,
            retryAfter: 1
        )
    }
}
