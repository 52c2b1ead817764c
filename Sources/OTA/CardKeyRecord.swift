/// A card's keys as they rest in storage: sealed by the vault, bound to the identity beside them.
///
/// Only the vault can open one. Storage keeps it as octets and is not trusted with more.
public struct CardKeyRecord: Sendable, Equatable {
    /// Whose keys these are on the card.
    public enum Domain: String, Sendable, CaseIterable {
        /// The supplementary security domain's SCP80 keys: KIc and KID.
        case ssd
        /// The WPKI applet's root key.
        case wpki
    }

    /// The card, as printed: 18–20 digits.
    public var iccid: String
    public var domain: Domain
    /// Key version number: 1–15 for `ssd`, 1–254 for `wpki`.
    public var keyVersion: UInt8
    /// Which version of the vault's top key sealed it.
    public var topKeyVersion: Int32
    /// Key check value, 3 octets: compares keys without showing them.
    public var keyCheckValue: [UInt8]
    /// Nonce, ciphertext and tag of AES-256-GCM; all other fields are its associated data.
    ///
    /// Empty once destroyed.
    public var sealed: [UInt8]
    /// What the keys are for; of the applet's root it tells the size alone.
    public var algorithm: OTAAlgorithm
    /// The personaliser's name of the card's batch; empty for a card that came alone.
    public var batch: String
    public var state: KeysetState

    public init(
        iccid: String,
        domain: Domain,
        keyVersion: UInt8,
        topKeyVersion: Int32,
        keyCheckValue: [UInt8],
        sealed: [UInt8],
        algorithm: OTAAlgorithm = .aes128,
        batch: String = "",
        state: KeysetState = .active
    ) {
        self.iccid = iccid
        self.domain = domain
        self.keyVersion = keyVersion
        self.topKeyVersion = topKeyVersion
        self.keyCheckValue = keyCheckValue
        self.sealed = sealed
        self.algorithm = algorithm
        self.batch = batch
        self.state = state
    }
}

/// Two counters that storage has committed for one command, each spent when this value is consumed.
public struct SpentCounters: ~Copyable, Sendable {
    /// CNTR of the SCP80 packet, 40 bits (TS 102 225 §5.1.4).
    public let packet: UInt64
    /// CTR of the WPKI frame.
    public let frame: UInt32
    /// KVN of the root that the frame's counter is of, as a new root counts anew.
    ///
    /// `nil` for a card that still has its first.
    public let keyVersion: UInt8?

    /// To be called by storage, after the commit that advanced both.
    public init(packet: UInt64, frame: UInt32, keyVersion: UInt8? = nil) {
        self.packet = packet
        self.frame = frame
        self.keyVersion = keyVersion
    }
}
