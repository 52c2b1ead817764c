import Crypto
import SwiftASN1

/// Makes a CMS SignedData of the kind CMS-A from what a card signed (RFC 5652 §5; docs/wire.md says what it covers).
public enum SignedDataAssembler {
    /// ECDSA on P-256 with SHA-256, attached content, one signer by issuer and serial number, its certificate inside.
    ///
    /// - Parameters:
    ///   - content: The octets that the user read.
    ///   - attributes: SET OF signed attributes as the card hashed it, tag 31.
    ///   - raw: The card's r‖s, 64 octets.
    ///   - certificate: The signer's.
    /// - Returns: DER ContentInfo. Nothing in it was verified.
    /// - Throws: ``SignatureError`` for a signature of another length or attributes that are no set.
    public static func assemble(
        content: [UInt8],
        attributes: [UInt8],
        raw: [UInt8],
        certificate: UserCertificate
    ) throws(SignatureError) -> [UInt8] {
        guard raw.count == 64, attributes.first == 0x31 else {
            throw SignatureError("a P-256 signature has 64 octets, not \(raw.count)")
        }
        do {
            let signature = try P256.Signing.ECDSASignature(rawRepresentation: raw).derRepresentation
            var serializer = DER.Serializer()
            try serializer.appendConstructedNode(identifier: .sequence) { contentInfo in
                try contentInfo.serialize(OID.signedData)
                try contentInfo.appendConstructedNode(identifier: explicit(0)) { wrapper in
                    try wrapper.appendConstructedNode(identifier: .sequence) { signedData in
                        try signedData.serialize(1)
                        try signedData.appendConstructedNode(identifier: .set) { try sha256(&$0) }
                        try signedData.appendConstructedNode(identifier: .sequence) { encapsulated in
                            try encapsulated.serialize(OID.data)
                            try encapsulated.appendConstructedNode(identifier: explicit(0)) {
                                try $0.serialize(ASN1OctetString(contentBytes: content[...]))
                            }
                        }
                        signedData.appendConstructedNode(identifier: explicit(0)) {
                            $0.serializeRawBytes(certificate.der)
                        }
                        try signedData.appendConstructedNode(identifier: .set) {
                            try signer(&$0, attributes, signature, certificate)
                        }
                    }
                }
            }
            return serializer.serializedBytes
        } catch { throw SignatureError("the signature cannot be encoded") }
    }

    private static func signer(
        _ set: inout DER.Serializer,
        _ attributes: [UInt8],
        _ signature: some Sequence<UInt8>,
        _ certificate: UserCertificate
    ) throws {
        try set.appendConstructedNode(identifier: .sequence) { signer in
            try signer.serialize(1)
            signer.appendConstructedNode(identifier: .sequence) {
                $0.serializeRawBytes(certificate.issuer)
                $0.serializeRawBytes(certificate.serialNumber)
            }
            try sha256(&signer)
            // Hashed as a SET (31), stored under the implicit tag (A0).
            signer.serializeRawBytes([0xA0] + attributes.dropFirst())
            try signer.appendConstructedNode(identifier: .sequence) { try $0.serialize(OID.ecdsaWithSHA256) }
            try signer.serialize(ASN1OctetString(contentBytes: Array(signature)[...]))
        }
    }

    private static func sha256(_ serializer: inout DER.Serializer) throws {
        try serializer.appendConstructedNode(identifier: .sequence) { try $0.serialize(OID.sha256) }
    }

    private static func explicit(_ number: UInt) -> ASN1Identifier {
        ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific)
    }

    private enum OID {
        static let data: ASN1ObjectIdentifier = [1, 2, 840, 113_549, 1, 7, 1]
        static let signedData: ASN1ObjectIdentifier = [1, 2, 840, 113_549, 1, 7, 2]
        static let sha256: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 2, 1]
        static let ecdsaWithSHA256: ASN1ObjectIdentifier = [1, 2, 840, 10045, 4, 3, 2]
    }
}
