public import ServiceLifecycle

/// Work that goes on as long as the process does: run until the process is asked to stop, then cancelled.
public struct BackgroundWork: Service {
    private let work: @Sendable () async -> Void

    public init(_ work: @escaping @Sendable () async -> Void) {
        self.work = work
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown { await work() }
    }
}
