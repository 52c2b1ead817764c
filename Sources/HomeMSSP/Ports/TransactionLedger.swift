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
    }
}

/// A signature as it was asked.
public struct SignatureTask: Sendable {
    public var provider: String
    public var providerTransaction: String
    public var acquiringEntity: PeerIdentity
    /// MobileUser/MSISDN as the provider wrote it, for the answers.
    public var msisdnAsWritten: String
    public var profile: String?
    /// The octets that the user reads and the card signs.
    public var content: [UInt8]
    public var validates: Bool

    public init(
        provider: String,
        providerTransaction: String,
        acquiringEntity: PeerIdentity,
        msisdnAsWritten: String,
        profile: String?,
        content: [UInt8],
        validates: Bool
    ) {
        self.provider = provider
        self.providerTransaction = providerTransaction
        self.acquiringEntity = acquiringEntity
        self.msisdnAsWritten = msisdnAsWritten
        self.profile = profile
        self.content = content
        self.validates = validates
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

/// How a transaction ended.
public enum TransactionResult: Sendable {
    /// A CMS SignedData that was verified, with 500, 501, 502 or 503.
    case signature([UInt8], Status)
    /// DER SubjectPublicKeyInfo of a key whose possession was proven.
    case provenKey([UInt8])
    case fault(MSSFault)
}

/// A transaction as it stands.
public struct LedgerEntry: Sendable {
    public var transaction: CardTransaction
    /// `nil` while the card has not answered and the deadline has not passed.
    public var result: TransactionResult?

    public init(transaction: CardTransaction, result: TransactionResult?) {
        self.transaction = transaction
        self.result = result
    }
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
public protocol TransactionLedger: Sendable {
    /// Commits the transaction, the audit entry of the intent and one step of both of the card's counters.
    ///
    /// - Throws: ``StoreError/busy`` if the card has a running transaction; then no counter moved.
    func begin(
        _ transaction: CardTransaction,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> SpentCounters

    /// Commits the end of a running transaction with its audit entry; for a proven key, the key as well.
    ///
    /// - Parameters:
    ///   - transaction: One that began.
    ///   - result: How it ended.
    ///   - counter: CTR of the frame that ended it, if one did; a frame that is not newer than the card's last one is
    ///     a repetition and ends nothing.
    ///   - deadline: Until when storage is waited for.
    /// - Returns: Whether it was running until now; `false` leaves everything as it was.
    /// - Throws: ``StoreError/unavailable(_:)`` if nobody knows whether it was committed.
    func end(
        _ transaction: CardTransaction,
        with result: TransactionResult,
        counter: UInt32?,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Bool

    /// Reads a transaction; one whose deadline has passed is ended first.
    func entry(_ id: TransactionID, until deadline: ContinuousClock.Instant) async throws(StoreError) -> LedgerEntry?

    /// The running transaction of the card behind a number; none once its deadline has passed.
    func running(_ msisdn: MSISDN, until deadline: ContinuousClock.Instant) async throws(StoreError)
        -> RunningTransaction?
}
