import Crypto

/// Verifies a finished SignedData from its octets alone, before anybody is told of it.
///
/// The usual kind is read here, by other code than what wrote it, and one signature verified; libcrypto reads every
/// other. It would do no more for the usual kind, and took a third of the home's time: it decodes the certificate and
/// its key anew each time.
public enum SignedDataCheck {
    /// Checks signature, attributes, content and signer.
    ///
    /// Whether the certificate is to be trusted is ``UserAuthority``'s question.
    ///
    /// - Parameters:
    ///   - signedData: DER ContentInfo.
    ///   - content: What it must hold.
    ///   - registeredKey: SubjectPublicKeyInfo that the card proved to have.
    ///   - certificate: The one that must be inside, for the registered key.
    /// - Throws: ``SignatureError`` with what is wrong first.
    public static func confirm(
        _ signedData: [UInt8],
        content: [UInt8],
        registeredKey: [UInt8],
        certificate: UserCertificate
    ) throws(SignatureError) {
        guard certificate.publicKey == registeredKey else {
            throw SignatureError("the certificate's key is not the registered one")
        }
        if let key = certificate.signatureKey, let read = ReadSignedData(signedData) {
            try confirm(read, content: content, key, certificate)
        } else {
            try confirmByLibCrypto(signedData, content: content, certificate: certificate)
        }
    }

    private static func confirm(
        _ read: ReadSignedData,
        content: [UInt8],
        _ key: P256.Signing.PublicKey,
        _ certificate: UserCertificate
    ) throws(SignatureError) {
        guard read.content.elementsEqual(content) else {
            throw SignatureError("the SignedData holds another content")
        }
        guard read.certificate.elementsEqual(certificate.der), read.issuer.elementsEqual(certificate.issuer),
            read.serialNumber.elementsEqual(certificate.serialNumber)
        else { throw SignatureError("the SignedData holds another certificate") }
        guard read.messageDigest.elementsEqual(SHA256.hash(data: content)),
            let signature = try? P256.Signing.ECDSASignature(derRepresentation: read.signature),
            // Stored under the implicit tag (A0), hashed as a SET (31): RFC 5652 §5.4.
            key.isValidSignature(signature, for: [0x31] + read.attributes.dropFirst())
        else { throw SignatureError("the signature does not verify") }
    }
}
