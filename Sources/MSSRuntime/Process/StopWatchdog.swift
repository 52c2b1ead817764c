import Dispatch
import Glibc

/// Ends the process when its orderly stop takes too long or the operator asks a second time.
///
/// It works beside the tasks of the process, on a queue of its own, so that a task that never ends cannot hold it.
final class StopWatchdog {
    private let sources: [any DispatchSourceSignal]

    /// - Parameters:
    ///   - limit: From the first SIGTERM or SIGINT until the process is ended.
    ///   - forced: Ends the process, for the reason it is given.
    init(limit: Duration, forced: @escaping @Sendable (String) -> Void) {
        let queue = DispatchQueue(label: "stop-watchdog")
        sources = [SIGTERM, SIGINT].map { DispatchSource.makeSignalSource(signal: $0, queue: queue) }
        let asked = Flag()
        for source in sources {
            source.setEventHandler {
                guard !asked.raise() else { return forced("stopped at once by a second signal") }
                queue.asyncAfter(deadline: .now() + .seconds(Int(limit.components.seconds))) {
                    forced("the orderly stop took longer than \(limit.components.seconds) s")
                }
            }
            source.resume()
        }
    }

    deinit {
        sources.forEach { $0.cancel() }
    }

    /// Touched on the queue only.
    private final class Flag: @unchecked Sendable {
        private var isRaised = false

        /// Whether it was raised before.
        func raise() -> Bool {
            defer { isRaised = true }
            return isRaised
        }
    }
}
