import CLibCrypto
import Synchronization

import struct Foundation.Date

/// A certificate whose path to an anchor was built and checked; only time and revocation are still open.
struct CertificatePath: Sendable {
    /// The certificate, then each intermediate one, as a responder is asked about them.
    var links: [StatusSubject]
    /// Certificates between it and the root, in DER.
    var intermediates: [[UInt8]]
    /// When all of the path's certificates are valid.
    var notBefore: Date
    var notAfter: Date
    /// Certificate policies, dotted.
    var policies: Set<String>
}

/// Paths that were checked before: the check costs more than verifying a signature, and its outcome cannot change.
final class CertificatePaths: Sendable {
    private let known = Mutex<[[UInt8]: CertificatePath?]>([:])
    private let most: Int
    private let build: @Sendable (_ certificate: [UInt8], _ identity: [UInt8]) -> CertificatePath?

    /// - Parameters:
    ///   - most: How many are kept, some 0.5 KiB each; when there are more, all of them go.
    ///   - build: Checks a path; `nil` if there is none.
    init(
        most: Int = 65_536,
        build: @escaping @Sendable (_ certificate: [UInt8], _ identity: [UInt8]) -> CertificatePath?
    ) {
        self.most = most
        self.build = build
    }

    func path(of certificate: [UInt8]) -> CertificatePath? {
        let identity = MessageDigest.sha256(certificate)
        if let path = known.withLock({ $0[identity] }) { return path }
        let path = build(certificate, identity)
        known.withLock { known in
            if known.count >= most { known = [:] }
            known[identity] = .some(path)
        }
        return path
    }
}

extension CertificatePath {
    /// Builds and checks a path: signatures, names, constraints, uses; not the time.
    ///
    /// - Parameters:
    ///   - certificate: Of a user, in DER.
    ///   - identity: Its SHA-256.
    ///   - store: Anchors, and the CAs below them.
    ///   - responders: The OCSP responders that may be asked.
    init?(_ certificate: [UInt8], identity: [UInt8], store: OpaquePointer, responders: [String]) {
        defer { ERR_clear_error() }
        guard let leaf = ParsedCertificate(der: certificate), leaf.use(Self.isForSignatures),
            let chain = leaf.use({ Self.chain(of: $0, store) }), chain.count > 1
        else { return nil }
        var notBefore = Date.distantPast
        var notAfter = Date.distantFuture
        for member in chain {
            guard let from = member.use({ LibCrypto.date(X509_get0_notBefore($0)) }),
                let until = member.use({ LibCrypto.date(X509_get0_notAfter($0)) })
            else { return nil }
            notBefore = max(notBefore, from)
            notAfter = min(notAfter, until)
        }
        self.notBefore = notBefore
        self.notAfter = notAfter
        intermediates = chain.dropFirst().dropLast().map(\.der)
        policies = leaf.use(Self.policies)
        links = zip(chain, chain.dropFirst()).enumerated().map { index, pair in
            StatusSubject(
                identity: index == 0 ? identity : MessageDigest.sha256(pair.0.der),
                serialNumber: pair.0.serialNumber,
                issuer: pair.1,
                responder: Self.responder(for: pair.0, among: responders)
            )
        }
    }

    /// Not a CA's, and its key usage, if any is said, is to sign.
    static func isForSignatures(_ certificate: OpaquePointer) -> Bool {
        X509_check_ca(certificate) == 0
            && X509_get_key_usage(certificate) & UInt32(KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION) != 0
    }

    /// The path from a certificate to its root.
    private static func chain(of certificate: OpaquePointer, _ store: OpaquePointer) -> [ParsedCertificate]? {
        guard let context = X509_STORE_CTX_new() else { return nil }
        defer { X509_STORE_CTX_free(context) }
        guard X509_STORE_CTX_init(context, store, certificate, nil) == 1 else { return nil }
        // Time is compared with each use; the outcome of all else is kept.
        X509_VERIFY_PARAM_clear_flags(X509_STORE_CTX_get0_param(context), UInt(X509_V_FLAG_USE_CHECK_TIME))
        X509_STORE_CTX_set_flags(context, UInt(X509_V_FLAG_NO_CHECK_TIME))
        guard X509_verify_cert(context) == 1, let stack = X509_STORE_CTX_get1_chain(context) else { return nil }
        defer { OPENSSL_sk_free(stack) }
        return (0..<max(0, OPENSSL_sk_num(stack))).compactMap { index in
            OPENSSL_sk_value(stack, index).map { ParsedCertificate(owning: OpaquePointer($0)) }
        }
    }

    /// The responder that the certificate names, if it may be asked; else the only one there is.
    private static func responder(for certificate: ParsedCertificate, among responders: [String]) -> String? {
        guard let names = certificate.use({ X509_get1_ocsp($0) }) else {
            return responders.count == 1 ? responders.first : nil
        }
        defer { X509_email_free(names) }
        for index in 0..<max(0, OPENSSL_sk_num(names)) {
            guard let text = OPENSSL_sk_value(names, index) else { continue }
            let name = String(cString: text.assumingMemoryBound(to: CChar.self))
            if responders.contains(name) { return name }
        }
        return responders.count == 1 ? responders.first : nil
    }

    private static func policies(_ certificate: OpaquePointer) -> Set<String> {
        guard let value = X509_get_ext_d2i(certificate, NID_certificate_policies, nil, nil) else { return [] }
        let stack = OpaquePointer(value)
        defer { CERTIFICATEPOLICIES_free(stack) }
        var policies: Set<String> = []
        for index in 0..<max(0, OPENSSL_sk_num(stack)) {
            guard let policy = OPENSSL_sk_value(stack, index)?.assumingMemoryBound(to: POLICYINFO.self) else {
                continue
            }
            var text = [CChar](repeating: 0, count: 128)
            let length = OBJ_obj2txt(&text, Int32(text.count), policy.pointee.policyid, 1)
            guard length > 0, length < text.count else { continue }
            policies.insert(String(decoding: text.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        return policies
    }
}
