public import Alauda
public import MSSCore
public import OTA

/// How a transaction ended.
public enum TransactionResult: Sendable {
    /// A signature that was verified, and what is said of it.
    case signature([UInt8], SignatureVerdict)
    /// DER SubjectPublicKeyInfo of a key whose possession was proven.
    case provenKey([UInt8])
    /// The card answered a recovery, did a step of a rollover, or showed a receipt: nothing is to be kept of it.
    case cardAnswered
    case fault(MSSFault)
}

/// A transaction as it stands.
public struct LedgerEntry: Sendable {
    public var transaction: CardTransaction
    /// `nil` while the card has not answered and the deadline has not passed.
    public var result: TransactionResult?
    /// Whether the card's own answer ended it; a signature that comes after any other end is destroyed.
    public var isAnswered: Bool

    public init(transaction: CardTransaction, result: TransactionResult?, isAnswered: Bool = false) {
        self.transaction = transaction
        self.result = result
        self.isAnswered = isAnswered
    }
}

/// What names a request for good: the same provider never uses it for another one (TS 102 204 §8.1).
public struct RequestName: Sendable, Hashable {
    public var provider: String
    public var transaction: String
    public var instant: String

    public init(provider: String, transaction: String, instant: String) {
        self.provider = provider
        self.transaction = transaction
        self.instant = instant
    }
}

/// A transaction that ended because its time was over.
public struct ExpiredTransaction: Sendable {
    public var id: TransactionID
    public var msisdn: MSISDN
    public var trace: TraceID
    /// How many times in a row the card has said nothing.
    public var silences: Int

    public init(id: TransactionID, msisdn: MSISDN, trace: TraceID, silences: Int) {
        self.id = id
        self.msisdn = msisdn
        self.trace = trace
        self.silences = silences
    }
}

/// A command beside a running transaction, or after it: it spends counters and begins nothing.
public enum SideCommand: String, Sendable, CaseIterable {
    /// REPEAT, for the answer of the transaction that runs.
    case askAgain = "ask again"
    /// MESSAGE: the person is told that what they signed was too late.
    case message = "message"
    /// STATUS under a root that the card may have already, beside the one under the root in use.
    case statusOfNext = "status under the next key"

    /// Whether the counter of the pending root is spent; of ``askAgain`` the transaction says so.
    public var isUnderNext: Bool { self == .statusOfNext }
    /// Whether the transaction must run still.
    public var needsRunning: Bool { self != .message }
}

/// What other processes of the home did.
public enum LedgerChange: Sendable, Equatable {
    /// Transactions whose end a caller of this process waits for.
    case ended(TransactionID)
    /// News may have been missed: whoever waits looks.
    case missed
}

/// The running transaction of a card and the person it belongs to.
public struct RunningTransaction: Sendable {
    public var transaction: CardTransaction
    public var subscriber: Subscriber

    public init(transaction: CardTransaction, subscriber: Subscriber) {
        self.transaction = transaction
        self.subscriber = subscriber
    }
}

