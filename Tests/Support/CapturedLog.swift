public import Logging
import MSSCore
import Synchronization

/// Every line of a log, with what would be shown of it and what nobody classified.
public final class CapturedLog: Sendable {
    private struct Lines {
        var shown: [String] = []
        var unclassified: [String] = []
    }

    private let lines = Mutex(Lines())

    public init() {}

    /// Levels, messages and values that are not a person's.
    public var shown: [String] { lines.withLock { $0.shown } }
    /// Keys whose values have no asset class.
    public var unclassified: [String] { lines.withLock { $0.unclassified } }

    public var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    private func add(_ event: LogEvent, _ metadata: Logger.Metadata) {
        var line = "\(event.level) \(event.message)"
        for (key, value) in metadata {
            switch value.attributes[Asset.self] {
            case nil: lines.withLock { $0.unclassified.append(key) }
            case .mobileUser: line += " \(key)=‹person›"
            default: line += " \(key)=\(value)"
            }
        }
        if let error = event.error { line += " \(type(of: error))" }
        lines.withLock { $0.shown.append(line) }
    }

    private struct Handler: LogHandler {
        let log: CapturedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.add(event, metadata.merging(event.metadata ?? [:]) { $1 })
        }
    }
}
