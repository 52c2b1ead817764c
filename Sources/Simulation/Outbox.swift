import SMPP
import Synchronization

/// What handsets sent and no ESME has acknowledged yet: kept, and sent again.
final class Outbox: Sendable {
    struct Entry: Sendable {
        var unit: ShortMessageUnit
        var pause: Duration = .seconds(1)
        var due: ContinuousClock.Instant = .now
    }

    private struct State {
        var ready: [Entry] = []
        var later: [Entry] = []
    }

    /// More than this the oldest have to go.
    private static let most = 100_000

    private let state = Mutex(State())

    func add(_ unit: ShortMessageUnit) {
        state.withLock { state in
            state.ready.append(Entry(unit: unit))
            if state.ready.count > Self.most { state.ready.removeFirst(state.ready.count - Self.most) }
        }
    }

    /// Puts back what was refused for now, a little later each time.
    func postpone(_ entry: Entry) {
        var entry = entry
        entry.due = .now + entry.pause
        entry.pause = min(entry.pause * 2, .seconds(10))
        state.withLock { $0.later.append(entry) }
    }

    /// Puts back what a lost session had not answered.
    func putBack(_ entries: [Entry]) {
        state.withLock { $0.ready.insert(contentsOf: entries, at: 0) }
    }

    /// Offers what is due; `deliver` says whether it was taken.
    func pump(_ deliver: (Entry) -> Bool) {
        let due = state.withLock { state -> [Entry] in
            let now = ContinuousClock.now
            state.ready += state.later.filter { $0.due <= now }
            state.later.removeAll { $0.due <= now }
            defer { state.ready = [] }
            return state.ready
        }
        var left = due[...]
        while let entry = left.first, deliver(entry) { left.removeFirst() }
        if !left.isEmpty { putBack(Array(left)) }
    }
}
