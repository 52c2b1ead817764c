import CLibCrypto

/// The registration authority's certificate and key, the authority that it asks, and what they are checked with.
final class CMPCredential: @unchecked Sendable {
    // All are only read after this object is made; libcrypto counts its references and locks its stores itself.
    let certificate: OpaquePointer
    let key: OpaquePointer
    let authority: OpaquePointer
    /// Whose signatures on answers are believed.
    let responders: OpaquePointer
    /// Whose certificates are taken.
    let issuers: OpaquePointer

    init(_ settings: CMPSettings) throws(CMPError) {
        defer { ERR_clear_error() }
        guard let certificate = Self.certificate(settings.raCertificate) else {
            throw CMPError("the registration authority's certificate is no PEM certificate")
        }
        guard let key = LibCrypto.read(settings.raKey, { PEM_read_bio_PrivateKey($0, nil, noPassphrase, nil) }) else {
            X509_free(certificate)
            throw CMPError("the registration authority's key is no PEM private key, or it is encrypted")
        }
        guard X509_check_private_key(certificate, key) == 1 else {
            X509_free(certificate)
            EVP_PKEY_free(key)
            throw CMPError("the registration authority's key does not belong to its certificate")
        }
        guard let authority = Self.certificate(settings.authorityCertificate), X509_check_ca(authority) != 0 else {
            X509_free(certificate)
            EVP_PKEY_free(key)
            throw CMPError("the certification authority's certificate is no PEM certificate of a CA")
        }
        guard let responders = X509_STORE_new(), let issuers = X509_STORE_new() else {
            throw CMPError("out of memory")
        }
        self.certificate = certificate
        self.key = key
        self.authority = authority
        self.responders = responders
        self.issuers = issuers
        for store in [responders, issuers] {
            X509_STORE_add_cert(store, authority)
            // The authority may itself be certified by one that is not trusted here.
            X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN))
        }
        X509_STORE_set_verify_cb(responders, onlyAuthorityOrItsResponder)
    }

    deinit {
        X509_STORE_free(responders)
        X509_STORE_free(issuers)
        X509_free(authority)
        EVP_PKEY_free(key)
        X509_free(certificate)
    }

    private static func certificate(_ pem: [UInt8]) -> OpaquePointer? {
        LibCrypto.read(pem) { PEM_read_bio_X509($0, nil, noPassphrase, nil) }
    }
}

/// A user's certificate is by the same authority as its answers: so who signs an answer must be the authority itself,
/// or be certified for that (id-kp-cmcCA, RFC 6402 §2.10).
private func onlyAuthorityOrItsResponder(_ isGood: Int32, _ context: OpaquePointer?) -> Int32 {
    guard isGood == 1, X509_STORE_CTX_get_error_depth(context) == 0 else { return isGood }
    if OPENSSL_sk_num(X509_STORE_CTX_get0_chain(context)) == 1 { return 1 }
    let signer = X509_STORE_CTX_get_current_cert(context)
    if hasPurpose(NID_cmcCA, signer), X509_get_key_usage(signer) & UInt32(KU_DIGITAL_SIGNATURE) != 0 { return 1 }
    X509_STORE_CTX_set_error(context, X509_V_ERR_INVALID_PURPOSE)
    return 0
}

/// Whether the certificate's extended key usage names the purpose.
private func hasPurpose(_ purpose: Int32, _ certificate: OpaquePointer?) -> Bool {
    guard let found = X509_get_ext_d2i(certificate, NID_ext_key_usage, nil, nil) else { return false }
    let purposes = OpaquePointer(found)
    defer { EXTENDED_KEY_USAGE_free(purposes) }
    return (0..<max(0, OPENSSL_sk_num(purposes))).contains { index in
        OBJ_obj2nid(OPENSSL_sk_value(purposes, index).map { OpaquePointer($0) }) == purpose
    }
}
