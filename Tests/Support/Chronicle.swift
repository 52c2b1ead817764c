public import MSSCore
import Synchronization

/// What happened, in its order, as the fakes tell it.
public final class Chronicle: Sendable {
    private let lines = Mutex<[String]>([])

    public init() {}

    public func note(_ line: String) {
        lines.withLock { $0.append(line) }
    }

    public var all: [String] { lines.withLock { $0 } }
}

/// Counts events and remembers them.
public final class EventTally: Tally {
    private let counts = Mutex<[String: Int]>([:])

    public init() {}

    public func count(_ event: String, _ labels: [(String, String)]) {
        let name = ([event] + labels.map { $0.0 + "=" + $0.1 }).joined(separator: " ")
        counts.withLock { $0[name, default: 0] += 1 }
    }

    public func measure(_ event: String, _ duration: Duration, _ labels: [(String, String)]) {
        count(event, labels)
    }

    /// How often an event was counted, with labels as `event label=value`.
    public subscript(name: String) -> Int { counts.withLock { $0[name] ?? 0 } }
}
