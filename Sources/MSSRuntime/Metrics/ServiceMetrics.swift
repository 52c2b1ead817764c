public import MSSCore
import Synchronization

/// Counts and durations of a process, as metrics that Prometheus reads.
///
/// An event `home_busy` becomes the counter `mssp_home_busy_total`, a measured one the histogram `mssp_home_busy_seconds`.
/// There are at most 5,000 series; what would be one more is counted by `mssp_metrics_overflow_total` alone, so that
/// a label that turns out to be unbounded cannot eat the memory.
public final class ServiceMetrics: Tally {
    /// Series that are kept apart.
    public static let mostSeries = 5_000

    /// Upper bounds of the buckets, in seconds: from an answer out of memory to a user who takes a minute.
    static let bounds: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

    struct Series: Hashable {
        let name: String
        let labels: String
    }

    struct Histogram {
        /// One for each bound and one beyond, each without those below.
        var buckets = [UInt64](repeating: 0, count: ServiceMetrics.bounds.count + 1)
        var sum = 0.0

        mutating func add(_ seconds: Double) {
            let bucket = ServiceMetrics.bounds.firstIndex { seconds <= $0 } ?? ServiceMetrics.bounds.count
            buckets[bucket] &+= 1
            sum += seconds
        }
    }

    struct State {
        var counters: [Series: UInt64] = [:]
        var histograms: [Series: Histogram] = [:]
        var gauges: [Series: @Sendable () -> Double] = [:]
        var overflow: UInt64 = 0

        /// Whether one more series may begin.
        var hasRoom: Bool { counters.count + histograms.count < ServiceMetrics.mostSeries }
    }

    private let state = Mutex(State())
    private let process = ProcessFigures()

    public init() {}

    public func count(_ event: String, _ labels: [(String, String)]) {
        let series = Series(name: MetricsText.name("mssp_\(event)_total"), labels: MetricsText.labels(labels))
        state.withLock { state in
            if let value = state.counters[series] {
                state.counters[series] = value &+ 1
            } else if state.hasRoom {
                state.counters[series] = 1
            } else {
                state.overflow &+= 1
            }
        }
    }

    public func measure(_ event: String, _ duration: Duration, _ labels: [(String, String)]) {
        let series = Series(name: MetricsText.name("mssp_\(event)_seconds"), labels: MetricsText.labels(labels))
        let (seconds, attoseconds) = duration.components
        let length = Double(seconds) + Double(attoseconds) * 1e-18
        state.withLock { state in
            guard state.histograms[series] != nil || state.hasRoom else {
                state.overflow &+= 1
                return
            }
            state.histograms[series, default: Histogram()].add(length)
        }
    }

    /// Adds the gauge `mssp_<name>`, read at each rendering; `value` must be quick.
    public func gauge(_ name: String, _ labels: [(String, String)] = [], _ value: @escaping @Sendable () -> Double) {
        let series = Series(name: MetricsText.name("mssp_\(name)"), labels: MetricsText.labels(labels))
        state.withLock { $0.gauges[series] = value }
    }

    /// All metrics in Prometheus' text format 0.0.4.
    public func text() -> String {
        let state = state.withLock { $0 }
        return MetricsText.text(state, process)
    }
}
