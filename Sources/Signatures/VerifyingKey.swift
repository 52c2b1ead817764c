import CLibCrypto
import Crypto
import MSSCore

/// A public key that is ready to verify: reading one costs as much as a verification, so it is kept with its owner.
enum VerifyingKey: Sendable {
    case p256(P256.Signing.PublicKey)
    case p384(P384.Signing.PublicKey)
    case rsa(RSAKey)

    /// Reads a SubjectPublicKeyInfo; a point that is not on its curve is refused.
    ///
    /// - Returns: `nil` for any other kind of key.
    init?(publicKey: [UInt8]) {
        if publicKey.starts(with: Self.p256Prefix) {
            let point = publicKey.dropFirst(Self.p256Prefix.count)
            guard let key = try? P256.Signing.PublicKey(x963Representation: Array(point)) else { return nil }
            self = .p256(key)
        } else if publicKey.starts(with: Self.p384Prefix) {
            let point = publicKey.dropFirst(Self.p384Prefix.count)
            guard let key = try? P384.Signing.PublicKey(x963Representation: Array(point)) else { return nil }
            self = .p384(key)
        } else {
            guard let key = RSAKey(publicKey: publicKey) else { return nil }
            self = .rsa(key)
        }
    }

    /// What this key signs with, where nothing else is said.
    var algorithm: SigningAlgorithm {
        switch self {
        case .p256: .p256
        case .p384: .p384
        case .rsa: .rsaPKCS1
        }
    }

    /// Whether a signature is by this key over a digest.
    ///
    /// - Parameters:
    ///   - signature: In the encoding of a SignerInfo: ECDSA in DER.
    ///   - digest: Of what was signed, by the algorithm's digest.
    ///   - algorithm: One that is not the key's verifies nothing.
    /// - Returns: `false` for anything malformed too.
    func isValid(_ signature: [UInt8], digest: [UInt8], algorithm: SigningAlgorithm) -> Bool {
        guard digest.count == algorithm.digest.length else { return false }
        switch (self, algorithm) {
        case (.p256(let key), .p256):
            guard let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: Prehashed256(octets: digest))
        case (.p384(let key), .p384):
            guard let signature = try? P384.Signing.ECDSASignature(derRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: Prehashed384(octets: digest))
        case (.rsa(let key), .rsaPKCS1): return key.isValid(signature, digest: digest, padding: RSA_PKCS1_PADDING)
        case (.rsa(let key), .rsaPSS): return key.isValid(signature, digest: digest, padding: RSA_PKCS1_PSS_PADDING)
        default: return false
        }
    }

    /// SubjectPublicKeyInfo of an uncompressed point on P-256, up to the point.
    static let p256Prefix: [UInt8] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
        0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ]
    /// The same on P-384.
    static let p384Prefix: [UInt8] = [
        0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x05, 0x2B, 0x81, 0x04,
        0x00, 0x22, 0x03, 0x62, 0x00,
    ]
}

/// An RSA key as libcrypto holds it; only read.
final class RSAKey: @unchecked Sendable {
    private let key: OpaquePointer

    /// - Returns: `nil` unless it is an RSA key of 2048 bits with the exponent 65537.
    init?(publicKey: [UInt8]) {
        defer { ERR_clear_error() }
        guard let key = LibCrypto.read(publicKey, { d2i_PUBKEY_bio($0, nil) }) else { return nil }
        var exponent: OpaquePointer?
        let isWanted =
            EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) == 2_048
            && EVP_PKEY_get_bn_param(key, "e", &exponent) == 1 && BN_is_word(exponent, 65_537) == 1
        BN_free(exponent)
        guard isWanted else {
            EVP_PKEY_free(key)
            return nil
        }
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    /// Verifies over a SHA-256 digest; with PSS, MGF1 with the same and a salt of its length.
    func isValid(_ signature: [UInt8], digest: [UInt8], padding: Int32) -> Bool {
        defer { ERR_clear_error() }
        guard let context = EVP_PKEY_CTX_new(key, nil) else { return false }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_verify_init(context) == 1, EVP_PKEY_CTX_set_rsa_padding(context, padding) == 1,
            EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1
        else { return false }
        if padding == RSA_PKCS1_PSS_PADDING {
            guard EVP_PKEY_CTX_set_rsa_pss_saltlen(context, 32) == 1,
                EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1
            else { return false }
        }
        return EVP_PKEY_verify(context, signature, signature.count, digest, digest.count) == 1
    }
}

/// A digest that was computed before; SHA-256.
private struct Prehashed256: Digest {
    static var byteCount: Int { 32 }
    let octets: [UInt8]

    var description: String { "SHA-256 digest" }
    func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try octets.withUnsafeBytes(body)
    }
    func makeIterator() -> Array<UInt8>.Iterator { octets.makeIterator() }
}

/// A digest that was computed before; SHA-384.
private struct Prehashed384: Digest {
    static var byteCount: Int { 48 }
    let octets: [UInt8]

    var description: String { "SHA-384 digest" }
    func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try octets.withUnsafeBytes(body)
    }
    func makeIterator() -> Array<UInt8>.Iterator { octets.makeIterator() }
}
