public import Logging
public import MSSCore
public import OTA
import SMPP
import Synchronization

/// The way to cards and back, over one message centre or several: sends commands, takes answers in.
public final class MessageCentres: Sendable {
    /// How long a command that was under way when its link broke waits for another.
    static let patience = Duration.seconds(5)
    /// How often parts and receipts that are too old are looked for.
    private static let sweepInterval = Duration.seconds(30)

    private let centres: [MessageCentre]
    private let parts: any PartStore
    private let receipts: ReceiptDesk
    private let tally: any Tally
    private let logger: Logger
    private let references = Mutex(References())

    /// - Parameters:
    ///   - settings: At least one, names being unique.
    ///   - parts: Where parts of answers wait for their others; they are durable when `put` returns.
    ///   - receive: Stores an answer; its `false` has the message centre keep it and send it again.
    ///   - undelivered: Told at most once of a command that was named when it was sent, while its time runs.
    ///   - elsewhere: Told of receipts whose command is not of this process: another one may know it.
    ///   - tally: Counts, with the centres' names as labels.
    ///   - logger: Of the link.
    public init(
        _ settings: [SMSCSettings],
        parts: any PartStore = MemoryParts(),
        receive: @escaping @Sendable (ResponsePacket, MSISDN) async -> Bool,
        undelivered: @escaping @Sendable (UndeliveredCommand, MSISDN) async -> Void = { _, _ in },
        elsewhere: @escaping @Sendable (ReceiptNotice) async -> Void = { _ in },
        tally: any Tally,
        logger: Logger
    ) {
        let receipts = ReceiptDesk(undelivered: undelivered, elsewhere: elsewhere, tally: tally)
        let intake = Intake(parts: parts, receipts: receipts, receive: receive, tally: tally, logger: logger)
        self.parts = parts
        self.receipts = receipts
        self.tally = tally
        self.logger = logger
        centres = settings.map { MessageCentre($0, intake: intake, tally: tally, logger: logger) }
    }

    /// Whether commands can go out now.
    public var isBound: Bool { centres.contains(where: \.isBound) }

    /// Whether a session stands with the centre of this name.
    public func isBound(_ name: String) -> Bool {
        centres.contains { $0.settings.name == name && $0.isBound }
    }

    /// Takes a receipt that another process of the home was given for a command that may be of this one.
    public func take(_ notice: ReceiptNotice) async { await receipts.take(notice) }

