import CLibCrypto
import MSSCore

/// Whether a new certificate is what was asked for, decided before it is confirmed to the authority.
final class IssuedCertificateCheck {
    enum Outcome: Equatable {
        case pending
        case accepted
        case refused(String)
    }

    private(set) var outcome = Outcome.pending
    private let asked: ProvenKey
    private let issuers: OpaquePointer

    init(asked: ProvenKey, issuers: OpaquePointer) {
        self.asked = asked
        self.issuers = issuers
    }

    func run(on certificate: OpaquePointer) {
        outcome = objection(to: certificate).map { .refused($0) } ?? .accepted
    }

    private func objection(to certificate: OpaquePointer) -> String? {
        let key = X509_get_X509_PUBKEY(certificate)
        guard LibCrypto.encoded({ i2d_X509_PUBKEY(key, $0) }) == asked.publicKey else {
            return "the certificate is for another key"
        }
        let subject = X509_get_subject_name(certificate)
        guard X509_NAME_entry_count(subject) == 2,
            LibCrypto.value(of: NID_commonName, in: subject) == asked.subject.commonName,
            LibCrypto.value(of: NID_serialNumber, in: subject) == asked.subject.serialNumber
        else { return "the certificate is for another subject" }
        guard X509_check_ca(certificate) == 0, X509_get_key_usage(certificate) & UInt32(KU_DIGITAL_SIGNATURE) != 0
        else { return "the certificate is not for a user's signatures" }
        return pathObjection(to: certificate)
    }

    private func pathObjection(to certificate: OpaquePointer) -> String? {
        guard let context = X509_STORE_CTX_new() else { return "out of memory" }
        defer { X509_STORE_CTX_free(context) }
        guard X509_STORE_CTX_init(context, issuers, certificate, nil) == 1 else { return "out of memory" }
        guard X509_verify_cert(context) == 1 else {
            let reason = X509_verify_cert_error_string(Int(X509_STORE_CTX_get_error(context)))
            return "the certificate does not verify: \(reason.map { String(cString: $0) } ?? "no reason given")"
        }
        return nil
    }
}
