import Crypto
public import MSSCore

/// Makes of what a card signed what a provider gets: a CMS SignedData (RFC 5652 §5) or the signature value alone.
///
/// docs/signatures.md says what each form covers. Nothing here is verified; ``SignedDataCheck`` does that.
public enum SignedDataAssembler {
    /// The digest that the card signs for a content: of the content itself, or of the attributes.
    ///
    /// The home gives it to the card where the card cannot make it from what it shows (HASH).
    public static func digestToSign(
        _ content: SigningContent,
        form: SigningForm,
        algorithm: SigningAlgorithm
    ) throws(SignatureError) -> [UInt8] {
        let digest = try content.digest(by: algorithm.digest)
        guard let added = form.attributes else { return digest }
        return MessageDigest.digest(SignedAttributes.set(digest: digest, added), by: algorithm.digest)
    }

    /// One signer by issuer and serial number, its certificate and the intermediate ones inside, no root.
    ///
    /// - Parameters:
    ///   - content: What was signed.
    ///   - form: The same as when the card was asked.
    ///   - algorithm: The key's.
    ///   - raw: What the card answered: r‖s, or the RSA signature.
    ///   - certificate: The signer's.
    ///   - intermediates: Certificates between it and the root, in DER.
    /// - Returns: DER ContentInfo, or with `pkcs1` the signature value.
    /// - Throws: ``SignatureError`` for a signature of another length, or a content that the form has no place for.
    public static func assemble(
        _ content: SigningContent,
        form: SigningForm = .standard,
        algorithm: SigningAlgorithm = .p256,
        raw: [UInt8],
        certificate: UserCertificate,
        intermediates: [[UInt8]] = []
    ) throws(SignatureError) -> [UInt8] {
        let signature = try value(raw, algorithm)
        let digest = try content.digest(by: algorithm.digest)
        if form.structure == .pkcs1 { return signature }
        var encapsulated: [UInt8] = idData
        if form.structure == .attached {
            guard let octets = content.octets else { throw SignatureError("a digest has no content to attach") }
            encapsulated += DERElement.encode(0xA0, DERElement.encode(0x04, octets))
        }
        // A set's members stand in the order of their encodings.
        let certificates = ([certificate.der] + intermediates).sorted { $0.lexicographicallyPrecedes($1) }
        var signer: [UInt8] = version + DERElement.encode(0x30, certificate.issuer + certificate.serialNumber)
        signer += algorithm.digest.identifier
        if let added = form.attributes {
            // Hashed as a SET (31), stored under the implicit tag (A0).
            signer += [0xA0] + SignedAttributes.set(digest: digest, added).dropFirst()
        }
        signer += algorithm.identifier + DERElement.encode(0x04, signature)
        let signedData =
            version + DERElement.encode(0x31, algorithm.digest.identifier) + DERElement.encode(0x30, encapsulated)
            + DERElement.encode(0xA0, certificates.joined().map { $0 })
            + DERElement.encode(0x31, DERElement.encode(0x30, signer))
        return DERElement.encode(0x30, idSignedData + DERElement.encode(0xA0, DERElement.encode(0x30, signedData)))
    }

    /// The signature value as verifiers take it: ECDSA's r and s as two positive INTEGERs of the shortest length.
    static func value(_ raw: [UInt8], _ algorithm: SigningAlgorithm) throws(SignatureError) -> [UInt8] {
        guard raw.count == algorithm.rawLength else {
            throw SignatureError(
                "a signature of \(algorithm.rawValue) has \(algorithm.rawLength) octets, not \(raw.count)"
            )
        }
        do {
            switch algorithm {
            case .p256: return Array(try P256.Signing.ECDSASignature(rawRepresentation: raw).derRepresentation)
            case .p384: return Array(try P384.Signing.ECDSASignature(rawRepresentation: raw).derRepresentation)
            case .rsaPKCS1, .rsaPSS: return raw
            }
        } catch { throw SignatureError("the signature cannot be encoded") }
    }

    static let version: [UInt8] = [0x02, 0x01, 0x01]
    static let idData: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01]
    static let idSignedData: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02]
}