    /// Keeps the sessions until it is cancelled.
    public func run() async {
        await withDiscardingTaskGroup { group in
            for centre in centres { group.addTask { await centre.run() } }
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.sweepInterval)
                receipts.sweep(.now)
                await parts.forgetOld()
            }
        }
    }

    /// Sends all segments of a command; returns when a message centre has taken every one of them.
    ///
    /// Another attempt sends the same octets, by another centre where one is bound: a card acts on one copy alone.
    ///
    /// - Parameters:
    ///   - command: Sent whole or not at all, as far as that can be known.
    ///   - msisdn: Of the card.
    ///   - deadline: No attempt begins after it, and no message centre keeps it longer.
    ///   - transaction: What `undelivered` is to be told if receipts say that no card gets it; `nil` asks for no word.
    /// - Throws: ``SIMLinkError/notSent(_:)`` or ``SIMLinkError/refused(_:)`` if the card certainly does not get it
    ///   whole; ``SIMLinkError/unknownOutcome`` if it may.
    public func send(
        _ command: consuming SealedCommand,
        to msisdn: MSISDN,
        until deadline: ContinuousClock.Instant,
        as transaction: String? = nil
    ) async throws(SIMLinkError) {
        let reference = references.withLock { $0.next(for: msisdn) }
        guard let segments = try? command.segments(reference: reference) else {
            throw counted(.refused("the command is too long for the card"))
        }
        let traced = transaction.map { receipts.open($0, segments: segments.count, to: msisdn, until: deadline) }
        var delivery = CommandDelivery(segments: segments.count)
        var left = Array(segments.indices)
        var last: MessageCentre?
        while true {
            let centre = try await choose(after: last, delivery, until: deadline)
            let outcomes = zip(left, await centre.submit(left.map { segments[$0] }, to: msisdn, until: deadline))
                .map { (index: $0, outcome: $1) }
            await note(outcomes, of: centre, traced)
            if let transaction { tell(outcomes, of: centre, transaction) }
            last = centre
            switch delivery.take(outcomes) {
            case .taken: return
            case .failed(let error): throw counted(error)
            case .again(let indices, let pause):
                left = indices
                try await rest(pause, delivery, until: deadline)
                tally.count("simlink_submits_repeated", centre.settings.label)
            }
        }
    }

    /// The centre for the next attempt: bound, not behind, of the lowest priority, with the least to do; another than
    /// the last one if there is one.
    private func choose(
        after last: MessageCentre?,
        _ delivery: CommandDelivery,
        until deadline: ContinuousClock.Instant
    ) async throws(SIMLinkError) -> MessageCentre {
        let end = min(deadline, .now + Self.patience)
        while true {
            let bound = centres.filter(\.isBound)
            let best = bound.min { Self.rank($0, last) < Self.rank($1, last) }
            if let best { return best }
            // A first attempt has nothing to wait for: who asked is told at once.
            guard last != nil, .now < end else { throw counted(delivery.end("no message centre is connected")) }
            try await rest(.milliseconds(50), delivery, until: end)
        }
    }

    private static func rank(_ centre: MessageCentre, _ last: MessageCentre?) -> (Int, Int, Int, Int) {
        (centre === last ? 1 : 0, centre.isStrained ? 1 : 0, centre.settings.priority, centre.load)
    }

    private func rest(
        _ pause: Duration,
        _ delivery: CommandDelivery,
        until deadline: ContinuousClock.Instant
    ) async throws(SIMLinkError) {
        guard .now + pause <= deadline else { throw counted(delivery.end("its time is over")) }
        guard !Task.isCancelled else { throw counted(delivery.end("the caller has gone")) }
        guard pause > .zero else { return }
        do { try await Task.sleep(for: pause) } catch { throw counted(delivery.end("the caller has gone")) }
    }

    private func note(
        _ outcomes: [(index: Int, outcome: SubmitOutcome)],
        of centre: MessageCentre,
        _ traced: ReceiptDesk.Ticket?
    ) async {
        for (index, outcome) in outcomes {
            if let traced { await receipts.note(outcome, segment: index, of: traced, by: centre.settings.name) }
            guard case .refused(let status) = outcome else { continue }
            tally.count("simlink_submits_refused", [("status", status.name ?? "other")] + centre.settings.label)
            guard StatusMeaning(status) == .defect else { continue }
            tally.count("simlink_alarms", [("alarm", "submission_not_understood")] + centre.settings.label)
            logger.critical(
                "ALARM: the message centre does not understand what is sent to it",
                metadata: ["smsc": "\(centre.settings.name, as: .system)", "status": "\(status, as: .open)"]
            )
        }
    }

    /// By these the operator of the message centre finds the command in its own logs.
    private func tell(_ outcomes: [(index: Int, outcome: SubmitOutcome)], of centre: MessageCentre, _ name: String) {
        let taken = outcomes.compactMap { entry -> (sequence: UInt32, id: String)? in
            guard case .accepted(let id, let sequence) = entry.outcome else { return nil }
            return (sequence, id?.description ?? "-")
        }
        guard !taken.isEmpty else { return }
        logger.info(
            "the message centre has taken a command",
            metadata: [
                "transaction": "\(name, as: .open)", "smsc": "\(centre.settings.name, as: .system)",
                "sequence": "\(taken.map { "\($0.sequence)" }.joined(separator: " "), as: .open)",
                "message_id": "\(taken.map(\.id).joined(separator: " "), as: .system)",
            ]
        )
    }

    private func counted(_ error: SIMLinkError) -> SIMLinkError {
        tally.count(error == .unknownOutcome ? "simlink_submits_lost" : "simlink_submits_failed")
        return error
    }
}
