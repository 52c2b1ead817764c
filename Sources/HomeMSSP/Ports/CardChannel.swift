public import Alauda
public import MSSCore
public import OTA

/// Applies a card's keys; hands out none.
public protocol CardVault: Sendable {
    /// Opens a personaliser's envelope and seals the keys in it for storage.
    ///
    /// - Throws: `CardVaultError` if the envelope is not for this home, not for this card, or damaged.
    func importCard(_ envelope: [UInt8], iccid: ICCID) throws(CardVaultError) -> CardSecurity

    /// Seals a message for a card under counters that were committed for it.
    ///
    /// - Parameters:
    ///   - message: What the card is asked.
    ///   - card: The card.
    ///   - keyVersion: KVN of a root that the card may not have yet; `nil` is the one in use.
    ///   - counters: Of that root.
    /// - Returns: A command that can be sent once.
    /// - Throws: `CardVaultError` if the vault is sealed, a row is not as it sealed it, or the card may not be spoken to.
    func seal(
        _ message: DownMessage,
        for card: CardReference,
        under keyVersion: UInt8?,
        spending counters: consuming SpentCounters
    ) throws(CardVaultError) -> SealedCommand

    /// Whether nothing may be sent to the card: its batch uses triple DES and its permission has ended.
    func isLegacyRefused(_ card: CardReference) -> Bool

    /// Opens what came from a card: its checksum is the proof of where it came from.
    func open(_ packet: ResponsePacket, from card: CardReference) throws(CardVaultError) -> CardAnswer

    /// A new root for a card, sealed as pending.
    func newRoot(_ keyVersion: UInt8, for card: CardReference) throws(CardVaultError) -> CardKeyRecord

    /// A card's pending root as the card takes it.
    func wrappedRoot(_ keyVersion: UInt8, for card: CardReference) throws(CardVaultError) -> WrappedRoot

    /// A key's row in the next state of its life.
    func moved(_ record: CardKeyRecord, to state: KeysetState) throws(CardVaultError) -> CardKeyRecord
}

extension CardVault {
    public func isLegacyRefused(_ card: CardReference) -> Bool { false }
}

/// Why the vault refused; for the log of the home, not for strangers.
public struct CardVaultError: Error, Sendable {
    /// One line without key material.
    public var reason: String

    public init(reason: String) {
        self.reason = reason
    }
}

/// A card, with what is needed to talk to it.
public struct CardReference: Sendable {
    public var iccid: ICCID
    public var msisdn: MSISDN
    public var security: CardSecurity

    public init(iccid: ICCID, msisdn: MSISDN, security: CardSecurity) {
        self.iccid = iccid
        self.msisdn = msisdn
        self.security = security
    }
}

/// A card's sealed keys and the applet's address.
public struct CardSecurity: Sendable {
    public var records: [CardKeyRecord]
    public var tar: TAR

    public init(records: [CardKeyRecord], tar: TAR) {
        self.records = records
        self.tar = tar
    }

    /// Version of the applet's root key, which a proof of possession names.
    public var appletKeyVersion: UInt8? { root(.active)?.keyVersion }

    /// The applet's root in a state; of the living ones there is one of each at most.
    public func root(_ state: KeysetState) -> CardKeyRecord? {
        records.first { $0.domain == .wpki && $0.state == state }
    }
}

/// An authenticated answer.
public struct CardAnswer: Sendable {
    public var message: UpMessage
    /// What carried it.
    public var frame: AnswerFrame

    public init(message: UpMessage, frame: AnswerFrame) {
        self.message = message
        self.frame = frame
    }
}

/// What tells an authentic frame of a card from its others.
public struct AnswerFrame: Sendable, Hashable {
    /// KVN whose keys it was made with.
    public var keyVersion: UInt8
    /// CTR.
    public var counter: UInt32
    /// T, 8 octets.
    public var checksum: [UInt8]

    public init(keyVersion: UInt8, counter: UInt32, checksum: [UInt8]) {
        self.keyVersion = keyVersion
        self.counter = counter
        self.checksum = checksum
    }
}

/// What the window of a card's counters says of a frame, and what came of it.
public struct FrameJudgement: Sendable, Equatable {
    public var verdict: ReplayWindow.Verdict
    /// What ran on the card and ended because the card is blocked now.
    public var ended: TransactionID?

    public init(_ verdict: ReplayWindow.Verdict, ended: TransactionID? = nil) {
        self.verdict = verdict
        self.ended = ended
    }
}

extension MSSFault {
    /// What a provider is told whose transaction ran on a card that another one pretends to be.
    public static let blockedCard = MSSFault(.cardBlocked, "The card is blocked.")
}

/// Carries sealed commands to cards; answers come to ``HomeMSSP/receive(_:from:)``.
public protocol SIMChannel: Sendable {
    /// Returns when the message centre has taken all of the command.
    func send(
        _ command: consuming SealedCommand,
        to msisdn: MSISDN,
        until deadline: ContinuousClock.Instant
    ) async throws(SIMChannelError)

    /// The same for a transaction, of which ``CardExchange/undelivered(_:of:reason:)`` hears if no card gets it.
    func send(
        _ command: consuming SealedCommand,
        for transaction: CardTransaction,
        until deadline: ContinuousClock.Instant
    ) async throws(SIMChannelError)
}

extension SIMChannel {
    public func send(
        _ command: consuming SealedCommand,
        for transaction: CardTransaction,
        until deadline: ContinuousClock.Instant
    ) async throws(SIMChannelError) {
        try await send(command, to: transaction.msisdn, until: deadline)
    }
}

/// Why a command did not go out, or that nobody knows whether it did.
public enum SIMChannelError: Error, Sendable {
    /// It did not go out: no message centre is connected, or it refused.
    case notSent(String)
    /// It did not go out and would not another time: the message centre refuses it for good.
    case refused(String)
    /// It may have gone out; the card's answer will tell.
    case unknownOutcome
}
