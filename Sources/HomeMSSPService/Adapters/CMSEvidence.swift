import Alauda
import HomeMSSP
import MSSCore
import Signatures

/// Evidence as CMS SignedData: assembled here, then read and verified anew before anybody is told.
struct CMSEvidence: SignatureEvidence {
    let authority: UserAuthority

    func signedData(content: [UInt8], raw: [UInt8], key: SubscriberKey) throws(EvidenceError) -> [UInt8] {
        guard let der = key.certificate else { throw EvidenceError(reason: "the user has no certificate") }
        do throws(SignatureError) {
            let certificate = try authority.certificate(der)
            let signedData = try SignedDataAssembler.assemble(
                content: content,
                attributes: SignedContent.signedAttributes(digest: MessageDigest.sha256(content)),
                raw: raw,
                certificate: certificate
            )
            try SignedDataCheck.confirm(
                signedData,
                content: content,
                registeredKey: key.publicKey,
                certificate: certificate
            )
            return signedData
        } catch { throw EvidenceError(reason: error.description) }
    }

    func refusal(of certificate: [UInt8]) -> MSSFault? {
        switch authority.validity(of: certificate) {
        case .valid, .noFreshProof: nil
        case .expired: MSSFault(.noCertificateFound, "The user's certificate has expired or is not valid yet.")
        case .revoked: MSSFault(.errorCertificate, "The user's certificate is revoked.")
        case .invalid: MSSFault(.errorCertificate, "The user's certificate is not by this platform's user CA.")
        }
    }

    func validity(of certificate: [UInt8]) -> Status {
        switch authority.validity(of: certificate) {
        case .valid: .validSignature
        // Signed, but nothing fresh says that the certificate still stands: not called valid.
        case .noFreshProof: .signature
        case .revoked: .revokedCertificate
        case .expired, .invalid: .invalidSignature
        }
    }

    func provenKey(
        _ point: [UInt8],
        algorithm: SignatureAlgorithm,
        message: [UInt8],
        proof: [UInt8]
    ) throws(EvidenceError) -> [UInt8] {
        guard algorithm == .p256 else { throw EvidenceError(reason: "only P-256 keys are taken") }
        do throws(SignatureError) {
            return try ProofOfPossession.verify(point: point, message: message, proof: proof)
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
