import Crypto
public import MSSCore

/// The digests that a card's signed attributes name.
public enum MessageDigest {
    /// SHA-256, 32 octets.
    public static func sha256(_ octets: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: octets)) }

    /// The digest of octets by an algorithm.
    public static func digest(_ octets: [UInt8], by algorithm: DigestAlgorithm) -> [UInt8] {
        switch algorithm {
        case .sha256: sha256(octets)
        case .sha384: Array(SHA384.hash(data: octets))
        }
    }
}

extension SigningContent {
    /// The content's digest; one that was brought along must have the algorithm's length.
    func digest(by algorithm: DigestAlgorithm) throws(SignatureError) -> [UInt8] {
        if let octets { return MessageDigest.digest(octets, by: algorithm) }
        guard case .digest(let digest) = self, digest.count == algorithm.length else {
            throw SignatureError("the digest has not the length of \(algorithm.rawValue)")
        }
        return digest
    }
}
