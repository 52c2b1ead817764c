public import Alauda
public import MSSCore

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
    /// What is to be told of the signer.
    public var person: PersonQuestion?
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
