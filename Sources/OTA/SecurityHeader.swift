/// What a command carries and what answer it wants (TS 102 225 §5.1.1).
public struct SPI: Sendable, Equatable {
    public var first: UInt8
    public var second: UInt8

    public init(first: UInt8, second: UInt8) {
        self.first = first
        self.second = second
    }

    /// What stands before the data of a packet, bits 2–1 (or 4–3 of the second octet for the answer).
    public enum Check: UInt8, Sendable {
        case none, redundancy, cryptographic, digitalSignature
    }

    /// What the card does with the counter, bits 5–4 of the first octet.
    public enum CounterRule: UInt8, Sendable {
        /// There, and ignored.
        case none
        /// There, and not compared: some cards set theirs to it.
        case unchecked
        /// Processed only if higher than the card's.
        case higher
        /// Processed only if it is the card's plus one.
        case next
    }

    /// Whether a proof of receipt is wanted, bits 2–1 of the second octet.
    public enum ReceiptWish: UInt8, Sendable {
        case none, always, onError, reserved
    }

    /// Cryptographic checksum, ciphered, counter higher than the card's; no proof of receipt.
    public static let secured = SPI(first: 0x16, second: 0x00)

    public var check: Check { Check(rawValue: first & 0x03) ?? .none }
    public var counterRule: CounterRule { CounterRule(rawValue: first >> 3 & 0x03) ?? .none }
    public var isCiphered: Bool { first & 0x04 != 0 }
    public var hasChecksum: Bool { check == .cryptographic }
    /// Process only if the counter is higher than the card's.
    public var wantsHigherCounter: Bool { counterRule == .higher }

    public var receipt: ReceiptWish { ReceiptWish(rawValue: second & 0x03) ?? .none }
    public var receiptCheck: Check { Check(rawValue: second >> 2 & 0x03) ?? .none }
    public var isReceiptCiphered: Bool { second & 0x10 != 0 }
    /// In an SMS-SUBMIT, not in the delivery report (3GPP TS 31.115 §4).
    public var isReceiptSubmitted: Bool { second & 0x20 != 0 }
    public var wantsReceipt: Bool { receipt == .always }
    /// Bits that mean nothing yet must be zero.
    public var hasReservedBits: Bool { first & 0xE0 != 0 || second & 0xC0 != 0 || receipt == .reserved }

    /// The one way commands go out: checksum, ciphered, higher counter, and nothing that is reserved.
    var isSound: Bool { first == Self.secured.first && !hasReservedBits }
}

/// KIc or KID: which key, for which algorithm (TS 102 225 §5.1.2, §5.1.3).
public struct KeyIndication: Sendable, Equatable {
    public var octet: UInt8

    public init(octet: UInt8) {
        self.octet = octet
    }

    /// An algorithm that a card batch may use, in CBC mode or as a checksum, under a key version of 1–15.
    public init(_ algorithm: OTAAlgorithm, keyVersion: UInt8) {
        octet = keyVersion << 4 | algorithm.indication
    }

    /// AES in CBC mode, or CMAC, under a key version of 1–15.
    public static func aes(keyVersion: UInt8) -> KeyIndication {
        KeyIndication(.aes128, keyVersion: keyVersion)
    }

    public var keyVersion: UInt8 { octet >> 4 }
    public var isAES: Bool { octet & 0x0F == 0x02 }
}

/// Toolkit application reference: which application on the card a packet is for (TS 101 220).
public struct TAR: Sendable, Equatable {
    /// Three octets.
    public let octets: [UInt8]

    public init?(_ octets: [UInt8]) {
        guard octets.count == 3 else { return nil }
        self.octets = octets
    }
}

extension CommandPacket.Header {
    /// Checksum, ciphered, a rising counter, both keys of this algorithm and version.
    func isSound(_ algorithm: OTAAlgorithm, keyVersion: UInt8) -> Bool {
        let indication = KeyIndication(algorithm, keyVersion: keyVersion)
        return spi.isSound && kic == indication && kid == indication && keyVersion != 0
    }
}
