/// The exact octets that a card signs; home and card make them by the same rules.
public enum SignedContent {
    /// T: the text as it enters the signature.
    public static func text(_ text: CardText, _ form: SignatureForm) -> [UInt8]? {
        form.contains(.utf8) ? text.text.map { Array($0.utf8) } : text.octets
    }

    /// M of a proof of possession: the key, tied to its request, card, slot, algorithm and key version.
    public static func proofOfPossession(
        transaction: WPKITransaction,
        iccid: [UInt8],
        key: UInt8,
        algorithm: SignatureAlgorithm,
        keyVersion: UInt8,
        publicKey: [UInt8]
    ) -> [UInt8] {
        Array("WPKI-POP".utf8) + transaction.octets + iccid + [key, algorithm.rawValue, keyVersion] + publicKey
    }

    /// SET OF signed attributes as it is hashed: contentType (id-data), MID, messageDigest, EXTRA (docs/ota.md).
    ///
    /// - Parameters:
    ///   - digest: H(T), 32 octets with SHA-256 or 48 with SHA-384.
    ///   - mid: Attributes that sort between the two, in DER.
    ///   - extra: Attributes that sort after them.
    /// - Returns: DER with tag 31.
    public static func signedAttributes(digest: [UInt8], mid: [UInt8] = [], extra: [UInt8] = []) -> [UInt8] {
        let attributes = contentType + mid + messageDigest(digest) + extra
        let length: [UInt8] =
            switch attributes.count {
            case 0..<0x80: [UInt8(attributes.count)]
            case 0x80..<0x100: [0x81, UInt8(attributes.count)]
            default: [0x82, UInt8(attributes.count >> 8 & 0xFF), UInt8(attributes.count & 0xFF)]
            }
        return [0x31] + length + attributes
    }

    /// The attribute contentType with the value id-data.
    static let contentType: [UInt8] = [
        0x30, 0x18, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x03, 0x31, 0x0B, 0x06, 0x09, 0x2A,
        0x86,
        0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01,
    ]

    /// The attribute messageDigest.
    static func messageDigest(_ digest: [UInt8]) -> [UInt8] {
        let length = UInt8(truncatingIfNeeded: digest.count)
        let header: [UInt8] = [
            0x30, length &+ 15, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x04, 0x31, length &+ 2,
            0x04,
            length,
        ]
        return header + digest
    }
}
