public import MSSCore

public import struct Foundation.Date

/// Signed attributes in DER (RFC 5652 §11), and the set of them that a card hashes.
public enum SignedAttributes {
    /// signing-time: when the home asked for the signature; in whole seconds.
    public static func signingTime(_ date: Date) -> [UInt8] {
        let text = CivilTime(date).utcOrGeneralized
        return attribute(
            [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x05],
            DERElement.encode(text.tag, text.octets)
        )
    }

    /// signing-certificate-v2 (RFC 5035): the SHA-256 of the signer's certificate, without issuerSerial.
    public static func signingCertificate(_ certificate: UserCertificate) -> [UInt8] {
        let hash = DERElement.encode(0x04, MessageDigest.sha256(certificate.der))
        let identifiers = DERElement.encode(0x30, DERElement.encode(0x30, hash))
        return attribute(
            [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x02, 0x2F],
            DERElement.encode(0x30, identifiers)
        )
    }

    /// random-nonce (1.2.840.113549.1.9.25.3): makes what is signed the platform's own, whoever chose the digest.
    public static func randomNonce() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        let nonce = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return attribute(
            [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x19, 0x03],
            DERElement.encode(0x04, nonce)
        )
    }

    /// What makes a signature an AdES one, level B: signing-time and signing-certificate-v2.
    public static func ades(at date: Date, by certificate: UserCertificate, digest: DigestAlgorithm) -> AddedAttributes
    {
        arranged([signingTime(date), signingCertificate(certificate)], digest: digest)
    }

    /// Sorts attributes into those before and those after messageDigest, whose place its length decides: with SHA-384
    /// it comes after signing-certificate-v2, with SHA-256 before it.
    public static func arranged(_ attributes: [[UInt8]], digest: DigestAlgorithm) -> AddedAttributes {
        let pivot = messageDigest([UInt8](repeating: 0, count: digest.length))
        let sorted = attributes.sorted { $0.lexicographicallyPrecedes($1) }
        return AddedAttributes(
            mid: Array(sorted.filter { $0.lexicographicallyPrecedes(pivot) }.joined()),
            extra: Array(sorted.filter { !$0.lexicographicallyPrecedes(pivot) }.joined())
        )
    }

    /// The SET OF attributes as it is hashed: tag 31, whatever stands in the SignerInfo.
    public static func set(digest: [UInt8], _ added: AddedAttributes = AddedAttributes()) -> [UInt8] {
        DERElement.encode(0x31, contentType + added.mid + messageDigest(digest) + added.extra)
    }

    private static let contentType = attribute(
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x03],
        [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01]
    )

    private static func messageDigest(_ digest: [UInt8]) -> [UInt8] {
        attribute([0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x04], DERElement.encode(0x04, digest))
    }

    private static func attribute(_ type: [UInt8], _ value: [UInt8]) -> [UInt8] {
        DERElement.encode(0x30, DERElement.encode(0x06, type) + DERElement.encode(0x31, value))
    }
}
