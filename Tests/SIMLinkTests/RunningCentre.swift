import Logging
import MSSCore
import OTA
import Synchronization

@testable import SIMLink

/// A link under test, the message centres that it talks to, and what it counted.
struct RunningCentre {
    let link: MessageCentres
    /// In the order of their priority.
    let centres: [ScriptedCentre]
    var smsc: ScriptedCentre { centres[0] }
    let tally: CountingTally
    let log: CapturedLog

    /// Waits until the link has seen its session accepted so often.
    func isBound(_ times: Int = 1) async { await tally.wait(for: "simlink_sessions_bound", times) }

    /// Runs a link while `body` plays the message centres, named `one`, `two` and so on; all have ended when this
    /// returns.
    static func run(
        centres count: Int = 1,
        parts: any PartStore = MemoryParts(),
        receive: @escaping @Sendable (ResponsePacket, MSISDN) async -> Bool = { _, _ in true },
        undelivered: @escaping @Sendable (UndeliveredCommand, MSISDN) async -> Void = { _, _ in },
        settings change: (inout SMSCSettings) -> Void = { _ in },
        _ body: (RunningCentre) async throws -> Void
    ) async throws {
        var centres: [ScriptedCentre] = []
        var settings: [SMSCSettings] = []
        for index in 0..<count {
            let centre = try await ScriptedCentre.start()
            centres.append(centre)
            var setting = try Fixtures.settings(port: centre.port)
            setting.name = ["one", "two", "three"][index]
            setting.priority = index
            change(&setting)
            settings.append(setting)
        }
        let tally = CountingTally()
        let log = CapturedLog()
        let link = MessageCentres(
            settings,
            parts: parts,
            receive: receive,
            undelivered: undelivered,
            tally: tally,
            logger: Logger(label: "test") { _ in log }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await link.run() }
            try await body(RunningCentre(link: link, centres: centres, tally: tally, log: log))
            // Connections first: a message centre that is gone has nobody wait for its farewell.
            for centre in centres { try await centre.stop() }
            group.cancelAll()
        }
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
