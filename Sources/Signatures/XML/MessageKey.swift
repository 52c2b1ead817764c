import CLibCrypto

public import struct Foundation.Date

/// A certificate that is registered to sign a provider's messages: RSA of 2048 to 8192 bits, or ECDSA on P-256 or P-384.
///
/// It is registered by itself: nothing is asked of who issued it.
public struct MessageKey: Sendable {
    public let der: [UInt8]
    /// The one ds:SignatureMethod that its key can have made.
    let method: String
    private let begins: Date
    /// When it ceases to be valid.
    public let ends: Date

    /// - Parameter der: One certificate, and nothing behind it.
    /// - Throws: ``SignatureError`` for what is no certificate, or one of another key.
    public init(certificate der: [UInt8]) throws(SignatureError) {
        defer { ERR_clear_error() }
        guard let parsed = ParsedCertificate(der: der), parsed.der == der else {
            throw SignatureError("is no X.509 certificate in DER")
        }
        let found = parsed.use { certificate -> (String?, Date?, Date?) in
            (
                Self.method(of: X509_get0_pubkey(certificate)), LibCrypto.date(X509_get0_notBefore(certificate)),
                LibCrypto.date(X509_get0_notAfter(certificate))
            )
        }
        guard let method = found.0 else {
            throw SignatureError("must have a key of RSA with 2048 to 8192 bits, or of P-256 or P-384")
        }
        guard let begins = found.1, let ends = found.2 else { throw SignatureError("has no times that can be read") }
        self.der = der
        self.method = method
        self.begins = begins
        self.ends = ends
    }

    /// - Parameter pem: One certificate; of several the first, for those above it come along.
    /// - Throws: As ``init(certificate:)``.
    public init(pem: [UInt8]) throws(SignatureError) {
        let read = LibCrypto.certificates(pem: pem).map { ParsedCertificate(owning: $0) }
        guard let first = read.first else { throw SignatureError("holds no PEM certificate") }
        try self.init(certificate: first.der)
    }

    func isValid(at time: Date) -> Bool { begins <= time && time < ends }

    private static func method(of key: OpaquePointer?) -> String? {
        guard let key else { return nil }
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA: return (2_048...8_192).contains(EVP_PKEY_get_bits(key)) ? DSig.rsaSHA256 : nil
        case EVP_PKEY_EC:
            var name = [CChar](repeating: 0, count: 64)
            guard EVP_PKEY_get_utf8_string_param(key, "group", &name, name.count, nil) == 1 else { return nil }
            let curve = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return ["prime256v1", "secp384r1"].contains(curve) ? DSig.ecdsaSHA256 : nil
        default: return nil
        }
    }
}
