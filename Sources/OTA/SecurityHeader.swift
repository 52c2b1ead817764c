/// What a command carries and what answer it wants (TS 102 225 §5.1.1).
public struct SPI: Sendable, Equatable {
    public var first: UInt8
    public var second: UInt8

    public init(first: UInt8, second: UInt8) {
        self.first = first
        self.second = second
    }

    /// Cryptographic checksum, ciphered, counter higher than the card's; no proof of receipt.
    public static let secured = SPI(first: 0x16, second: 0x00)

    public var isCiphered: Bool { first & 0x04 != 0 }
    public var hasChecksum: Bool { first & 0x03 == 0x02 }
    /// Process only if the counter is higher than the card's.
    public var wantsHigherCounter: Bool { first & 0x18 == 0x10 }
    public var wantsReceipt: Bool { second & 0x03 == 0x01 }
}

/// KIc or KID: which key, for which algorithm (TS 102 225 §5.1.2, §5.1.3).
public struct KeyIndication: Sendable, Equatable {
    public var octet: UInt8

    public init(octet: UInt8) {
        self.octet = octet
    }

    /// AES in CBC mode, or CMAC, under a key version of 1–15.
    public static func aes(keyVersion: UInt8) -> KeyIndication {
        KeyIndication(octet: keyVersion << 4 | 0x02)
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

/// What a card's security domain accepts; the packet's own word is compared with it, never believed.
///
/// Only ciphered packets with a checksum under AES and a rising counter exist for this platform: the rest is refused
/// in code.
public struct SecurityProfile: Sendable, Equatable {
    public var keyVersion: UInt8

    /// - Parameter keyVersion: 1–15; 0 would mean "known implicitly" and is no key version.
    public init?(keyVersion: UInt8) {
        guard (1...15).contains(keyVersion) else { return nil }
        self.keyVersion = keyVersion
    }

    public func accepts(_ header: CommandPacket.Header) -> Bool {
        header.spi.hasChecksum && header.spi.isCiphered && header.spi.wantsHigherCounter
            && header.kic == .aes(keyVersion: keyVersion) && header.kid == .aes(keyVersion: keyVersion)
    }
}
