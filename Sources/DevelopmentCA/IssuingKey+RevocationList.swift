import CLibCrypto

#if canImport(Glibc)
import Glibc
#endif

extension IssuingKey {
    /// A revocation list of version 2, valid for a day (RFC 5280 §5).
    ///
    /// Its number is the time, in seconds since 1970: it grows from list to list, through restarts as well.
    ///
    /// - Returns: PEM; `nil` if libcrypto refuses.
    func revocationList(_ revoked: [Revocation], at now: time_t = time(nil)) -> [UInt8]? {
        guard let list = X509_CRL_new() else { return nil }
        defer { X509_CRL_free(list) }
        guard X509_CRL_set_version(list, 1) == 1,
            X509_CRL_set_issuer_name(list, X509_get_subject_name(certificate)) == 1,
            setTimes(list, now), revoked.allSatisfy({ add($0, to: list) }), addExtensions(list, now),
            X509_CRL_sort(list) == 1, X509_CRL_sign(list, key, EVP_sha256()) > 0
        else { return nil }
        return LibCrypto.written { PEM_write_bio_X509_CRL($0, list) }
    }

    private func setTimes(_ list: OpaquePointer, _ now: time_t) -> Bool {
        guard let this = ASN1_TIME_set(nil, now), let next = ASN1_TIME_set(nil, now + 24 * 3_600) else { return false }
        defer {
            ASN1_STRING_free(this)
            ASN1_STRING_free(next)
        }
        return X509_CRL_set1_lastUpdate(list, this) == 1 && X509_CRL_set1_nextUpdate(list, next) == 1
    }

    private func add(_ revocation: Revocation, to list: OpaquePointer) -> Bool {
        guard let entry = X509_REVOKED_new() else { return false }
        guard let number = BN_bin2bn(revocation.serialNumber, Int32(revocation.serialNumber.count), nil),
            let date = ASN1_TIME_set(nil, revocation.time)
        else {
            X509_REVOKED_free(entry)
            return false
        }
        defer {
            BN_free(number)
            ASN1_STRING_free(date)
        }
        guard let serialNumber = BN_to_ASN1_INTEGER(number, nil) else {
            X509_REVOKED_free(entry)
            return false
        }
        defer { ASN1_STRING_free(serialNumber) }
        guard X509_REVOKED_set_serialNumber(entry, serialNumber) == 1,
            X509_REVOKED_set_revocationDate(entry, date) == 1, X509_CRL_add0_revoked(list, entry) == 1
        else {
            X509_REVOKED_free(entry)
            return false
        }
        return true
    }

    private func addExtensions(_ list: OpaquePointer, _ now: time_t) -> Bool {
        guard let number = ASN1_STRING_type_new(V_ASN1_INTEGER) else { return false }
        defer { ASN1_STRING_free(number) }
        guard ASN1_INTEGER_set_int64(number, Int64(now)) == 1,
            X509_CRL_add1_ext_i2d(list, NID_crl_number, number, 0, 0) == 1
        else { return false }
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, certificate, nil, nil, list, 0)
        guard let made = X509V3_EXT_conf_nid(nil, &context, NID_authority_key_identifier, "keyid:always") else {
            return false
        }
        defer { X509_EXTENSION_free(made) }
        return X509_CRL_add_ext(list, made, -1) == 1
    }
}
