import CLibCrypto

#if canImport(Glibc)
import Glibc
#endif

/// The CA's certificate and private key: signs certificates and revocation lists (RFC 5280).
final class IssuingKey: @unchecked Sendable {
    // Both are only read after this object is made; libcrypto counts their references itself.
    let certificate: OpaquePointer
    let key: OpaquePointer
    private let days: Int32

    /// - Parameters: PEM texts, and how many days a certificate is valid.
    init(certificate pem: [UInt8], key secret: [UInt8], days: Int) throws(AuthorityError) {
        defer { ERR_clear_error() }
        guard let certificate = LibCrypto.read(pem, { PEM_read_bio_X509($0, nil, noPassphrase, nil) }) else {
            throw AuthorityError("--ca-certificate is no PEM certificate")
        }
        guard let key = LibCrypto.read(secret, { PEM_read_bio_PrivateKey($0, nil, noPassphrase, nil) }) else {
            X509_free(certificate)
            throw AuthorityError("--ca-key is no PEM private key, or it is encrypted")
        }
        self.certificate = certificate
        self.key = key
        self.days = Int32(clamping: days)
        try check()
    }

    deinit {
        EVP_PKEY_free(key)
        X509_free(certificate)
    }

    private func check() throws(AuthorityError) {
        guard X509_check_private_key(certificate, key) == 1 else {
            throw AuthorityError("--ca-key does not belong to --ca-certificate")
        }
        let usage = UInt32(KU_KEY_CERT_SIGN | KU_CRL_SIGN)
        guard X509_check_ca(certificate) == 1, X509_get_key_usage(certificate) & usage == usage,
            X509_get0_subject_key_id(certificate) != nil
        else {
            throw AuthorityError(
                "--ca-certificate is not a CA's: it needs CA:TRUE, keyCertSign, cRLSign and a key identifier"
            )
        }
        guard X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0,
            X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0
        else { throw AuthorityError("--ca-certificate is not valid now") }
    }

    /// A user's certificate: to authenticate and to sign for good, and not to certify others.
    ///
    /// - Returns: `nil` if libcrypto refuses; its error queue says why. To be freed by the caller.
    func issue(_ request: CertificationRequest) -> OpaquePointer? {
        guard let new = X509_new() else { return nil }
        let extensions = [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_key_usage, "critical,digitalSignature,nonRepudiation"),
            (NID_subject_key_identifier, "hash"),
            (NID_authority_key_identifier, "keyid:always"),
        ]
        guard X509_set_version(new, Int(X509_VERSION_3)) == 1, setSerialNumber(new), setSubject(new, request),
            X509_set_issuer_name(new, X509_get_subject_name(certificate)) == 1, setValidity(new),
            setPublicKey(new, request.publicKey), extensions.allSatisfy({ add($0.0, $0.1, to: new) }),
            X509_sign(new, key, EVP_sha256()) > 0
        else {
            X509_free(new)
            return nil
        }
        return new
    }

    /// 128 random bits, as a positive number.
    private func setSerialNumber(_ new: OpaquePointer) -> Bool {
        var octets = [UInt8](repeating: 0, count: 16)
        guard RAND_bytes(&octets, Int32(octets.count)) == 1,
            let number = BN_bin2bn(octets, Int32(octets.count), nil)
        else { return false }
        defer { BN_free(number) }
        return BN_to_ASN1_INTEGER(number, X509_get_serialNumber(new)) != nil
    }

    private func setSubject(_ new: OpaquePointer, _ request: CertificationRequest) -> Bool {
        let subject = X509_get_subject_name(new)
        let attributes = [(NID_commonName, request.commonName), (NID_serialNumber, request.serialNumber)]
        return attributes.allSatisfy { kind, value in
            let octets = Array(value.utf8)
            return X509_NAME_add_entry_by_NID(subject, kind, MBSTRING_UTF8, octets, Int32(octets.count), -1, 0) == 1
        }
    }

    /// From a minute ago, for clocks that are behind; not beyond the CA's own end.
    private func setValidity(_ new: OpaquePointer) -> Bool {
        guard X509_gmtime_adj(X509_getm_notBefore(new), -60) != nil,
            X509_time_adj_ex(X509_getm_notAfter(new), days, 0, nil) != nil
        else { return false }
        let end = X509_get0_notAfter(certificate)
        guard ASN1_TIME_compare(X509_get0_notAfter(new), end) > 0 else { return true }
        return X509_set1_notAfter(new, end) == 1
    }

    private func setPublicKey(_ new: OpaquePointer, _ publicKey: [UInt8]) -> Bool {
        guard let parsed = LibCrypto.read(publicKey, { d2i_PUBKEY_bio($0, nil) }) else { return false }
        defer { EVP_PKEY_free(parsed) }
        return X509_set_pubkey(new, parsed) == 1
    }

    private func add(_ identifier: Int32, _ value: String, to new: OpaquePointer) -> Bool {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, certificate, new, nil, nil, 0)
        guard let made = X509V3_EXT_conf_nid(nil, &context, identifier, value) else { return false }
        defer { X509_EXTENSION_free(made) }
        return X509_add_ext(new, made, -1) == 1
    }
}
