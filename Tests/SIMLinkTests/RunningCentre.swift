import Logging
import MSSCore
import OTA
import Synchronization

@testable import SIMLink

/// A link under test, the message centre that it talks to, and what it counted.
struct RunningCentre {
    let link: MessageCentre
    let smsc: ScriptedCentre
    let tally: CountingTally
    let log: CapturedLog

    /// Waits until the link has seen its session accepted so often.
    func isBound(_ times: Int = 1) async { await tally.wait(for: "simlink_sessions_bound", times) }

    /// Runs a link while `body` plays the message centre; both have ended when this returns.
    static func run(
        receive: @escaping @Sendable (ResponsePacket, MSISDN) async -> Bool = { _, _ in true },
        settings change: (inout SMSCSettings) -> Void = { _ in },
        _ body: (RunningCentre) async throws -> Void
    ) async throws {
        let smsc = try await ScriptedCentre.start()
        var settings = try Fixtures.settings(port: smsc.port)
        change(&settings)
        let tally = CountingTally()
        let log = CapturedLog()
        let logger = Logger(label: "test") { _ in log }
        let link = MessageCentre(settings: settings, receive: receive, tally: tally, logger: logger)
        async let _: Void = link.run()
        try await body(RunningCentre(link: link, smsc: smsc, tally: tally, log: log))
        try await smsc.stop()
    }
}

/// Everything that was logged, as text.
final class CapturedLog: LogHandler {
    private let lines = Mutex<[String]>([])

    var text: String { lines.withLock { $0.joined(separator: "\n") } }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
    }

    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }
}
