public import Logging
public import MSSCore
import Synchronization

/// Every log entry of a test, whatever its level, as one line of text with all its values in the clear.
public final class RecordedLog: Sendable {
    private let recorded = Mutex<[String]>([])

    public init() {}

    /// What was logged so far.
    public var lines: [String] { recorded.withLock { $0 } }

    /// A logger that writes here.
    public func logger(_ label: String = "test") -> Logger {
        Logger(label: label) { _ in Handler(log: self) }
    }

    fileprivate func append(_ line: String) {
        recorded.withLock { $0.append(line) }
    }

    private struct Handler: LogHandler {
        let log: RecordedLog
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace

        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let values = metadata.merging(event.metadata ?? [:]) { $1 }
                .map { "\($0.key)=\($0.value)#\(Self.asset(of: $0.value))" }
                .sorted()
            log.append(([event.level.rawValue, event.message.description] + values).joined(separator: " "))
        }

        private static func asset(of value: Logger.MetadataValue) -> String {
            value.attributes[Asset.self].map { "\($0)" } ?? "unclassified"
        }
    }
}

/// Counts what a test makes happen.
public final class RecordedTally: Tally {
    private let counts = Mutex<[String: Int]>([:])

    public init() {}

    /// How often something happened: `event`, or `event{label=value,…}` with its labels in the order of the code.
    public func count(of event: String) -> Int { counts.withLock { $0[event] ?? 0 } }

    /// Everything that was counted.
    public var all: [String: Int] { counts.withLock { $0 } }

    public func count(_ event: String, _ labels: [(String, String)]) {
        let labelled = labels.map { "\($0.0)=\($0.1)" }.joined(separator: ",")
        counts.withLock { counts in
            counts[event, default: 0] += 1
            if !labels.isEmpty { counts["\(event){\(labelled)}", default: 0] += 1 }
        }
    }

    public func measure(_ event: String, _ duration: Duration, _ labels: [(String, String)]) {
        count(event, labels)
    }
}
