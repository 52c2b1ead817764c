import Alauda
import HomeMSSP
import MSSCore
import Signatures

import struct Foundation.Date

/// Evidence: assembled of what a card signed, then each octet of it accounted for and verified before anybody is told.
struct CMSEvidence: SignatureEvidence {
    let authority: UserAuthority
    private let certificates = UserCertificates()

    init(authority: UserAuthority) {
        self.authority = authority
    }

    func signedData(content: [UInt8], raw: [UInt8], key: SubscriberKey) throws(EvidenceError) -> [UInt8] {
        try evidence(of: .utf8(content), form: .standard, raw: raw, key: key)
    }

    func evidence(
        of content: SigningContent,
        form: SigningForm,
        raw: [UInt8],
        key: SubscriberKey
    ) throws(EvidenceError) -> [UInt8] {
        guard let der = key.certificate else { throw EvidenceError(reason: "the user has no certificate") }
        do throws(SignatureError) {
            let certificate = try certificates.certificate(der: der)
            let intermediates = authority.intermediates(of: der)
            let algorithm = key.algorithm.signing
            let finished = try SignedDataAssembler.assemble(
                content,
                form: form,
                algorithm: algorithm,
                raw: raw,
                certificate: certificate,
                intermediates: intermediates
            )
            try SignedDataCheck.confirm(
                finished,
                content: content,
                form: form,
                algorithm: algorithm,
                registeredKey: key.publicKey,
                certificate: certificate,
                intermediates: intermediates
            )
            return finished
        } catch { throw EvidenceError(reason: error.description) }
    }

    func advancedAttributes(for key: SubscriberKey, at date: Date) throws(EvidenceError) -> AddedAttributes {
        guard let der = key.certificate else { throw EvidenceError(reason: "the user has no certificate") }
        do throws(SignatureError) {
            let certificate = try certificates.certificate(der: der)
            return SignedAttributes.ades(at: date, by: certificate, digest: key.algorithm.signing.digest)
        } catch { throw EvidenceError(reason: error.description) }
    }

    func nonceAttributes(for key: SubscriberKey) -> AddedAttributes {
        SignedAttributes.arranged([SignedAttributes.randomNonce()], digest: key.algorithm.signing.digest)
    }

    func digestToSign(_ content: SigningContent, form: SigningForm, key: SubscriberKey) throws(EvidenceError) -> [UInt8]
    {
        do throws(SignatureError) {
            return try SignedDataAssembler.digestToSign(content, form: form, algorithm: key.algorithm.signing)
        } catch { throw EvidenceError(reason: error.description) }
    }

    func refusal(of certificate: [UInt8]) -> MSSFault? {
        switch authority.validity(of: certificate) {
        case .valid, .noFreshProof, .staleProof, .constraintMismatch: nil
        case .expired: MSSFault(.noCertificateFound, "The user's certificate has expired or is not valid yet.")
        case .suspended: MSSFault(.cardBlocked, "The user's certificate is suspended.")
        case .revoked: MSSFault(.errorCertificate, "The user's certificate is revoked.")
        case .invalid: MSSFault(.errorCertificate, "The user's certificate is not by this platform's user CA.")
        }
    }

    func issuers(of certificate: [UInt8]) -> [ProfileResponse.NamedCertificate] {
        authority.issuers(of: certificate).map { ProfileResponse.NamedCertificate(der: $0.der, subject: $0.subject) }
    }

    func person(of certificate: [UInt8]) -> CertifiedPerson? {
        SubjectStatement(certificate: certificate).map { statement in
            CertifiedPerson(
                subject: statement.name,
                givenName: statement.givenName,
                surName: statement.surName,
                validUntil: statement.notAfter
            )
        }
    }

    func verdict(on certificate: [UInt8]) -> SignatureVerdict {
        switch authority.validity(of: certificate) {
        case .valid: SignatureVerdict(.validSignature)
        // Signed, but nothing fresh says that the certificate still stands: not called valid.
        case .noFreshProof: SignatureVerdict(.signature, problem: .crlProblem)
        case .staleProof: SignatureVerdict(.signature, problem: .crlExpired)
        case .revoked, .suspended: SignatureVerdict(.revokedCertificate)
        case .expired, .invalid: SignatureVerdict(.invalidSignature)
        case .constraintMismatch: SignatureVerdict(.constraintMismatch)
        }
    }

    func provenKey(
        _ point: [UInt8],
        algorithm: SignatureAlgorithm,
        message: [UInt8],
        proof: [UInt8]
    ) throws(EvidenceError) -> [UInt8] {
        do throws(SignatureError) {
            return try ProofOfPossession.verify(
                publicKey: point,
                algorithm: algorithm.signing,
                message: message,
                proof: proof
            )
        } catch { throw EvidenceError(reason: error.description) }
    }

    func check(certificate: [UInt8], key: [UInt8], subject: CertificateSubject) throws(EvidenceError) {
        do throws(SignatureError) {
            try authority.check(
                certificate,
                publicKey: key,
                commonName: subject.commonName,
                serialNumber: subject.serialNumber
            )
        } catch { throw EvidenceError(reason: error.description) }
    }
}

extension SignatureAlgorithm {
    /// The same in the words of the module that verifies.
    var signing: SigningAlgorithm {
        switch self {
        case .p256: .p256
        case .p384: .p384
        case .rsa2048: .rsaPKCS1
        case .rsaPSS: .rsaPSS
        }
    }
}
