import CLibCrypto
import Synchronization

import struct Foundation.Date

#if canImport(Glibc)
import Glibc
#endif

/// A revocation list in a file, read and verified again when the file has changed (RFC 5280 §5).
///
/// Its signature is verified once and not with every certificate: the cost would grow with the list.
final class RevocationList: @unchecked Sendable {
    private struct State {
        var stamp: [Int] = []
        var list: OpaquePointer?
    }

    private let path: String
    private let issuers: [OpaquePointer]
    // The lock guards the pointer; the object behind it is only read, and libcrypto locks its sorting itself.
    private let state = Mutex(State())

    /// - Parameters:
    ///   - path: Where the list is.
    ///   - issuers: Certificates of the CAs, freed by this object.
    init(path: String, issuers: [OpaquePointer]) {
        self.path = path
        self.issuers = issuers
    }

    deinit {
        state.withLock { X509_CRL_free($0.list) }
        for issuer in issuers { X509_free(issuer) }
    }

    /// Whether the list revokes a certificate, whose path was found good, or proves that it is not revoked.
    func validity(of certificate: OpaquePointer, at date: Date) -> UserAuthority.Validity {
        guard let list = current() else { return .noFreshProof }
        defer { X509_CRL_free(list) }
        guard X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_issuer_name(certificate)) == 0 else {
            return .noFreshProof
        }
        // Revoked is revoked, on hold too, and however old the list is that says so.
        var entry: OpaquePointer?
        guard X509_CRL_get0_by_cert(list, &entry, certificate) == 0 else { return .revoked }
        var time = time_t(date.timeIntervalSince1970)
        guard X509_cmp_time(X509_CRL_get0_lastUpdate(list), &time) < 0, let next = X509_CRL_get0_nextUpdate(list),
            X509_cmp_time(next, &time) > 0
        else { return .noFreshProof }
        return .valid
    }

    /// The list as it stands now, to be freed by the caller; whether it is fresh is decided when it is used.
    private func current() -> OpaquePointer? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        let stamp = [
            Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec), Int(status.st_size), Int(status.st_ino),
        ]
        return state.withLock { state in
            if state.stamp != stamp {
                X509_CRL_free(state.list)
                state.list = verified(read())
                // What could not be used is tried again.
                state.stamp = state.list == nil ? [] : stamp
            }
            guard let list = state.list, X509_CRL_up_ref(list) == 1 else { return nil }
            return list
        }
    }

    private func read() -> OpaquePointer? {
        guard let bio = BIO_new_file(path, "rb") else { return nil }
        defer { BIO_free_all(bio) }
        if let list = PEM_read_bio_X509_CRL(bio, nil, noPassphrase, nil) { return list }
        guard let again = BIO_new_file(path, "rb") else { return nil }
        defer { BIO_free_all(again) }
        return d2i_X509_CRL_bio(again, nil)
    }

    /// The list if one of the CAs has signed it for all its certificates, `nil` otherwise.
    private func verified(_ list: OpaquePointer?) -> OpaquePointer? {
        guard let list else { return nil }
        let isSigned = issuers.contains { issuer in
            X509_NAME_cmp(X509_get_subject_name(issuer), X509_CRL_get_issuer(list)) == 0
                && X509_get_key_usage(issuer) & UInt32(KU_CRL_SIGN) != 0
                && X509_CRL_verify(list, X509_get0_pubkey(issuer)) == 1
        }
        // Delta lists, lists of a part and whatever else is unknown here are marked by critical extensions.
        let isPlain = (0..<X509_CRL_get_ext_count(list)).allSatisfy {
            X509_EXTENSION_get_critical(X509_CRL_get_ext(list, $0)) == 0
        }
        guard isSigned, isPlain else {
            X509_CRL_free(list)
            return nil
        }
        // Looked into once before it is shared: libcrypto sorts it then, in place.
        var entry: OpaquePointer?
        X509_CRL_get0_by_cert(list, &entry, issuers[0])
        return list
    }
}
