import CLibCrypto

public import struct Foundation.Date

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

    // Made once and only read; libcrypto locks its stores itself.
    private let store: OpaquePointer
    private let revocations: RevocationList?
    private let parsed = ParsedCertificates(most: 2_048)

    /// Trusts the CA, or CAs, of a file.
    ///
    /// - Parameters:
    ///   - pem: Certificate of the user CA; of every one of them if there are more.
    ///   - revocationList: Path of the CA's revocation list, PEM or DER; read again when the file changes.
    /// - Throws: ``SignatureError`` if the text holds no certificate.
    public init(anchors pem: [UInt8], revocationList: String?) throws(SignatureError) {
        defer { ERR_clear_error() }
        let anchors = LibCrypto.certificates(pem: pem)
        guard !anchors.isEmpty else { throw SignatureError("the user CA's file holds no PEM certificate") }
        guard let store = X509_STORE_new() else {
            for anchor in anchors { X509_free(anchor) }
            throw SignatureError("out of memory")
        }
        for anchor in anchors { X509_STORE_add_cert(store, anchor) }
        self.store = store
        revocations = revocationList.map { RevocationList(path: $0, issuers: anchors) }
        if revocations == nil { for anchor in anchors { X509_free(anchor) } }
    }

    deinit { X509_STORE_free(store) }

    /// Path to the user CA, time, and revocation by the CA's list.
    public func validity(of certificate: [UInt8], at date: Date = Date()) -> Validity {
        defer { ERR_clear_error() }
        guard let parsed = parsed.certificate(der: certificate) else { return .invalid }
        switch parsed.path(in: store).standing(at: date) {
        case .good: return parsed.use { revocations?.validity(of: $0, at: date) } ?? .noFreshProof
        case .notNow: return .expired
        case .invalid: return .invalid
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
        guard try UserCertificate(der: certificate).publicKey == publicKey else {
            throw SignatureError("the certificate is for another key")
        }
        guard let parsed = ParsedCertificate(der: certificate) else {
            throw SignatureError("the certificate is not well-formed")
        }
        guard parsed.path(in: store).standing(at: Date()) == .good else {
            throw SignatureError("the certificate is not by the user CA, or not valid now")
        }
        guard parsed.use({ Self.isSubject(of: $0, commonName, serialNumber) }) else {
            throw SignatureError("the certificate is for another subject")
        }
        let isForSigning = parsed.use { object in
            X509_check_ca(object) == 0 && X509_get_key_usage(object) & UInt32(KU_DIGITAL_SIGNATURE) != 0
        }
        guard isForSigning else { throw SignatureError("the certificate is not for a user's signatures") }
    }

    /// Whether the subject is these two names and nothing else.
    private static func isSubject(of certificate: OpaquePointer, _ commonName: String, _ serialNumber: String) -> Bool {
        let subject = X509_get_subject_name(certificate)
        return X509_NAME_entry_count(subject) == 2 && entry(subject, NID_commonName) == commonName
            && entry(subject, NID_serialNumber) == serialNumber
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
