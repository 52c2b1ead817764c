import ServiceLifecycle

/// Tells the process when each of its listeners is up.
public final class StartSignal: Sendable {
    private let count: Int
    private let arrivals: AsyncStream<Void>
    private let arrive: AsyncStream<Void>.Continuation

    /// - Parameter count: How many listeners the process has.
    public init(awaiting count: Int) {
        self.count = count
        (arrivals, arrive) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(max(count, 1)))
    }

    /// One more listener takes connections.
    public func listening() {
        arrive.yield()
    }

    /// Waits for all of them, to be asked once; `false` when the process stops before.
    func wait() async -> Bool {
        var missing = count
        guard missing > 0 else { return true }
        for await _ in arrivals.cancelOnGracefulShutdown() {
            missing -= 1
            if missing == 0 { return true }
        }
        return false
    }
}
