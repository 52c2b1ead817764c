import Crypto

/// A request for an identity's certificate: PKCS#10 (RFC 2986), written here whole, so that nothing else is signed by it.
///
/// The subject is the service's name as common name; it is asked for as URI in subjectAltName, too, with the key usage
/// digitalSignature.
struct IdentityRequest {
    /// CertificationRequestInfo in DER.
    let information: [UInt8]

    /// - Parameters:
    ///   - record: Whose public key.
    ///   - name: As configured: a URI of at most 64 characters, of ASCII.
    /// - Throws: ``VaultError/identity(_:)`` for a name that no certificate can hold.
    init(for record: IdentityRecord, name: String) throws(VaultError) {
        let octets = Array(name.utf8)
        guard (1...64).contains(octets.count), octets.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .identity("identity: a name in a certificate has 1 to 64 characters of ASCII")
        }
        let commonName = Self.element(0x30, [0x06, 0x03, 0x55, 0x04, 0x03] + Self.element(0x0C, octets))
        let usage: [UInt8] = [0x06, 0x03, 0x55, 0x1D, 0x0F, 0x01, 0x01, 0xFF, 0x04, 0x04, 0x03, 0x02, 0x07, 0x80]
        let names = Self.element(0x30, Self.element(0x86, octets))
        let alternative: [UInt8] = [0x06, 0x03, 0x55, 0x1D, 0x11] + Self.element(0x04, names)
        let extensions = Self.element(0x30, Self.element(0x30, usage) + Self.element(0x30, alternative))
        let asked = Self.element(0x30, Self.extensionRequest + Self.element(0x31, extensions))
        information = Self.element(
            0x30,
            [0x02, 0x01, 0x00] + Self.element(0x30, Self.element(0x31, commonName)) + record.subjectPublicKeyInfo
                + Self.element(0xA0, asked)
        )
    }

    /// CertificationRequest in DER.
    func signed(by key: P256.Signing.PrivateKey) throws -> [UInt8] {
        let signature = Array(try key.signature(for: information).derRepresentation)
        return Self.element(0x30, information + Self.ecdsaWithSHA256 + Self.element(0x03, [0] + signature))
    }

    /// 1.2.840.113549.1.9.14.
    private static let extensionRequest: [UInt8] = [
        0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x0E,
    ]
    private static let ecdsaWithSHA256: [UInt8] = [
        0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02,
    ]

    /// Tag, shortest length, content; of less than 65,536 octets.
    private static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let (high, low) = (UInt8(content.count >> 8 & 0xFF), UInt8(content.count & 0xFF))
        switch content.count {
        case ..<0x80: return [tag, low] + content
        case ..<0x100: return [tag, 0x81, low] + content
        default: return [tag, 0x82, high, low] + content
        }
    }
}
