import Dispatch
import Synchronization

/// A few threads that exchanges may block; those that find none free wait their turn.
final class ExchangeThreads: Sendable {
    private struct State {
        var free: [DispatchQueue]
        var waiting: [FirstAnswer<DispatchQueue?>] = []
    }

    private let state: Mutex<State>
    private let queueLength: Int

    /// - Parameters:
    ///   - count: Exchanges at a time.
    ///   - queueLength: Those that may wait; more are turned away at once.
    init(_ count: Int, queueLength: Int) {
        // A serial queue each, not one concurrent queue: that would block the threads that Swift's tasks run on.
        state = Mutex(State(free: (0..<count).map { DispatchQueue(label: "cmp-\($0)") }))
        self.queueLength = queueLength
    }

    /// - Returns: A queue to block, to be given back with ``give(_:)``; `nil` if none became free in time.
    func take(until deadline: ContinuousClock.Instant) async -> DispatchQueue? {
        let turn = FirstAnswer<DispatchQueue?>()
        state.withLock { state in
            if let queue = state.free.popLast() {
                turn.give(queue)
            } else if state.waiting.count < queueLength {
                state.waiting.append(turn)
            } else {
                turn.give(nil)
            }
        }
        let queue = await turn.wait(until: deadline, orElse: nil)
        if queue == nil { state.withLock { $0.waiting.removeAll { $0 === turn } } }
        return queue
    }

    /// Gives a queue back: to the first who still waits for one.
    func give(_ queue: DispatchQueue) {
        state.withLock { state in
            while !state.waiting.isEmpty {
                if state.waiting.removeFirst().give(queue) { return }
            }
            state.free.append(queue)
        }
    }
}
