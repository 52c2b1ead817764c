import CLibCrypto
import Synchronization

/// One transaction of the protocol: a request, its answer and, if that was not waived, the confirmation (RFC 4210 §5.2).
///
/// libcrypto keeps the state of one transaction in a server context, so each has its own.
final class CMPTransaction {
    private let context: OpaquePointer
    private let issuing: IssuingKey
    private let journal: Journal
    private let trust: RegistrationAuthorityTrust
    /// The certificate of this transaction: its serial number, and its SHA-256 as a confirmation must name it.
    private var issued: (serialNumber: [UInt8], digest: [UInt8])?

    /// What came of the message.
    enum Outcome: Equatable {
        case refused(String)
        case issued
        case confirmed
        case revoked
    }

    private(set) var outcome = Outcome.refused("")

    init?(_ issuing: IssuingKey, _ trust: RegistrationAuthorityTrust, _ journal: Journal) {
        guard let context = OSSL_CMP_SRV_CTX_new(nil, nil) else { return nil }
        self.context = context
        self.issuing = issuing
        self.journal = journal
        self.trust = trust
        guard prepare() else { return nil }
    }

    deinit { OSSL_CMP_SRV_CTX_free(context) }

    private func prepare() -> Bool {
        let own = Unmanaged.passUnretained(self).toOpaque()
        let inner = OSSL_CMP_SRV_CTX_get0_cmp_ctx(context)
        guard OSSL_CMP_SRV_CTX_init(context, own, certificateAsked, nil, nil, nil, certificateConfirmed, nil) == 1,
            OSSL_CMP_CTX_set1_cert(inner, issuing.certificate) == 1,
            OSSL_CMP_CTX_set1_pkey(inner, issuing.key) == 1,
            OSSL_CMP_SRV_CTX_set_accept_raverified(context, 1) == 1,
            OSSL_CMP_SRV_CTX_set_grant_implicit_confirm(context, 1) == 1,
            OSSL_CMP_CTX_set_log_cb(inner, log) == 1, X509_STORE_up_ref(trust.store) == 1
        else { return false }
        guard OSSL_CMP_CTX_set0_trustedStore(inner, trust.store) == 1 else {
            X509_STORE_free(trust.store)
            return false
        }
        return true
    }

    /// Answers a message; `nil` if not even a refusal can be made of it.
    func answer(_ message: OpaquePointer) -> [UInt8]? {
        outcome = .refused("")
        complaints.withLock { $0.removeAll() }
        let answer = OSSL_CMP_SRV_process_request(context, message)
        defer { OSSL_CMP_MSG_free(answer) }
        if outcome == .refused("") { outcome = .refused(complaints.withLock { $0.joined(separator: "; ") }) }
        guard let answer else { return nil }
        return LibCrypto.encoded { i2d_OSSL_CMP_MSG(answer, $0) }
    }

    /// Certifies what was asked; the signature on the request has been verified by now.
    ///
    /// - Returns: The certificate, to be freed by the caller.
    fileprivate func certify(
        _ request: OpaquePointer?,
        _ template: OpaquePointer?
    ) throws(CertificationRequest.Refusal) -> OpaquePointer {
        let kind = OSSL_CMP_MSG_get_bodytype(request)
        guard kind == OSSL_CMP_IR || kind == OSSL_CMP_CR, let template else {
            throw .init(failure: OSSL_CMP_PKIFAILUREINFO_badRequest, reason: "only ir and cr are carried out here")
        }
        guard issued == nil else {
            throw .init(
                failure: OSSL_CMP_PKIFAILUREINFO_transactionIdInUse,
                reason: "the transaction has its certificate"
            )
        }
        let asked = try CertificationRequest(template, issuer: X509_get_subject_name(issuing.certificate))
        let failure = CertificationRequest.Refusal(
            failure: OSSL_CMP_PKIFAILUREINFO_systemFailure,
            reason: "the certificate cannot be made or noted"
        )
        guard let certificate = issuing.issue(asked) else { throw failure }
        let serialNumber = LibCrypto.octets(X509_get0_serialNumber(certificate))
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        guard let der = LibCrypto.encoded({ i2d_X509(certificate, $0) }),
            X509_digest(certificate, EVP_sha256(), &digest, &length) == 1,
            journal.issued(serialNumber, certificate: der)
        else {
            X509_free(certificate)
            throw failure
        }
        issued = (serialNumber, Array(digest.prefix(Int(length))))
        outcome = .issued
        return certificate
    }

