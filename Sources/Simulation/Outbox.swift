import SMPP
import Synchronization

/// What handsets sent and no ESME has acknowledged yet: kept, and sent again.
final class Outbox: Sendable {
    /// A message, until when it is worth sending, and when it is next.
    struct Entry: Sendable {
        var unit: ShortMessageUnit
        let end: ContinuousClock.Instant
        var pause: Duration = .seconds(1)
        var due: ContinuousClock.Instant
    }

    private struct State {
        var ready: [Entry] = []
        var later: [Entry] = []
    }

    /// How many messages are kept.
    private let most: Int
    private let state = Mutex(State())

    init(most: Int = 100_000) {
        self.most = most
    }

    var count: Int { state.withLock { $0.ready.count + $0.later.count } }

    /// Takes a message, which may leave after a while; `false` if there is no room.
    func add(_ unit: ShortMessageUnit, after delay: Duration = .zero, now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { state in
            guard state.ready.count + state.later.count < most else { return false }
            let entry = Entry(unit: unit, end: now + ValidityPeriod.longest, due: now + delay)
            if delay > .zero { state.later.append(entry) } else { state.ready.append(entry) }
            return true
        }
    }

    /// Puts back what was refused for now or not answered, a little later each time.
    func postpone(_ entries: [Entry], now: ContinuousClock.Instant = .now) {
        guard !entries.isEmpty else { return }
        let postponed = entries.map { entry in
            var entry = entry
            entry.due = now + entry.pause
            entry.pause = min(entry.pause * 2, .seconds(10))
            return entry
        }
        state.withLock { $0.later += postponed }
    }

    /// Puts back what a lost session had not answered.
    func putBack(_ entries: some Collection<Entry>) {
        guard !entries.isEmpty else { return }
        state.withLock { $0.ready.insert(contentsOf: entries, at: 0) }
    }

    /// Makes what is due ready and lets go of what is too old.
    ///
    /// - Returns: How many have expired.
    func ripen(now: ContinuousClock.Instant = .now) -> Int {
        state.withLock { state in
            let count = state.ready.count + state.later.count
            state.ready.removeAll { $0.end <= now }
            state.later.removeAll { $0.end <= now }
            let expired = count - state.ready.count - state.later.count
            state.ready += state.later.filter { $0.due <= now }
            state.later.removeAll { $0.due <= now }
            return expired
        }
    }

    /// Offers what is ready, oldest first; `deliver` says whether it was taken.
    func pump(_ deliver: (Entry) -> Bool) {
        let ready = state.withLock { state in
            defer { state.ready = [] }
            return state.ready
        }
        var left = ready[...]
        while let entry = left.first, deliver(entry) { left.removeFirst() }
        putBack(left)
    }
}
