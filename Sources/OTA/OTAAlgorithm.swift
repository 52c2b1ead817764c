/// An algorithm with its key size that a card batch may use for ciphering and checksum (TS 102 225 §5.1.2, §5.1.3).
///
/// Single DES, DES in ECB mode, "known implicitly" and proprietary algorithms have no name here: what cannot be named
/// cannot be configured.
public enum OTAAlgorithm: String, Sendable, CaseIterable {
    case aes128 = "aes-128"
    case aes192 = "aes-192"
    case aes256 = "aes-256"
    /// Triple DES in outer CBC mode with two keys; needs a ``LegacyPermission``.
    case tripleDES2 = "3des-2"
    /// The same with three keys.
    case tripleDES3 = "3des-3"

    /// Octets of KIc's and KID's key, each.
    public var keyLength: Int {
        switch self {
        case .aes128, .tripleDES2: 16
        case .aes192, .tripleDES3: 24
        case .aes256: 32
        }
    }

    /// Whether it is here only for cards that are in the field already.
    public var isLegacy: Bool { self == .tripleDES2 || self == .tripleDES3 }

    /// AES for a key of that many octets; `nil` for other lengths.
    static func aes(keyLength: Int) -> OTAAlgorithm? {
        allCases.first { !$0.isLegacy && $0.keyLength == keyLength }
    }

    var cipher: BlockCipher { isLegacy ? .tripleDES : .aes }

    /// Bits 4–1 of KIc and of KID for a cryptographic checksum.
    var indication: UInt8 {
        switch self {
        case .aes128, .aes192, .aes256: 0x02
        case .tripleDES2: 0x05
        case .tripleDES3: 0x09
        }
    }
}
