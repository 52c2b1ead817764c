/// What a batch of cards uses, and all that is sent to or believed from one of them.
///
/// Every packet under a profile is ciphered, has a cryptographic checksum and a counter higher than the card's, and
/// both its keys are of the batch's algorithm and key version. There is no other profile to construct: no single DES,
/// no ECB, no key that is "known implicitly", no CRC, no packet without a checksum. What a packet says of itself is
/// compared with the profile, never believed.
public struct CardProfile: Sendable, Equatable {
    /// What proof of receipt a command asks for.
    ///
    /// It is a hint unless it is protected, and never says what an applet did.
    public enum Receipt: String, Sendable, CaseIterable {
        case none
        /// In the clear, by SMS-SUBMIT.
        case plain
        /// Ciphered and with a checksum, by SMS-SUBMIT.
        case protected
    }

    public let algorithm: OTAAlgorithm
    /// 1–15, the same for KIc and KID.
    public let keyVersion: UInt8
    /// Octets of the checksum: 8, or 4 under AES.
    public let checksumLength: Int
    public let receipt: Receipt
    /// Why triple DES is allowed, and until when; `nil` under AES.
    public let legacy: LegacyPermission?

    /// - Parameters:
    ///   - algorithm: AES, or triple DES with a permission.
    ///   - keyVersion: 1–15; 0 would mean "known implicitly".
    ///   - checksumLength: 8, or 4 under AES.
    ///   - receipt: What the card is asked to answer by itself.
    ///   - legacy: The batch's permission, for triple DES alone.
    /// - Throws: ``CardProfileError``.
    public init(
        algorithm: OTAAlgorithm,
        keyVersion: UInt8,
        checksumLength: Int = 8,
        receipt: Receipt = .none,
        legacy: LegacyPermission? = nil
    ) throws(CardProfileError) {
        guard (1...15).contains(keyVersion) else { throw .keyVersion }
        guard checksumLength == 8 || (checksumLength == 4 && !algorithm.isLegacy) else { throw .checksumLength }
        guard algorithm.isLegacy || legacy == nil else { throw .permissionWithoutNeed }
        guard !algorithm.isLegacy || legacy?.algorithm == algorithm else { throw .legacyWithoutPermission }
        self.algorithm = algorithm
        self.keyVersion = keyVersion
        self.checksumLength = checksumLength
        self.receipt = receipt
        self.legacy = legacy
    }

    /// The header of every command under this profile.
    public func header(to tar: TAR) -> CommandPacket.Header {
        let key = KeyIndication(algorithm, keyVersion: keyVersion)
        return CommandPacket.Header(spi: spi, kic: key, kid: key, tar: tar)
    }

    /// Whether a packet says of itself what this profile says of it.
    public func accepts(_ header: CommandPacket.Header) -> Bool {
        header.isSound(algorithm, keyVersion: keyVersion)
    }

    private var spi: SPI {
        switch receipt {
        case .none: .secured
        case .plain: SPI(first: SPI.secured.first, second: 0x21)
        case .protected: SPI(first: SPI.secured.first, second: 0x39)
        }
    }
}

/// Why something is no profile of a card batch.
public enum CardProfileError: Error, Sendable, Equatable {
    /// Not 1–15.
    case keyVersion
    /// Not 8, nor 4 under AES.
    case checksumLength
    /// Triple DES, and the batch is not named with an end date.
    case legacyWithoutPermission
    /// AES needs no permission: one beside it is a mistake.
    case permissionWithoutNeed
}
