import Logging
import MSSCore
import SMPP
import Synchronization

/// One message centre: keeps a session with it.
final class MessageCentre: Sendable {
    private static let shortestPause = Duration.milliseconds(200)
    private static let longestPause = Duration.seconds(15)
    /// A session that stood so long was a good one: the next begins at once.
    private static let settled = Duration.seconds(30)

    let settings: SMSCSettings
    private let intake: Intake
    private let tally: any Tally
    private let logger: Logger
    private let current = Mutex<Session?>(nil)

    init(_ settings: SMSCSettings, intake: Intake, tally: any Tally, logger: Logger) {
        self.settings = settings
        self.intake = intake
        self.tally = tally
        self.logger = logger
    }

    /// Whether commands can go out now.
    var isBound: Bool { session != nil }
    /// Submissions without their answer.
    var load: Int { session?.load ?? 0 }
    /// Whether it has complained and is still behind.
    var isStrained: Bool { session?.isStrained ?? false }

    private var session: Session? {
        guard let session = current.withLock({ $0 }), session.isBound else { return nil }
        return session
    }

    /// Sends segments of a command.
    func submit(
        _ segments: [[UInt8]],
        to msisdn: MSISDN,
        until deadline: ContinuousClock.Instant
    ) async -> [SubmitOutcome] {
        guard let session else { return segments.map { _ in .notSent } }
        return await session.submit(segments.map { unit($0, to: msisdn) }, until: deadline)
    }

    private func unit(_ segment: [UInt8], to msisdn: MSISDN) -> ShortMessageUnit {
        var unit = ShortMessageUnit(
            source: Address(
                typeOfNumber: settings.sourceTypeOfNumber,
                numberingPlan: settings.sourceNumberingPlan,
                digits: settings.sourceAddress
            ),
            destination: .international(msisdn.digits),
            esmClass: settings.esmClass,
            protocolID: settings.protocolID,
            dataCoding: settings.dataCoding,
            shortMessage: segment
        )
        unit.registeredDelivery = settings.registeredDelivery
        return unit
    }
}

extension MessageCentre {
    /// Keeps the session until it is cancelled; a lost one is bound anew, with growing pauses, a refused one seldom.
    func run() async {
        var pause = Self.shortestPause
        while !Task.isCancelled {
            let session = Session(settings, tally: tally) { [weak self] in self?.install($0) }
            await serve(session)
            current.withLock { $0 = nil }
            guard !Task.isCancelled else { return }
            if let refusal = session.refusal, refusal.refusesSessions {
                alarm(refusal)
                tally.count("simlink_sessions_lost", settings.label)
                try? await Task.sleep(for: settings.refusedPause)
                continue
            }
            logger.warning(
                "no session with the message centre; trying again",
                metadata: [
                    "smsc": "\(settings.name, as: .system)",
                    "reason": "\(session.closeReason ?? "it cannot be reached", as: .system)",
                ]
            )
            tally.count("simlink_sessions_lost", settings.label)
            let wasGood = session.boundAt.map { ContinuousClock.now - $0 >= Self.settled } ?? false
            if wasGood { pause = Self.shortestPause }
            try? await Task.sleep(for: pause * Double.random(in: 0.8...1.2))
            pause = min(pause * 2, Self.longestPause)
        }
    }

    private func serve(_ session: Session) async {
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.takeIn(session) }
                await Connection.run(session, self.settings)
            }
        } onCancel: {
            session.leave("the service stops")
        }
    }

    /// Takes in what is delivered; a slow store holds up its own answer and no other.
    private func takeIn(_ session: Session) async {
        await withDiscardingTaskGroup { group in
            for await delivery in session.deliveries {
                group.addTask {
                    session.answer(delivery, await self.intake.take(delivery.message, from: self.settings))
                }
            }
        }
    }

    private func install(_ session: Session) {
        current.withLock { $0 = session }
        tally.count("simlink_sessions_bound", settings.label)
        logger.info("bound to the message centre", metadata: ["smsc": "\(settings.name, as: .system)"])
    }

    private func alarm(_ refusal: CommandStatus) {
        logger.critical(
            "ALARM: the message centre refuses the session: name, password or account",
            metadata: [
                "smsc": "\(settings.name, as: .system)", "status": "\(refusal, as: .open)",
                "next_attempt_in": "\(settings.refusedPause, as: .open)",
            ]
        )
        tally.count("simlink_alarms", [("alarm", "session_refused")] + settings.label)
    }
}
