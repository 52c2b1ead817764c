import CLibCrypto
import MSSCore

/// One certification request and its answer (RFC 4210 §5.3.5, §5.3.6), on a thread that may block.
struct CMPExchange {
    let endpoint: CMPEndpoint
    let credential: CMPCredential
    let asked: ProvenKey

    /// Why there is no certificate.
    enum Failure: Error {
        /// No thread became free for the exchange.
        case busy
        /// The name or the key cannot be put into a request.
        case unusable(String)
        /// No answer, or none that is CMP.
        case unanswered(String)
        /// The authority said no.
        case refused(String)
        /// The answer is not by the authority, or not what was asked.
        case untrusted(String)
    }

    /// - Parameter seconds: How long the whole exchange may take.
    /// - Returns: The certificate in DER.
    func run(seconds: Int32) -> Result<[UInt8], Failure> {
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let context = OSSL_CMP_CTX_new(nil, nil) else { return .failure(.unusable("out of memory")) }
        defer { OSSL_CMP_CTX_free(context) }
        let check = IssuedCertificateCheck(asked: asked, issuers: credential.issuers)
        return withExtendedLifetime(check) {
            guard prepare(context, check, seconds: seconds) else {
                return .failure(.unusable("the request cannot be made: \(LibCryptoErrors().text)"))
            }
            guard let certificate = OSSL_CMP_exec_certreq(context, OSSL_CMP_CR, nil) else {
                return .failure(failure(context, check))
            }
            // libcrypto hands it over only after the check has had its say; that it was asked is checked here.
            guard check.outcome == .accepted, let der = LibCrypto.encoded({ i2d_X509(certificate, $0) }) else {
                return .failure(.untrusted("the certificate was not checked"))
            }
            return .success(der)
        }
    }

    private func prepare(_ context: OpaquePointer, _ check: IssuedCertificateCheck, seconds: Int32) -> Bool {
        let options: [(Int32, Int32)] = [
            (OSSL_CMP_OPT_TOTAL_TIMEOUT, seconds), (OSSL_CMP_OPT_MSG_TIMEOUT, seconds),
            (OSSL_CMP_OPT_POPO_METHOD, OSSL_CRMF_POPO_RAVERIFIED), (OSSL_CMP_OPT_IMPLICIT_CONFIRM, 1),
            // Else the user's certificate is asked for with the registration authority's own alternative names.
            (OSSL_CMP_OPT_SUBJECTALTNAME_NODEFAULT, 1),
            // A CA's certificate need not allow signatures other than on certificates; who may sign is decided by
            // the trust store.
            (OSSL_CMP_OPT_IGNORE_KEYUSAGE, 1),
        ]
        guard options.allSatisfy({ OSSL_CMP_CTX_set_option(context, $0.0, $0.1) == 1 }) else { return false }
        OSSL_CMP_CTX_set_log_cb(context, discard)
        OSSL_CMP_CTX_set_certConf_cb(context, confirm)
        OSSL_CMP_CTX_set_certConf_cb_arg(context, Unmanaged.passUnretained(check).toOpaque())
        return reach(context) && identify(context) && ask(context)
    }

    private func reach(_ context: OpaquePointer) -> Bool {
        // An empty proxy: the environment of the process is not asked for one.
        OSSL_CMP_CTX_set1_proxy(context, "") == 1
            && OSSL_CMP_CTX_set1_server(context, endpoint.host) == 1
            && OSSL_CMP_CTX_set_serverPort(context, endpoint.port) == 1
            && OSSL_CMP_CTX_set1_serverPath(context, endpoint.path) == 1
    }

    private func identify(_ context: OpaquePointer) -> Bool {
        guard X509_STORE_up_ref(credential.responders) == 1 else { return false }
        guard OSSL_CMP_CTX_set0_trustedStore(context, credential.responders) == 1 else {
            X509_STORE_free(credential.responders)
            return false
        }
        return OSSL_CMP_CTX_set1_cert(context, credential.certificate) == 1
            && OSSL_CMP_CTX_set1_pkey(context, credential.key) == 1
            && OSSL_CMP_CTX_set1_recipient(context, X509_get_subject_name(credential.authority)) == 1
            // Else libcrypto asks the CA to name the registration authority's issuer.
            && OSSL_CMP_CTX_set1_issuer(context, X509_get_subject_name(credential.authority)) == 1
    }

    private func ask(_ context: OpaquePointer) -> Bool {
        guard let name = X509_NAME_new() else { return false }
        defer { X509_NAME_free(name) }
        guard add(asked.subject.commonName, NID_commonName, name),
            add(asked.subject.serialNumber, NID_serialNumber, name),
            OSSL_CMP_CTX_set1_subjectName(context, name) == 1,
            let key = LibCrypto.read(asked.publicKey, { d2i_PUBKEY_bio($0, nil) })
        else { return false }
        guard OSSL_CMP_CTX_set0_newPkey(context, 0, key) == 1 else {
            EVP_PKEY_free(key)
            return false
        }
        return true
    }

    private func add(_ value: String, _ attribute: Int32, _ name: OpaquePointer) -> Bool {
        let octets = Array(value.utf8)
        guard !octets.isEmpty, !octets.contains(0) else { return false }
        return X509_NAME_add_entry_by_NID(name, attribute, MBSTRING_UTF8, octets, Int32(clamping: octets.count), -1, 0)
            == 1
    }

    private func failure(_ context: OpaquePointer, _ check: IssuedCertificateCheck) -> Failure {
        let errors = LibCryptoErrors()
        if case .refused(let reason) = check.outcome { return .untrusted(reason) }
        if OSSL_CMP_CTX_get_status(context) == OSSL_CMP_PKISTATUS_rejection {
            return .refused("\(errors.text); \(status(context))")
        }
        return errors.isTransfer ? .unanswered(errors.text) : .untrusted(errors.text)
    }

    /// What the authority said, without the subject should it repeat that.
    private func status(_ context: OpaquePointer) -> String {
        var buffer = [CChar](repeating: 0, count: 512)
        guard OSSL_CMP_CTX_snprint_PKIStatus(context, &buffer, buffer.count) != nil else { return "no reason given" }
        let octets = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: octets, as: UTF8.self)
            .replacing(asked.subject.commonName, with: "…")
            .replacing(asked.subject.serialNumber, with: "…")
    }
}

private func confirm(
    _ context: OpaquePointer?,
    _ certificate: OpaquePointer?,
    _ failure: Int32,
    _ text: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> Int32 {
    guard let argument = OSSL_CMP_CTX_get_certConf_cb_arg(context), let certificate else {
        return 1 << OSSL_CMP_PKIFAILUREINFO_systemFailure
    }
    let check = Unmanaged<IssuedCertificateCheck>.fromOpaque(argument).takeUnretainedValue()
    check.run(on: certificate)
    guard failure == 0 else { return failure }
    return check.outcome == .accepted ? 0 : 1 << OSSL_CMP_PKIFAILUREINFO_incorrectData
}

/// libcrypto's own account of the exchange, which names subjects.
private func discard(
    _ function: UnsafePointer<CChar>?,
    _ file: UnsafePointer<CChar>?,
    _ line: Int32,
    _ level: OSSL_CMP_severity,
    _ message: UnsafePointer<CChar>?
) -> Int32 { 1 }
