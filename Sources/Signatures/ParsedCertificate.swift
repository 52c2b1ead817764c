import CLibCrypto

/// A certificate as libcrypto has parsed it; only read, so many may use it at once.
final class ParsedCertificate: @unchecked Sendable {
    private let object: OpaquePointer

    /// - Returns: `nil` if the octets are no certificate in DER.
    convenience init?(der: [UInt8]) {
        guard let object = LibCrypto.read(der, { d2i_X509_bio($0, nil) }) else { return nil }
        self.init(owning: object)
    }

    /// Takes an object over; it is freed with this one.
    init(owning object: OpaquePointer) {
        self.object = object
        // Its extensions are read now, before others see it.
        X509_check_purpose(object, -1, 0)
    }

    deinit { X509_free(object) }

    /// Lends the object.
    func use<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        withExtendedLifetime(self) { body(object) }
    }

    var der: [UInt8] { use { object in LibCrypto.encode { i2d_X509(object, $0) } ?? [] } }

    /// The subject's name in DER.
    var subject: [UInt8] { use { Self.name(X509_get_subject_name($0)) } }

    /// The subject's name for people (RFC 4514), in UTF-8.
    var subjectText: String {
        use { object in
            let flags =
                ASN1_STRFLGS_ESC_2253 | ASN1_STRFLGS_ESC_CTRL | ASN1_STRFLGS_UTF8_CONVERT | ASN1_STRFLGS_DUMP_UNKNOWN
                | ASN1_STRFLGS_DUMP_DER | XN_FLAG_SEP_COMMA_PLUS | XN_FLAG_DN_REV | XN_FLAG_DUMP_UNKNOWN_FIELDS
            return LibCrypto.text { X509_NAME_print_ex($0, X509_get_subject_name(object), 0, UInt(flags)) >= 0 } ?? ""
        }
    }

    /// The serial number, an INTEGER in DER.
    var serialNumber: [UInt8] {
        use { object in LibCrypto.encode { i2d_ASN1_INTEGER(X509_get0_serialNumber(object), $0) } ?? [] }
    }

    static func name(_ name: OpaquePointer?) -> [UInt8] {
        LibCrypto.encode { i2d_X509_NAME(name, $0) } ?? []
    }
}
