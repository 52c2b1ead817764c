import Synchronization

public import struct Foundation.Date
public import typealias Foundation.TimeInterval

/// How far another machine's clock is from this one's, as the last answers tell.
///
/// Instants of requests, ends of certificates and of directories are compared across machines, and evidence holds them:
/// clocks that differ by more than ``most`` are somebody's to mend.
public final class ClockOffset: Sendable {
    /// The most that is sound, in seconds.
    public static let most: TimeInterval = 2
    /// An answer that took longer tells nothing, in seconds.
    private static let longest: TimeInterval = 1

    private let state = Mutex<TimeInterval?>(nil)

    public init() {}

    /// Takes the time that an answer carried.
    ///
    /// - Parameters:
    ///   - time: The other clock's, when it answered.
    ///   - resolution: Of that time, in seconds: 1 where it has no fractions.
    ///   - asked: By this clock, when the question left.
    ///   - answered: By this clock, when the answer was there.
    public func note(_ time: Date, resolution: TimeInterval, asked: Date, answered: Date) {
        let took = answered.timeIntervalSince(asked)
        guard (0...Self.longest).contains(took) else { return }
        let offset = time.timeIntervalSince(asked) + resolution / 2 - took / 2
        // What the way and the resolution explain is no difference.
        let doubt = (took + resolution) / 2
        let certain = max(0, abs(offset) - doubt)
        state.withLock { $0 = offset < 0 ? -certain : certain }
    }

    /// What is certainly between the clocks, positive where the other one is ahead; `nil` before the first answer.
    public var seconds: TimeInterval? { state.withLock { $0 } }

    public var isSound: Bool { abs(seconds ?? 0) <= Self.most }
}
