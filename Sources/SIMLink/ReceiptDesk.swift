import MSSCore
import SMPP
import Synchronization

/// The receipt book as several tasks share it, and whom it tells.
final class ReceiptDesk: Sendable {
    typealias Ticket = ReceiptBook.Ticket

    private let book = Mutex(ReceiptBook())
    private let undelivered: @Sendable (UndeliveredCommand, MSISDN) async -> Void
    private let elsewhere: @Sendable (ReceiptNotice) async -> Void
    private let tally: any Tally

    init(
        undelivered: @escaping @Sendable (UndeliveredCommand, MSISDN) async -> Void,
        elsewhere: @escaping @Sendable (ReceiptNotice) async -> Void = { _ in },
        tally: any Tally
    ) {
        self.undelivered = undelivered
        self.elsewhere = elsewhere
        self.tally = tally
    }

    func open(
        _ transaction: String,
        segments: Int,
        to msisdn: MSISDN,
        until end: ContinuousClock.Instant
    ) -> Ticket {
        book.withLock { $0.open(transaction, segments: segments, to: msisdn, until: end) }
    }

    /// Takes what became of a submission.
    func note(_ outcome: SubmitOutcome, segment: Int, of ticket: Ticket, by centre: String) async {
        let decided = book.withLock { $0.note(outcome, segment: segment, of: ticket, by: centre, now: .now) }
        if let decided { await tell(decided) }
    }

    /// Takes a receipt; each is counted by its state.
    func take(_ receipt: MessageReceipt, to msisdn: MSISDN?, from centre: SMSCSettings) async {
        let state = receipt.state.map { "\($0)" } ?? "none"
        tally.count("simlink_receipts", [("state", state)] + centre.label)
        guard receipt.isFinal else { return }
        switch book.withLock({ $0.take(receipt, to: msisdn, from: centre.name, now: .now) }) {
        case .noted: break
        case .unknown:
            tally.count("simlink_receipts_unknown", centre.label)
            if let notice = ReceiptNotice(receipt, to: msisdn, from: centre.name) { await elsewhere(notice) }
        case .decided(let command): await tell(command)
        }
    }

    /// Takes a receipt that another process of the home was given and could not place.
    func take(_ notice: ReceiptNotice) async {
        let reading = book.withLock { book in
            book.take(notice.receipt, to: notice.msisdn, from: notice.centre, now: .now)
        }
        guard case .decided(let command) = reading else { return }
        tally.count("simlink_receipts_from_elsewhere")
        await tell(command)
    }

    func sweep(_ now: ContinuousClock.Instant) { book.withLock { $0.sweep(now) } }

    private func tell(_ command: ReceiptBook.Undelivered) async {
        tally.count("simlink_commands_undelivered")
        await undelivered(
            UndeliveredCommand(transaction: command.transaction, reason: command.reason),
            command.msisdn
        )
    }
}