    fileprivate func refuse(_ reason: String) {
        outcome = .refused(reason)
    }

    /// Takes the requester's word on its certificate; one that it does not want is revoked.
    ///
    /// - Returns: Whether the confirmation fits the certificate.
    fileprivate func confirm(digest: [UInt8], isAccepted: Bool) -> Bool {
        guard let issued, issued.digest == digest else { return false }
        guard isAccepted else {
            guard journal.revoked(issued.serialNumber) else { return false }
            outcome = .revoked
            return true
        }
        outcome = .confirmed
        return true
    }
}

private func certificateAsked(
    _ context: OpaquePointer?,
    _ message: OpaquePointer?,
    _ identifier: Int32,
    _ request: OpaquePointer?,
    _ pkcs10: OpaquePointer?,
    _ certificate: UnsafeMutablePointer<OpaquePointer?>?,
    _ chain: UnsafeMutablePointer<OpaquePointer?>?,
    _ authorities: UnsafeMutablePointer<OpaquePointer?>?
) -> OpaquePointer? {
    guard let argument = OSSL_CMP_SRV_CTX_get0_custom_ctx(context), let certificate else { return nil }
    let transaction = Unmanaged<CMPTransaction>.fromOpaque(argument).takeUnretainedValue()
    do throws(CertificationRequest.Refusal) {
        let template = request.flatMap { OSSL_CRMF_MSG_get0_tmpl($0) }
        certificate.pointee = try transaction.certify(message, template)
        return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_accepted, 0, nil)
    } catch {
        transaction.refuse("\(error.reason)")
        return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_rejection, 1 << error.failure, "\(error.reason)")
    }
}

private func certificateConfirmed(
    _ context: OpaquePointer?,
    _ message: OpaquePointer?,
    _ identifier: Int32,
    _ digest: UnsafePointer<ASN1_OCTET_STRING>?,
    _ status: OpaquePointer?
) -> Int32 {
    guard let argument = OSSL_CMP_SRV_CTX_get0_custom_ctx(context) else { return 0 }
    let transaction = Unmanaged<CMPTransaction>.fromOpaque(argument).takeUnretainedValue()
    return transaction.confirm(digest: LibCrypto.octets(digest), isAccepted: isAcceptance(status)) ? 1 : 0
}

/// No status is an acceptance (RFC 4210 §5.3.18); otherwise it is the INTEGER that PKIStatusInfo begins with.
private func isAcceptance(_ status: OpaquePointer?) -> Bool {
    guard let status else { return true }
    guard let der = LibCrypto.encoded({ i2d_OSSL_CMP_PKISI(status, $0) }), var fields = DERFields(sequence: der),
        let number = fields.next(), number.tag == 0x02
    else { return false }
    return Array(number.content) == [UInt8(OSSL_CMP_PKISTATUS_accepted)]
        || Array(number.content) == [UInt8(OSSL_CMP_PKISTATUS_grantedWithMods)]
}

/// What libcrypto complains of while it processes a message.
///
/// It empties its error queue into its log, which has no room for a context; but one message is processed at a time.
private let complaints = Mutex<[String]>([])

/// Keeps the complaints of libcrypto's log.
private func log(
    _ function: UnsafePointer<CChar>?,
    _ file: UnsafePointer<CChar>?,
    _ line: Int32,
    _ level: OSSL_CMP_severity,
    _ message: UnsafePointer<CChar>?
) -> Int32 {
    guard level <= OSSL_CMP_LOG_ERR, let message else { return 1 }
    complaints.withLock { if $0.count < 4 { $0.append(String(cString: message)) } }
    return 1
}
