public import HomeMSSP
import Synchronization

/// Stamps by two octets behind a signature, or is away.
public final class FakeStamper: SignatureStamper {
    private let isAway = Mutex(false)
    private let asked = Mutex(0)

    public init() {}

    /// How many stamps were asked for.
    public var count: Int { asked.withLock { $0 } }

    public func setAway(_ isAway: Bool) { self.isAway.withLock { $0 = isAway } }

    public func stamp(
        _ finished: [UInt8],
        of key: SubscriberKey,
        within time: Duration
    ) async throws(EvidenceError) -> [UInt8] {
        asked.withLock { $0 += 1 }
        guard time > .zero, !isAway.withLock({ $0 }) else { throw EvidenceError(reason: "the authority is away") }
        return finished + [0xA1, 0]
    }
}
