import CLibCrypto

/// Whose requests are carried out: a certificate by the given root, with exactly the given URI as its subject
/// alternative name, for a registration authority's requests (id-kp-cmcRA, RFC 6402 §2.10) or for a TLS client's, so
/// that a service may use the one certificate it has.
final class RegistrationAuthorityTrust: @unchecked Sendable {
    // Both are only read after this object is made; libcrypto locks its stores itself.
    let store: OpaquePointer
    private let uri: [UInt8]

    /// Trusts whoever the root certified under the URI.
    ///
    /// - Parameters:
    ///   - pem: The root, PEM.
    ///   - uri: Compared octet by octet.
    /// - Throws: When the root is no PEM certificate.
    init(root pem: [UInt8], uri: String) throws(AuthorityError) {
        defer { ERR_clear_error() }
        guard let root = LibCrypto.read(pem, { PEM_read_bio_X509($0, nil, noPassphrase, nil) }) else {
            throw AuthorityError("--registration-authority-ca is no PEM certificate")
        }
        defer { X509_free(root) }
        guard let store = X509_STORE_new(), X509_STORE_add_cert(store, root) == 1 else {
            throw AuthorityError("out of memory")
        }
        self.store = store
        self.uri = Array(uri.utf8)
        X509_STORE_set_verify_cb(store, onlyRegistrationAuthority)
        X509_STORE_set_ex_data(store, 0, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit { X509_STORE_free(store) }

    fileprivate func accepts(_ certificate: OpaquePointer?) -> Bool {
        identifier(of: certificate) == uri
            && (hasPurpose(NID_cmcRA, certificate) || hasPurpose(NID_client_auth, certificate))
    }

    /// The one name in the subject alternative name, if it is a URI.
    private func identifier(of certificate: OpaquePointer?) -> [UInt8]? {
        guard let found = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return nil }
        let names = OpaquePointer(found)
        defer { GENERAL_NAMES_free(names) }
        guard OPENSSL_sk_num(names) == 1, let name = OPENSSL_sk_value(names, 0) else { return nil }
        var kind: Int32 = 0
        let value = GENERAL_NAME_get0_value(name.assumingMemoryBound(to: GENERAL_NAME.self), &kind)
        guard kind == GEN_URI, let value else { return nil }
        return LibCrypto.octets(value.assumingMemoryBound(to: ASN1_STRING.self))
    }

    private func hasPurpose(_ purpose: Int32, _ certificate: OpaquePointer?) -> Bool {
        guard let found = X509_get_ext_d2i(certificate, NID_ext_key_usage, nil, nil) else { return false }
        let purposes = OpaquePointer(found)
        defer { EXTENDED_KEY_USAGE_free(purposes) }
        return (0..<max(0, OPENSSL_sk_num(purposes))).contains { index in
            OBJ_obj2nid(OPENSSL_sk_value(purposes, index).map { OpaquePointer($0) }) == purpose
        }
    }
}

/// Asked by libcrypto about each certificate of a path; the one that signed the request is at depth 0.
private func onlyRegistrationAuthority(_ isGood: Int32, _ context: OpaquePointer?) -> Int32 {
    guard isGood == 1, X509_STORE_CTX_get_error_depth(context) == 0 else { return isGood }
    if let argument = X509_STORE_get_ex_data(X509_STORE_CTX_get0_store(context), 0) {
        let trust = Unmanaged<RegistrationAuthorityTrust>.fromOpaque(argument).takeUnretainedValue()
        if trust.accepts(X509_STORE_CTX_get_current_cert(context)) { return 1 }
    }
    X509_STORE_CTX_set_error(context, X509_V_ERR_APPLICATION_VERIFICATION)
    return 0
}
