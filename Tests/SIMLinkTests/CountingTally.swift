import MSSCore
import Synchronization

/// A tally that can be waited for.
final class CountingTally: Tally {
    private struct Waiter {
        var event: String
        var count: Int
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct Guarded {
        var counts: [String: Int] = [:]
        var waiters: [Waiter] = []
    }

    private let guarded = Mutex(Guarded())

    func count(_ event: String, _ labels: [(String, String)]) {
        let ready = guarded.withLock { guarded in
            let count = guarded.counts[event, default: 0] + 1
            guarded.counts[event] = count
            let ready = guarded.waiters.filter { $0.event == event && $0.count <= count }
            guarded.waiters.removeAll { $0.event == event && $0.count <= count }
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    func measure(_ event: String, _ duration: Duration, _ labels: [(String, String)]) {}

    func counted(_ event: String) -> Int { guarded.withLock { $0.counts[event] ?? 0 } }

    /// Returns once the event was counted so often.
    func wait(for event: String, _ count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isReady = guarded.withLock { guarded in
                if guarded.counts[event] ?? 0 >= count { return true }
                guarded.waiters.append(Waiter(event: event, count: count, continuation: continuation))
                return false
            }
            if isReady { continuation.resume() }
        }
    }
}
