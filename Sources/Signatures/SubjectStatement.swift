import CLibCrypto

public import struct Foundation.Date

/// What a certificate says of whom it is for.
public struct SubjectStatement: Sendable, Equatable {
    /// The whole name (RFC 4514, its last part first).
    public let name: String
    /// givenName (2.5.4.42), if it has one.
    public let givenName: String?
    /// surname (2.5.4.4), if it has one.
    public let surName: String?
    /// When the certificate ends.
    public let notAfter: Date

    /// - Returns: `nil` for what is no certificate.
    public init?(certificate der: [UInt8]) {
        defer { ERR_clear_error() }
        guard let parsed = ParsedCertificate(der: der),
            let notAfter = parsed.use({ LibCrypto.date(X509_get0_notAfter($0)) })
        else { return nil }
        name = parsed.subjectText
        givenName = parsed.use { Self.first(NID_givenName, of: $0) }
        surName = parsed.use { Self.first(NID_surname, of: $0) }
        self.notAfter = notAfter
    }

    /// The first attribute of a kind in the subject, in UTF-8.
    private static func first(_ kind: Int32, of certificate: OpaquePointer) -> String? {
        let name = X509_get_subject_name(certificate)
        let index = X509_NAME_get_index_by_NID(name, kind, -1)
        guard index >= 0, let entry = X509_NAME_get_entry(name, index) else { return nil }
        var octets: UnsafeMutablePointer<UInt8>?
        let length = ASN1_STRING_to_UTF8(&octets, X509_NAME_ENTRY_get_data(entry))
        guard length >= 0, let octets else { return nil }
        defer { CRYPTO_free(octets, nil, 0) }
        return String(validating: UnsafeBufferPointer(start: octets, count: Int(length)), as: UTF8.self)
    }
}
