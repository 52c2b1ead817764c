public import Logging
import MSSCore

/// Writes each log entry as one line of JSON and shows of its values what their asset class allows.
///
/// Values stand in an object named after their class, so that whoever passes a log on can leave out a class as a
/// whole: `open`, `registration`, `applicationProvider` and `system` in the clear, `mobileUser` as pseudonyms, and
/// `unclassified` as a mark in place of the value.
public struct AssetLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    public var logLevel: Logger.Level

    private let label: String
    private let service: String
    private let pseudonyms: Pseudonyms
    private let sink: any LineSink
    private let clock: @Sendable () -> LogTime

    /// - Parameters:
    ///   - label: Of the logger.
    ///   - service: Of the process.
    ///   - level: The lowest that is written.
    ///   - pseudonyms: For persons' values.
    ///   - sink: Takes the lines.
    ///   - clock: Gives each line its time.
    public init(
        label: String,
        service: String,
        level: Logger.Level = .info,
        pseudonyms: Pseudonyms,
        sink: any LineSink,
        clock: @escaping @Sendable () -> LogTime = { .now() }
    ) {
        self.label = label
        self.service = service
        self.logLevel = level
        self.pseudonyms = pseudonyms
        self.sink = sink
        self.clock = clock
    }

    public subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var line = JSONLine()
        line.raw("{\"time\":")
        line.time(clock())
        line.raw(",\"level\":")
        line.text(event.level.rawValue)
        line.raw(",\"service\":")
        line.text(service)
        line.raw(",\"label\":")
        line.text(label)
        line.raw(",\"message\":")
        line.text(event.message.description)
        if let error = event.error {
            // What an error says of itself nobody has classified; its type is the code's own word.
            line.raw(",\"error\":")
            line.text(String(reflecting: type(of: error)))
        }
        ClassifiedMetadata(merged(event.metadata), pseudonyms: pseudonyms).write(to: &line)
        line.raw("}\n")
        sink.write(line.octets)
    }

    /// The nearest to the call wins: its own values, then the logger's, then the task's.
    private func merged(_ own: Logger.Metadata?) -> Logger.Metadata {
        var all = metadata
        if let provided = metadataProvider?.get(), !provided.isEmpty {
            all.merge(provided) { logger, _ in logger }
        }
        guard let own, !own.isEmpty else { return all }
        guard !all.isEmpty else { return own }
        return all.merging(own) { _, call in call }
    }
}
