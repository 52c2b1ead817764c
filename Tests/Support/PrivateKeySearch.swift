import Crypto

import struct Foundation.Data

/// Looks for a P-256 private key that nobody knows: each 32 octets are taken for one, and their public key compared.
public enum PrivateKeySearch {
    /// - Parameters:
    ///   - publicKey: 04‖X‖Y.
    ///   - octets: Where it shall not stand; some 30 µs each.
    /// - Returns: Whether it stands there.
    public static func finds(_ publicKey: [UInt8], in octets: [UInt8]) -> Bool {
        guard octets.count >= 32 else { return false }
        return (0...octets.count - 32).contains { start in
            let window = Data(octets[start..<start + 32])
            guard let key = try? P256.Signing.PrivateKey(rawRepresentation: window) else { return false }
            return Array(key.publicKey.x963Representation) == publicKey
        }
    }
}
