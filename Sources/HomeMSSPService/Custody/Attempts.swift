/// How often somebody tried to open the vault in vain, and when the next one may.
///
/// The time doubles: 1 s after the first wrong secret, a minute at most. It is this process's; a token counts besides.
struct Attempts {
    private static let longest: Duration = .seconds(60)

    private(set) var failures = 0
    private var opensAt: ContinuousClock.Instant?

    /// How long the next attempt must wait; `nil` if it may come.
    func wait(at now: ContinuousClock.Instant) -> Duration? {
        guard let opensAt, opensAt > now else { return nil }
        return opensAt - now
    }

    mutating func failed(at now: ContinuousClock.Instant) {
        failures += 1
        opensAt = now + min(Self.longest, .seconds(1 << min(failures - 1, 10)))
    }

    mutating func succeeded() { self = Attempts() }
}
