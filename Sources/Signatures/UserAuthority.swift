import CLibCrypto
import Synchronization

public import struct Foundation.Date

#if canImport(Glibc)
import Glibc
#endif

/// The CA of the users' certificates: decides whether one of them is to be trusted now.
public final class UserAuthority: @unchecked Sendable {
    /// What can be said of a certificate.
    public enum Validity: Sendable, Equatable {
        case valid
        case revoked
        case expired
        /// Valid as far as is known, but there is no fresh revocation list to prove it.
        case noFreshProof
        case invalid
    }

    // Set once and only read; libcrypto locks its stores itself.
    private let anchors: [OpaquePointer]
    private let revocations: RevocationList?

    /// - Parameters:
    ///   - anchors: PEM of the user CA.
    ///   - revocationList: Path of the CA's revocation list, PEM or DER; read again when the file changes.
    public init(anchors pem: [UInt8], revocationList: String?) throws(SignatureError) {
        guard let anchor = LibCrypto.read(pem, { PEM_read_bio_X509($0, nil, nil, nil) }) else {
            throw SignatureError("the user CA's file holds no PEM certificate")
        }
        anchors = [anchor]
        revocations = revocationList.map { RevocationList(path: $0) }
    }

    deinit {
        for anchor in anchors { X509_free(anchor) }
    }

    /// Path to the user CA, time, and revocation by the CA's list.
    public func validity(of certificate: [UInt8], at date: Date = Date()) -> Validity {
        defer { ERR_clear_error() }
        switch verify(certificate, with: nil, at: date) {
        case X509_V_OK: break
        case X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID: return .expired
        default: return .invalid
        }
        guard let list = revocations?.current() else { return .noFreshProof }
        defer { X509_CRL_free(list) }
        switch verify(certificate, with: list, at: date) {
        case X509_V_OK: return .valid
        case X509_V_ERR_CERT_REVOKED: return .revoked
        default: return .noFreshProof
        }
    }

    /// Checks a new certificate: by this CA, valid now, for this key and these names, to sign and to authenticate.
    public func check(
        _ certificate: [UInt8],
        publicKey: [UInt8],
        commonName: String,
        serialNumber: String
    ) throws(SignatureError) {
        defer { ERR_clear_error() }
        let parsed = try UserCertificate(der: certificate)
        guard parsed.publicKey == publicKey else { throw SignatureError("the certificate is for another key") }
        guard verify(certificate, with: nil, at: Date()) == X509_V_OK else {
            throw SignatureError("the certificate is not by the user CA, or not valid now")
        }
        guard let object = LibCrypto.read(certificate, { d2i_X509_bio($0, nil) }) else {
            throw SignatureError("the certificate is not well-formed")
        }
        defer { X509_free(object) }
        let subject = X509_get_subject_name(object)
        guard X509_NAME_entry_count(subject) == 2, Self.entry(subject, NID_commonName) == commonName,
            Self.entry(subject, NID_serialNumber) == serialNumber
        else { throw SignatureError("the certificate is for another subject") }
        guard X509_check_ca(object) == 0, X509_get_key_usage(object) & UInt32(KU_DIGITAL_SIGNATURE) != 0 else {
            throw SignatureError("the certificate is not for a user's signatures")
        }
    }

    private func verify(_ certificate: [UInt8], with list: OpaquePointer?, at date: Date) -> Int32 {
        guard let object = LibCrypto.read(certificate, { d2i_X509_bio($0, nil) }), let store = X509_STORE_new(),
            let context = X509_STORE_CTX_new()
        else { return X509_V_ERR_OUT_OF_MEM }
        defer {
            X509_STORE_CTX_free(context)
            X509_STORE_free(store)
            X509_free(object)
        }
        for anchor in anchors { X509_STORE_add_cert(store, anchor) }
        if let list {
            X509_STORE_add_crl(store, list)
            X509_STORE_set_flags(store, UInt(X509_V_FLAG_CRL_CHECK))
        }
        guard X509_STORE_CTX_init(context, store, object, nil) == 1 else { return X509_V_ERR_OUT_OF_MEM }
        X509_STORE_CTX_set_time(context, 0, time_t(date.timeIntervalSince1970))
        return X509_verify_cert(context) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context)
    }

    private static func entry(_ name: OpaquePointer?, _ identifier: Int32) -> String? {
        let index = X509_NAME_get_index_by_NID(name, identifier, -1)
        guard index >= 0, let entry = X509_NAME_get_entry(name, index),
            let data = X509_NAME_ENTRY_get_data(entry)
        else { return nil }
        var text: UnsafeMutablePointer<UInt8>?
        let length = ASN1_STRING_to_UTF8(&text, data)
        guard length >= 0, let text else { return nil }
        defer { CRYPTO_free(text, nil, 0) }
        return String(validating: UnsafeBufferPointer(start: text, count: Int(length)), as: UTF8.self)
    }
}

/// A revocation list in a file, read again when the file has changed.
private final class RevocationList: @unchecked Sendable {
    private struct State {
        var stamp: [Int] = []
        var list: OpaquePointer?
    }

    private let path: String
    // The lock guards the pointer; the object behind it is only read.
    private let state = Mutex(State())

    init(path: String) {
        self.path = path
    }

    deinit { state.withLock { X509_CRL_free($0.list) } }

    /// The list as it stands now, to be freed by the caller; whether it is fresh is decided when it is used.
    func current() -> OpaquePointer? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        let stamp = [
            Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec), Int(status.st_size), Int(status.st_ino),
        ]
        return state.withLock { state in
            if state.stamp != stamp {
                X509_CRL_free(state.list)
                state.list = read()
                state.stamp = stamp
            }
            guard let list = state.list, X509_CRL_up_ref(list) == 1 else { return nil }
            return list
        }
    }

    private func read() -> OpaquePointer? {
        guard let bio = BIO_new_file(path, "rb") else { return nil }
        defer { BIO_free_all(bio) }
        if let list = PEM_read_bio_X509_CRL(bio, nil, nil, nil) { return list }
        guard let again = BIO_new_file(path, "rb") else { return nil }
        defer { BIO_free_all(again) }
        return d2i_X509_CRL_bio(again, nil)
    }
}
