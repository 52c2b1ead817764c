public import Alauda
public import MSSCore

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

    /// Why a certificate may not even be asked for: expired 422, revoked 425; `nil` if nothing is known against it.
    func refusal(of certificate: [UInt8]) -> MSSFault?

    /// What the validate service answers for a signature by this certificate: 500, 501, 502 or 503.
    func validity(of certificate: [UInt8]) -> Status

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

/// What does not verify, in one line for the home's log.
public struct EvidenceError: Error, Sendable {
    public var reason: String

    public init(reason: String) {
        self.reason = reason
    }
}