/// The home's memory of transactions: nothing is sent before it is in here, and nobody is told before it is.
///
/// One for each process of the home; what one process does, all the others see.
public protocol TransactionLedger: Sendable {
    /// Commits the transaction, the audit entry of the intent and one step of both of the card's counters.
    ///
    /// - Throws: ``StoreError/busy(until:)`` if the card has a running transaction, ``StoreError/repeated(_:)`` if the
    ///   provider used the request's name before or the signature has had its receipt, ``StoreError/held(_:)`` if the
    ///   person left too many prompts of the provider unanswered or refused them, ``StoreError/conflict(_:)`` for a second
    ///   recovery of a card within a day; then no counter moved.
    func begin(
        _ transaction: CardTransaction,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> SpentCounters

    /// Commits the end of a running transaction with its audit entry; for a proven key, the key as well.
    ///
    /// - Parameters:
    ///   - transaction: One that began.
    ///   - result: How it ended.
    ///   - frame: What ended it, if the card did: it is remembered in the same commit. One that was seen before, or
    ///     that is behind the window, ends nothing (``judge(_:from:until:)`` says which).
    ///   - tells: Whether a caller of this process is told at once: the delivery is audited with the end.
    ///   - evidence: Of a signature, stored in the same commit.
    ///   - deadline: Until when storage is waited for.
    /// - Returns: Whether it was running until now; `false` leaves everything as it was.
    /// - Throws: ``StoreError/unavailable(_:)`` if nobody knows whether it was committed.
    func end(
        _ transaction: CardTransaction,
        with result: TransactionResult,
        frame: AnswerFrame?,
        tells: Bool,
        evidence: KeptEvidence?,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Bool

    /// Reads a transaction; one whose deadline has passed is ended first.
    func entry(_ id: TransactionID, until deadline: ContinuousClock.Instant) async throws(StoreError) -> LedgerEntry?

    /// Reads a transaction for its provider, through its acquiring entity; the first time that a result is handed out
    /// is audited before it is.
    ///
    /// - Returns: `nil` for another's transaction, one that never was, and one whose result is past its readable time.
    func deliver(
        _ id: TransactionID,
        to reader: ResultReader,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> LedgerEntry?

    /// The transaction that a request of this name began.
    func requested(_ name: RequestName, until deadline: ContinuousClock.Instant) async throws(StoreError)
        -> LedgerEntry?

    /// The running transaction of the card behind a number; none once its deadline has passed.
    func running(_ msisdn: MSISDN, until deadline: ContinuousClock.Instant) async throws(StoreError)
        -> RunningTransaction?

    /// Notes that a caller of this process waits for the end of a transaction that another one may have begun.
    ///
    /// - Returns: `false` if it has ended already.
    func awaits(_ id: TransactionID, until deadline: ContinuousClock.Instant) async throws(StoreError) -> Bool

    /// Ends what is overdue, whoever began it; some at a time.
    func expire(until deadline: ContinuousClock.Instant) async throws(StoreError) -> [ExpiredTransaction]

    /// Takes over running transactions of processes that are gone; some at a time, each to one process alone.
    func adopt(until deadline: ContinuousClock.Instant) async throws(StoreError) -> [RunningTransaction]

    /// The counters that a running transaction's command went out under, to send the very same octets again.
    ///
    /// - Returns: `nil` if it has ended, or another command has used the card's counters since.
    func again(
        _ transaction: CardTransaction,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> SpentCounters?

    /// Commits one step of both counters of a transaction's card, and the audit entry of the intent, for a command
    /// that begins nothing.
    ///
    /// - Returns: `nil` if the transaction has ended and the command is of no use then.
    func spend(
        on command: SideCommand,
        for transaction: CardTransaction,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> SpentCounters?

    /// Notes, once, that a signature came for a transaction of the card that had ended without an answer.
    ///
    /// - Parameters:
    ///   - txn: What the answer names.
    ///   - iccid: The card that made it.
    ///   - deadline: Until when storage is waited for.
    /// - Returns: The transaction; `nil` if there is none such, or it was noted before.
    /// - Throws: ``StoreError/unavailable(_:)`` if nobody knows whether it was noted.
    func tooLate(
        _ txn: WPKITransaction,
        from iccid: ICCID,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> CardTransaction?

    /// Judges an authentic frame that ended no transaction by the window of its card and key version, and remembers it.
    ///
    /// One that shows a second card with the same keys blocks the card in the same commit: its person is inactive, what
    /// runs on it ends as 403, and the audit tells why.
    func judge(
        _ frame: AnswerFrame,
        from iccid: ICCID,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> FrameJudgement

    /// Notes a hint that the card's counters are ahead of the home's: after the next silence it is asked.
    func doubtCounters(of iccid: ICCID, until deadline: ContinuousClock.Instant) async throws(StoreError)

    /// Counts a wrong no-spam code of a provider for a card's person.
    ///
    /// - Returns: A hold, if the provider has had too many within an hour: then this one is not counted.
    func noteWrongCode(
        of provider: String,
        for iccid: ICCID,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> PromptHold?

    /// What other processes did; for one reader.
    var changes: AsyncStream<LedgerChange> { get }
}

/// Who may read a result: the provider that asked, through the acquiring entity it came by.
public struct ResultReader: Sendable, Hashable {
    public var provider: String?
    public var acquiringEntity: PeerIdentity?

    public init(provider: String?, acquiringEntity: PeerIdentity?) {
        self.provider = provider
        self.acquiringEntity = acquiringEntity
    }
}

extension TransactionLedger {
    /// Ends a transaction that no caller of this process waits for.
    public func end(
        _ transaction: CardTransaction,
        with result: TransactionResult,
        frame: AnswerFrame?,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Bool {
        try await end(transaction, with: result, frame: frame, tells: false, evidence: nil, until: deadline)
    }
}
