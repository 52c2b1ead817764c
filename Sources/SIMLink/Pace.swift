/// How fast submissions leave: as fast as the window lets them until the message centre complains; then, after a pause,
/// half as fast, and step by step faster again (additive increase, multiplicative decrease).
struct Pace {
    /// The slowest, in submissions a second.
    static let slowest = 1.0
    private static let longestPause = Duration.seconds(10)
    /// What may leave at once at a given rate, in seconds of it.
    private static let burst = 0.25

    /// What the configuration allows at most.
    private let most: Double?
    /// Submissions a second; `nil` is without limit.
    private(set) var rate: Double?
    private var tokens: Double
    private var refilled: ContinuousClock.Instant
    /// Nothing leaves before.
    private var held: ContinuousClock.Instant
    private var pause: Duration?
    private var raised: ContinuousClock.Instant
    /// Beyond this rate nothing has complained: the limit is lifted.
    private var ceiling = 0.0
    private var measured = Measure()

    /// Submissions that left in a running second and in the one before.
    private struct Measure {
        var began: ContinuousClock.Instant?
        var count = 0.0
        var last = 0.0
    }

    init(most: Int?, now: ContinuousClock.Instant) {
        self.most = most.map(Double.init)
        rate = self.most
        tokens = self.most.map { max(1, $0 * Self.burst) } ?? 0
        refilled = now
        held = now
        raised = now
    }

    /// Whether a complaint of the message centre is in force.
    var isLowered: Bool { rate != most }

    /// Takes leave for one submission.
    mutating func leave(_ now: ContinuousClock.Instant) -> Bool {
        raise(now)
        guard held <= now else { return false }
        if let rate {
            tokens = min(max(1, rate * Self.burst), tokens + rate * Self.seconds(now - refilled))
            refilled = max(refilled, now)
            guard tokens >= 1 else { return false }
            tokens -= 1
        }
        measure(now)
        return true
    }

    /// The message centre took a submission.
    mutating func accepted() { pause = nil }

    /// The message centre says that it is too much; what it says while its first word is obeyed adds nothing.
    mutating func complained(isQueueFull: Bool, _ now: ContinuousClock.Instant) {
        guard held <= now else { return }
        // A full queue empties more slowly than a second of throttling passes.
        let first = Duration.milliseconds(isQueueFull ? 500 : 200)
        let next = pause.map { min($0 * 2, Self.longestPause) } ?? first
        pause = next
        held = now + next
        let base = rate ?? max(measured.last, measured.count, Self.slowest)
        if rate == nil { ceiling = base * 2 }
        rate = max(Self.slowest, base / 2)
        tokens = 1
        refilled = held
        raised = held
    }

    /// A second without complaint: a quarter and one more.
    private mutating func raise(_ now: ContinuousClock.Instant) {
        guard isLowered, let current = rate else { return }
        // After a long silence as many steps as make no difference any more.
        var steps = min(60, Int(Self.seconds(now - raised)))
        guard steps > 0 else { return }
        var next = current
        while steps > 0 {
            next = next * 1.25 + 1
            steps -= 1
        }
        raised = now
        if let most { rate = min(most, next) } else { rate = next > ceiling ? nil : next }
    }

    private mutating func measure(_ now: ContinuousClock.Instant) {
        let age = measured.began.map { Self.seconds(now - $0) } ?? .infinity
        if age >= 1 {
            measured = Measure(began: now, count: 0, last: age < 2 ? measured.count : 0)
        }
        measured.count += 1
    }

    private static func seconds(_ duration: Duration) -> Double { max(0, duration / .seconds(1)) }
}
