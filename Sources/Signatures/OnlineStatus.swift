import CLibCrypto

import struct Foundation.Date

/// Which certificate an OCSP responder is asked about: its serial number, and its issuer.
struct StatusSubject: Sendable {
    /// The SHA-256 of the certificate.
    var identity: [UInt8]
    /// INTEGER in DER.
    var serialNumber: [UInt8]
    var issuer: ParsedCertificate
    /// Where to ask; `nil` if nobody was configured.
    var responder: String?
}

/// A question to an OCSP responder (RFC 6960), and what its answer must fit.
final class StatusQuestion: @unchecked Sendable {
    private let request: OpaquePointer
    private let issuer: ParsedCertificate

    /// Asks with a fresh nonce.
    init?(_ subject: StatusSubject) {
        guard let request = OCSP_REQUEST_new() else { return nil }
        self.request = request
        issuer = subject.issuer
        let identifier = LibCrypto.integer(subject.serialNumber) { number in
            subject.issuer.use {
                OCSP_cert_id_new(EVP_sha1(), X509_get_subject_name($0), X509_get0_pubkey_bitstr($0), number)
            }
        }
        guard let identifier = identifier ?? nil, OCSP_request_add0_id(request, identifier) != nil,
            OCSP_request_add1_nonce(request, nil, -1) == 1
        else { return nil }
    }

    deinit { OCSP_REQUEST_free(request) }

    var der: [UInt8] { LibCrypto.encode { i2d_OCSP_REQUEST(request, $0) } ?? [] }

    /// Reads an answer.
    ///
    /// The responder must be the issuer, or hold id-kp-OCSPSigning in a certificate by the issuer itself; a nonce must
    /// be the question's.
    ///
    /// - Parameters:
    ///   - octets: As they came.
    ///   - store: The anchors and CAs.
    ///   - rule: What is asked of the answer's nonce.
    ///   - isRevoked: Whether a list says so of the responder's own certificate, which the issuer signed.
    ///   - date: Now.
    /// - Returns: `nil` for anything but a signed "good" or "revoked" about the certificate; "unknown" is not good.
    func answer(
        _ octets: [UInt8],
        store: OpaquePointer,
        nonce rule: NonceRule,
        isRevoked: (_ serialNumber: [UInt8]) -> Bool,
        at date: Date
    ) -> StatusAnswer? {
        defer { ERR_clear_error() }
        guard let response = LibCrypto.read(octets, { ASN1_item_d2i_bio(OCSP_RESPONSE_it(), $0, nil) }) else {
            return nil
        }
        let object = OpaquePointer(response)
        defer { OCSP_RESPONSE_free(object) }
        guard OCSP_response_status(object) == OCSP_RESPONSE_STATUS_SUCCESSFUL,
            let basic = OCSP_response_get1_basic(object)
        else { return nil }
        defer { OCSP_BASICRESP_free(basic) }
        let nonce = OCSP_check_nonce(request, basic)
        guard rule == .ignored || nonce == 1 || (nonce == -1 && rule == .optional), isSigned(basic, store, isRevoked)
        else { return nil }
        return single(basic, octets, at: date)
    }

    private func isSigned(
        _ basic: OpaquePointer,
        _ store: OpaquePointer,
        _ isRevoked: (_ serialNumber: [UInt8]) -> Bool
    ) -> Bool {
        issuer.use { issuer in
            guard let certificates = OPENSSL_sk_new_null() else { return false }
            defer { OPENSSL_sk_free(certificates) }
            OPENSSL_sk_push(certificates, UnsafeRawPointer(issuer))
            guard OCSP_basic_verify(basic, certificates, store, UInt(OCSP_NOEXPLICIT)) == 1 else { return false }
            var signer: OpaquePointer?
            guard OCSP_resp_get0_signer(basic, &signer, certificates) == 1, let signer else { return false }
            if X509_cmp(signer, issuer) == 0 { return true }
            guard X509_get_ext_by_NID(signer, NID_id_pkix_OCSP_noCheck, -1) < 0 else { return true }
            let number = LibCrypto.encode { i2d_ASN1_INTEGER(X509_get0_serialNumber(signer), $0) }
            return number.map { !isRevoked($0) } ?? false
        }
    }

    private func single(_ basic: OpaquePointer, _ octets: [UInt8], at date: Date) -> StatusAnswer? {
        guard let asked = OCSP_request_onereq_get0(request, 0), let identifier = OCSP_onereq_get0_id(asked) else {
            return nil
        }
        var status: Int32 = -1
        var reason: Int32 = -1
        var thisUpdate: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
        var nextUpdate: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
        guard OCSP_resp_find_status(basic, identifier, &status, &reason, nil, &thisUpdate, &nextUpdate) == 1,
            let from = LibCrypto.date(thisUpdate)
        else { return nil }
        let verdict: RevocationVerdict
        switch status {
        case V_OCSP_CERTSTATUS_GOOD: verdict = .good
        case V_OCSP_CERTSTATUS_REVOKED: verdict = reason == OCSP_REVOKED_STATUS_CERTIFICATEHOLD ? .onHold : .revoked
        default: return nil
        }
        // Without nextUpdate newer information is always to be had: it serves the moment only.
        let until = nextUpdate == nil ? date.addingTimeInterval(StatusAnswer.moment) : LibCrypto.date(nextUpdate)
        guard let until, until > date, from <= date.addingTimeInterval(StatusAnswer.skew) else { return nil }
        return StatusAnswer(verdict: verdict, thisUpdate: from, until: until, der: octets)
    }
}

/// What is asked of an answer's nonce.
enum NonceRule: Sendable {
    case required
    /// Answers made ahead for all who ask have none; a wrong one is refused.
    case optional
    /// Of an answer to a question that is long forgotten.
    case ignored
}

/// What a responder answered, verified.
struct StatusAnswer: Sendable {
    var verdict: RevocationVerdict
    var thisUpdate: Date
    /// nextUpdate; it is never used longer.
    var until: Date
    /// The OCSPResponse, as evidence.
    var der: [UInt8]

    /// Seconds that an answer without nextUpdate is used.
    static let moment = 60.0
    /// Seconds that a responder's clock may be ahead.
    static let skew = 60.0
}
