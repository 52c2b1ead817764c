public import Alauda
public import MSSCore

public import struct Foundation.Date

/// Turns what a card signed into evidence, and checks it before anybody is told.
public protocol SignatureEvidence: Sendable {
    /// Assembles the CMS SignedData and verifies it against the registered key and the certificate in it.
    ///
    /// - Parameters:
    ///   - content: The octets that the user was shown.
    ///   - raw: The card's r‖s.
    ///   - key: The user's, with its certificate.
    /// - Returns: The SignedData in DER.
    /// - Throws: ``EvidenceError`` if anything does not verify; nothing may be delivered then.
    func signedData(content: [UInt8], raw: [UInt8], key: SubscriberKey) throws(EvidenceError) -> [UInt8]

    /// The same for any content and form (docs/signatures.md): what the card was asked, and what it answered.
    ///
    /// - Parameters:
    ///   - content: As it was signed.
    ///   - form: Its attributes are those that went to the card as MID and EXTRA.
    ///   - raw: r‖s, or the RSA signature.
    ///   - key: The user's, with its certificate.
    /// - Returns: The SignedData in DER, or the value of a PKCS#1 signature.
    /// - Throws: ``EvidenceError`` if anything does not verify; nothing may be delivered then.
    func evidence(
        of content: SigningContent,
        form: SigningForm,
        raw: [UInt8],
        key: SubscriberKey
    ) throws(EvidenceError) -> [UInt8]

    /// MID and EXTRA of an AdES signature: signing-time and signing-certificate-v2.
    func advancedAttributes(for key: SubscriberKey, at date: Date) throws(EvidenceError) -> AddedAttributes

    /// MID and EXTRA with a fresh random nonce, for digests that a provider brings (x-sha256, x-sha384).
    func nonceAttributes(for key: SubscriberKey) -> AddedAttributes

    /// HASH for a card that cannot make it from what it shows: of the attributes if the form has any.
    func digestToSign(_ content: SigningContent, form: SigningForm, key: SubscriberKey) throws(EvidenceError) -> [UInt8]

    /// Why a certificate may not even be asked for: expired 422, suspended 403, revoked 425; `nil` if nothing is known
    /// against it.
    func refusal(of certificate: [UInt8]) -> MSSFault?

    /// The CAs above a user's certificate, up to the root; none if it is not by the user CA.
    func issuers(of certificate: [UInt8]) -> [ProfileResponse.NamedCertificate]

    /// What a certificate says of its subject; `nil` for what is no certificate.
    func person(of certificate: [UInt8]) -> CertifiedPerson?

    /// What the validate service answers for a signature by this certificate.
    func verdict(on certificate: [UInt8]) -> SignatureVerdict

    /// Checks a proof of possession.
    ///
    /// - Returns: DER SubjectPublicKeyInfo.
    func provenKey(
        _ point: [UInt8],
        algorithm: SignatureAlgorithm,
        message: [UInt8],
        proof: [UInt8]
    ) throws(EvidenceError) -> [UInt8]

    /// Checks that a certificate is for this key and subject, by the user CA, and valid now.
    func check(certificate: [UInt8], key: [UInt8], subject: CertificateSubject) throws(EvidenceError)
}

extension SignatureEvidence {
    /// The one form of those who know no other.
    public func evidence(
        of content: SigningContent,
        form: SigningForm,
        raw: [UInt8],
        key: SubscriberKey
    ) throws(EvidenceError) -> [UInt8] {
        guard form == .standard, case .utf8(let octets) = content else {
            throw EvidenceError(reason: "only text in UTF-8 with the two mandatory attributes is signed")
        }
        return try signedData(content: octets, raw: raw, key: key)
    }

    public func advancedAttributes(for key: SubscriberKey, at date: Date) throws(EvidenceError) -> AddedAttributes {
        throw EvidenceError(reason: "no advanced signatures are made")
    }

    public func nonceAttributes(for key: SubscriberKey) -> AddedAttributes { AddedAttributes() }

    public func issuers(of certificate: [UInt8]) -> [ProfileResponse.NamedCertificate] { [] }

    public func person(of certificate: [UInt8]) -> CertifiedPerson? { nil }

    public func digestToSign(
        _ content: SigningContent,
        form: SigningForm,
        key: SubscriberKey
    ) throws(EvidenceError) -> [UInt8] {
        throw EvidenceError(reason: "no digests are signed")
    }
}

/// What does not verify, in one line for the home's log.
public struct EvidenceError: Error, Sendable {
    public var reason: String

    public init(reason: String) {
        self.reason = reason
    }
}
