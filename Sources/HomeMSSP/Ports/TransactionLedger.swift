public import Alauda
public import MSSCore
public import OTA

public import struct Foundation.Date

/// One exchange with a card, with everything that any process of the home needs to finish it.
public struct CardTransaction: Sendable {
    public var id: TransactionID
    /// TXN of the WPKI profile.
    public var txn: WPKITransaction
    public var msisdn: MSISDN
    public var iccid: ICCID
    public var deadline: Date
    public var trace: TraceID
    public var task: Task
    /// What the card was sent, so that any process can send the same again; `nil` where it may not be kept (a code).
    public var command: [UInt8]?
    /// Whether a caller waits for the end at the process that begins it.
    public var isAwaited = false
    /// When it was asked for.
    public var asked = Date()

    public init(
        id: TransactionID,
        txn: WPKITransaction,
        msisdn: MSISDN,
        iccid: ICCID,
        deadline: Date,
        trace: TraceID,
        task: Task
    ) {
        self.id = id
        self.txn = txn
        self.msisdn = msisdn
        self.iccid = iccid
        self.deadline = deadline
        self.trace = trace
        self.task = task
    }

    /// What the card was asked for.
    public enum Task: Sendable {
        case signature(SignatureTask)
        case keyGeneration(KeyGenerationTask)
        /// STATUS with both counters jumped: whether a silent card still hears the home.
        case recovery
        case rollover(RolloverTask)
        case receipt(ReceiptTask)
    }

    /// KVN of the pending root that its commands go out under; `nil` is the root in use.
    public var nextKeyVersion: UInt8? {
        if case .rollover(let task) = task, task.step == .status { task.keyVersion } else { nil }
    }

    /// How far a recovery jumps both counters (WPKI profile, "Replay and errors").
    public static let recoveryJump = 1 << 10

    /// Both counters move by so much when it begins.
    public var step: Int {
        if case .recovery = task { Self.recoveryJump } else { 1 }
    }
}

/// A signature as it was asked.
public struct SignatureTask: Sendable {
    public var provider: String
    public var providerTransaction: String
    /// AP_Info/@Instant as it was written; with the two above it names a request for good.
    public var instant: String
    /// SHA-256 of what was asked, so that a repetition can be told from another request.
    public var body: [UInt8]
    public var acquiringEntity: PeerIdentity
    /// MobileUser/MSISDN as the provider wrote it, for the answers.
    public var msisdnAsWritten: String
    public var profile: String?
    /// The octets that are signed, or the digest that was brought; what the user read stands in the command.
    public var content: [UInt8]
    public var validates: Bool
    /// The place of the key that signs.
    public var key: UInt8
    /// What the octets are, and in which form they are signed.
    public var manner: SigningManner
    /// AP_URL of a provider that wants to be told of the end (asynchServerServer).
    public var notifies: String?
    /// Services that have an answer of their own with the signature.
    public var answered: AnsweredServices = []
    /// Whether the request had the person's no-spam code: what was counted against its provider is forgotten.
    public var isExpected = false
    /// All that one PIN entry signs where that is more than ``content``, which then is the first.
    public var documents: [TaskDocument] = []
    /// Everything that was asked, in the form that ``body`` is the digest of; kept until the end, for its evidence.
    public var request: [UInt8] = []

    public init(
        provider: String,
        providerTransaction: String,
        instant: String,
        body: [UInt8],
        acquiringEntity: PeerIdentity,
        msisdnAsWritten: String,
        profile: String?,
        content: [UInt8],
        validates: Bool,
        key: UInt8 = KeyUse.authentication.reference,
        manner: SigningManner = .text
    ) {
        self.provider = provider
        self.providerTransaction = providerTransaction
        self.instant = instant
        self.body = body
        self.acquiringEntity = acquiringEntity
        self.msisdnAsWritten = msisdnAsWritten
        self.profile = profile
        self.content = content
        self.validates = validates
        self.key = key
        self.manner = manner
    }
}

/// A key that the card is to make.
public struct KeyGenerationTask: Sendable, Equatable {
    public var reference: UInt8
    public var algorithm: SignatureAlgorithm

    public init(reference: UInt8, algorithm: SignatureAlgorithm) {
        self.reference = reference
        self.algorithm = algorithm
    }
}

/// One exchange of a key rollover (WPKI profile, "Root key rollover").
public struct RolloverTask: Sendable, Equatable {
    public enum Step: UInt8, Sendable {
        /// NEW ROOT KEY under the root in use: the card answers under the new one.
        case newRoot = 1
        /// STATUS under the new root: whether the card has it.
        case status = 2
        /// RETIRE KVN under the new root: the old one is dead.
        case retire = 3
    }

    public var step: Step
    /// The KVN that it is about.
    public var keyVersion: UInt8

    public init(_ step: Step, _ keyVersion: UInt8) {
        self.step = step
        self.keyVersion = keyVersion
    }
}

/// What a provider has a user read after a signature (MSS_Receipt).
public struct ReceiptTask: Sendable, Equatable {
    /// The signature's; a ledger lets each have one receipt, unless one certainly was not shown.
    public var signature: TransactionID
    public var provider: String
    public var acquiringEntity: PeerIdentity

    public init(of signature: TransactionID, provider: String, acquiringEntity: PeerIdentity) {
        self.signature = signature
        self.provider = provider
        self.acquiringEntity = acquiringEntity
    }
}

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

extension CardTransaction {
    /// Who asked for it; nobody outside for a key generation, a recovery or a rollover.
    public var reader: ResultReader {
        switch task {
        case .signature(let task): ResultReader(provider: task.provider, acquiringEntity: task.acquiringEntity)
        case .receipt(let task): ResultReader(provider: task.provider, acquiringEntity: task.acquiringEntity)
        case .keyGeneration, .recovery, .rollover: ResultReader(provider: nil, acquiringEntity: nil)
        }
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
