import Crypto

/// The digest that a card's signed attributes name.
public enum MessageDigest {
    /// SHA-256, 32 octets.
    public static func sha256(_ octets: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: octets)) }
}
