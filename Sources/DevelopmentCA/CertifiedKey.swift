import CLibCrypto

/// The kinds of keys that this CA certifies, each in its one DER encoding.
enum CertifiedKey {
    /// What stands before and after the key's own octets in a SubjectPublicKeyInfo, its outer tag and length left out.
    private struct Kind {
        var prefix: [UInt8]
        var octets: Int
        var suffix: [UInt8] = []
    }

    /// The object identifiers of id-ecPublicKey and rsaEncryption.
    private static let ellipticCurve: [UInt8] = [0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
    private static let rsa: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]

    private static let kinds = [
        // Uncompressed points on prime256v1 and secp384r1.
        Kind(
            prefix: [0x30, 0x13] + ellipticCurve
                + [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04],
            octets: 64
        ),
        Kind(
            prefix: [0x30, 0x10] + ellipticCurve
                + [0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04],
            octets: 96
        ),
        // A modulus of 2048 bits and the exponent 65537.
        Kind(
            prefix: [0x30, 0x0D] + rsa
                + [0x05, 0x00, 0x03, 0x82, 0x01, 0x0F, 0x00, 0x30, 0x82, 0x01, 0x0A, 0x02, 0x82, 0x01, 0x01, 0x00],
            octets: 256,
            suffix: [0x02, 0x03, 0x01, 0x00, 0x01]
        ),
    ]

    /// DER SubjectPublicKeyInfo of a key as it stands in a template.
    ///
    /// - Parameter content: [6] of the template: tagged IMPLICIT, so the outer tag and length are put back.
    /// - Returns: `nil` for every other kind of key, and for a point that is not on its curve.
    static func information(_ content: ArraySlice<UInt8>) -> [UInt8]? {
        let isKnown = kinds.contains { kind in
            content.count == kind.prefix.count + kind.octets + kind.suffix.count && content.starts(with: kind.prefix)
                && Array(content.suffix(kind.suffix.count)) == kind.suffix
        }
        guard isKnown else { return nil }
        let count = content.count
        let length: [UInt8] =
            count < 0x80 ? [UInt8(count)] : [0x82, UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)]
        let key = [0x30] + length + content
        guard let parsed = LibCrypto.read(key, { d2i_PUBKEY_bio($0, nil) }) else { return nil }
        EVP_PKEY_free(parsed)
        return key
    }
}
