public import MSSCore

/// What a card's key signs with (ALG of the WPKI profile).
public enum SigningAlgorithm: String, Sendable, CaseIterable {
    /// ECDSA on P-256 with SHA-256; the card answers r‖s, 64 octets.
    case p256
    /// ECDSA on P-384 with SHA-384; 96 octets.
    case p384
    /// RSASSA-PKCS1-v1_5, 2048 bits, SHA-256.
    case rsaPKCS1 = "rsa-pkcs1"
    /// RSASSA-PSS, 2048 bits, SHA-256, MGF1 with SHA-256, a salt of 32 octets.
    case rsaPSS = "rsa-pss"

    public var digest: DigestAlgorithm { self == .p384 ? .sha384 : .sha256 }

    /// Octets of the card's answer.
    public var rawLength: Int {
        switch self {
        case .p256: 64
        case .p384: 96
        case .rsaPKCS1, .rsaPSS: 256
        }
    }

    /// The signatureAlgorithm of a SignerInfo, as AlgorithmIdentifier in DER (RFC 5754, RFC 4056).
    var identifier: [UInt8] {
        switch self {
        case .p256: [0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]
        case .p384: [0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03]
        case .rsaPKCS1: [0x30, 0x0D] + Self.pkcs1 + [0x01, 0x05, 0x00]
        case .rsaPSS:
            // hashAlgorithm, maskGenAlgorithm and saltLength said in full: their defaults are SHA-1's.
            [0x30, 0x41] + Self.pkcs1 + [0x0A, 0x30, 0x34, 0xA0, 0x0F] + Self.sha256 + [0xA1, 0x1C, 0x30, 0x1A]
                + Self.pkcs1 + [0x08] + Self.sha256 + [0xA2, 0x03, 0x02, 0x01, 0x20]
        }
    }

    /// OBJECT IDENTIFIER pkcs-1 without its last arc.
    private static let pkcs1: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01]
    /// SHA-256 with parameters NULL, as RSASSA-PSS-params have it everywhere.
    private static let sha256: [UInt8] = [
        0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    ]
}

extension DigestAlgorithm {
    /// AlgorithmIdentifier in DER, parameters absent (RFC 5754 §2).
    var identifier: [UInt8] {
        [0x30, 0x0B, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, self == .sha256 ? 1 : 2]
    }
}
