public import Alauda
public import MSSCore

public import struct Foundation.Date

/// A person with a card.
public struct Subscriber: Sendable {
    public var card: CardReference
    public var user: MobileUserRecord
    /// The stable pseudonym that stands in the certificate's subject.
    public var serialNumber: String
    /// One for each use at most.
    public var keys: [SubscriberKey]
    /// Of the card; `nil` where the directory has none.
    public var imsi: IMSI?
    /// What the directory knows their no-spam code by, if they have one.
    public var noSpamCode: [UInt8]?

    public init(card: CardReference, user: MobileUserRecord, serialNumber: String, keys: [SubscriberKey]) {
        self.card = card
        self.user = user
        self.serialNumber = serialNumber
        self.keys = keys
    }

    /// The key of a place on the card.
    public func key(_ reference: UInt8) -> SubscriberKey? { keys.first { $0.reference == reference } }

    /// The key for a use.
    public func key(_ use: KeyUse) -> SubscriberKey? { key(use.reference) }
}

/// A key that the card proved, and its certificate once it has one.
public struct SubscriberKey: Sendable, Equatable {
    /// KEY of the WPKI profile: its place on the card.
    public var reference: UInt8
    public var algorithm: SignatureAlgorithm
    /// DER SubjectPublicKeyInfo, as proven at activation.
    public var publicKey: [UInt8]
    public var certificate: [UInt8]?
    /// KEYPOL, as the card was told when it made the key.
    public var policy: KeyPolicy
    /// When the card said that its PIN is blocked; `nil` unless that was its last word.
    public var pinBlocked: Date?

    public init(
        reference: UInt8,
        algorithm: SignatureAlgorithm,
        publicKey: [UInt8],
        certificate: [UInt8]?,
        policy: KeyPolicy = [],
        pinBlocked: Date? = nil
    ) {
        self.reference = reference
        self.algorithm = algorithm
        self.publicKey = publicKey
        self.certificate = certificate
        self.policy = policy
        self.pinBlocked = pinBlocked
    }
}

extension KeyUse {
    /// KEYPOL of a key that is made for this use: the card keeps it for ever.
    public var policy: KeyPolicy { self == .digests ? .digests : [] }
}

extension KeyAlgorithm {
    /// ALG of the WPKI profile.
    public var onCard: SignatureAlgorithm {
        switch self {
        case .p256: .p256
        case .p384: .p384
        case .rsa2048: .rsa2048
        case .rsaPSS: .rsaPSS
        }
    }
}

/// What storage tells when it cannot do what was asked.
public enum StoreError: Error, Sendable {
    /// Another transaction of the same card is running; it ends by then.
    case busy(until: Date)
    /// The provider used the request's name (AP_ID, AP_TransID, Instant) before: what it began then.
    case repeated(LedgerEntry)
    /// The person is not to be asked by this provider now.
    case held(PromptHold)
    /// There is such a record already.
    case exists(String)
    /// The record is not in the state that the act needs.
    case conflict(String)
    /// Storage could not be reached in time; nothing is known of the write.
    case unavailable(String)
}

/// Finds people by number.
public protocol SubscriberDirectory: Sendable {
    func subscriber(_ msisdn: MSISDN, until deadline: ContinuousClock.Instant) async throws(StoreError) -> Subscriber?

    /// Whether a no-spam code is the person's, in the same time whichever it is.
    func isCode(_ code: NoSpamCode, of subscriber: Subscriber) throws(StoreError) -> Bool
}
