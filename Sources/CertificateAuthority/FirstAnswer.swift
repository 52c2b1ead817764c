import Dispatch
import Synchronization

/// Waits for the first of several answers: that of a blocking thread, the deadline's, or that of a cancellation.
final class FirstAnswer<Value: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Value, Never>)
        case answered(Value)
        case taken
    }

    private let state = Mutex(State.open)

    /// Answers, unless that has happened.
    ///
    /// - Returns: Whether this answer is the one.
    @discardableResult
    func give(_ value: Value) -> Bool {
        let waiting: CheckedContinuation<Value, Never>?
        let isFirst: Bool
        (waiting, isFirst) = state.withLock { state in
            switch state {
            case .open:
                state = .answered(value)
                return (nil, true)
            case .awaited(let continuation):
                state = .taken
                return (continuation, true)
            case .answered, .taken:
                return (nil, false)
            }
        }
        waiting?.resume(returning: value)
        return isFirst
    }

    /// Waits, once.
    ///
    /// - Returns: The first answer, or `late` at the deadline and when the task is cancelled.
    func wait(until deadline: ContinuousClock.Instant, orElse late: Value) async -> Value {
        let left = max(.zero, ContinuousClock.now.duration(to: deadline))
        // An hour is longer than any call lives, and keeps the sum from overflowing.
        let (seconds, attoseconds) = min(left, .seconds(3_600)).components
        let milliseconds = Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000)
        deadlines.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [weak self] in
            self?.give(late)
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let value: Value? = state.withLock { state in
                    guard case .answered(let value) = state else {
                        state = .awaited(continuation)
                        return nil
                    }
                    state = .taken
                    return value
                }
                if let value { continuation.resume(returning: value) }
            }
        } onCancel: {
            give(late)
        }
    }
}

/// Where deadlines end: a thread that nobody blocks.
private let deadlines = DispatchQueue(label: "cmp-deadlines")
