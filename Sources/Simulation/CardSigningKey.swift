import Alauda
import Crypto
import CryptoExtras
import Foundation

/// A person's private key on a card, of one of the profile's algorithms.
struct CardSigningKey: Sendable {
    /// What keeps a key from being made or used.
    struct Failure: Error {}

    private enum Key: Sendable {
        case p256(P256.Signing.PrivateKey)
        case p384(P384.Signing.PrivateKey)
        case rsa(_RSA.Signing.PrivateKey)
    }

    let algorithm: SignatureAlgorithm
    private let key: Key

    /// A new key; RSA has the exponent 65537.
    init(_ algorithm: SignatureAlgorithm) throws {
        self.algorithm = algorithm
        switch algorithm {
        case .p256: key = .p256(P256.Signing.PrivateKey())
        case .p384: key = .p384(P384.Signing.PrivateKey())
        case .rsa2048, .rsaPSS: key = .rsa(try _RSA.Signing.PrivateKey(keySize: .bits2048))
        }
    }

    /// A key from its octets: the number of an EC key, PKCS#1 of an RSA key.
    init(_ algorithm: SignatureAlgorithm, octets: [UInt8]) throws {
        self.algorithm = algorithm
        switch algorithm {
        case .p256: key = .p256(try P256.Signing.PrivateKey(rawRepresentation: octets))
        case .p384: key = .p384(try P384.Signing.PrivateKey(rawRepresentation: octets))
        case .rsa2048, .rsaPSS:
            let rsa = try _RSA.Signing.PrivateKey(derRepresentation: octets)
            guard rsa.keySizeInBits == 2048 else { throw Failure() }
            key = .rsa(rsa)
        }
    }

    var octets: [UInt8] {
        switch key {
        case .p256(let key): [UInt8](key.rawRepresentation)
        case .p384(let key): [UInt8](key.rawRepresentation)
        case .rsa(let key): [UInt8](key.derRepresentation)
        }
    }

    /// PUBKEY: 04‖X‖Y, or the modulus.
    func publicKey() throws -> [UInt8] {
        switch key {
        case .p256(let key): [UInt8](key.publicKey.x963Representation)
        case .p384(let key): [UInt8](key.publicKey.x963Representation)
        case .rsa(let key): [UInt8](try key.publicKey.getKeyPrimitives().modulus)
        }
    }

    /// The algorithm's digest of some content.
    func digest(of content: [UInt8]) -> [UInt8] {
        algorithm == .p384 ? Array(SHA384.hash(data: content)) : Array(SHA256.hash(data: content))
    }

    /// A signature over content, hashed once.
    func signature(for content: [UInt8]) throws -> [UInt8] {
        try signature(digest: digest(of: content))
    }

    /// A signature over a digest.
    func signature(digest: [UInt8]) throws -> [UInt8] {
        switch key {
        case .p256(let key):
            let value = try Self.digest(digest, SHA256.Digest.self)
            return [UInt8](try key.signature(for: value).rawRepresentation)
        case .p384(let key):
            let value = try Self.digest(digest, SHA384.Digest.self)
            return [UInt8](try key.signature(for: value).rawRepresentation)
        case .rsa(let key):
            let padding: _RSA.Signing.Padding = algorithm == .rsaPSS ? .PSS : .insecurePKCS1v1_5
            let value = try Self.digest(digest, SHA256.Digest.self)
            return [UInt8](try key.signature(for: value, padding: padding).rawRepresentation)
        }
    }

    /// The library has no way to make a digest from octets; its value is these octets and nothing else, which is checked.
    private static func digest<Value: Digest>(_ octets: [UInt8], _ type: Value.Type) throws -> Value {
        guard octets.count == Value.byteCount, MemoryLayout<Value>.size == octets.count else { throw Failure() }
        let value = octets.withUnsafeBytes { $0.loadUnaligned(as: Value.self) }
        guard Array(value) == octets else { throw Failure() }
        return value
    }
}
