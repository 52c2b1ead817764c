import CLibCrypto
import Crypto
import CryptoExtras

import struct Foundation.Data

/// A cipher in CBC mode with a zero vector, and the checksum that goes with it (TS 102 225 §5.1.2, §5.1.3).
enum BlockCipher: Sendable {
    case aes
    /// Two or three keys, told by the key's length; BoringSSL has no triple DES, so libcrypto does it.
    case tripleDES

    var blockLength: Int { self == .aes ? 16 : 8 }

    /// Ciphers whole blocks.
    func encrypt(_ octets: [UInt8], _ key: SymmetricKey) throws(OTAError) -> [UInt8] {
        guard self == .aes else { return try Self.tripleDES(octets, key, encrypting: true) }
        do {
            return [UInt8](try AES._CBC.encrypt(octets, using: key, iv: try Self.zero(), noPadding: true))
        } catch { throw .cryptography }
    }

    func decrypt(_ octets: [UInt8], _ key: SymmetricKey) throws(OTAError) -> [UInt8] {
        guard self == .aes else { return try Self.tripleDES(octets, key, encrypting: false) }
        do {
            return [UInt8](try AES._CBC.decrypt(octets, using: key, iv: try Self.zero(), noPadding: true))
        } catch { throw .cryptography }
    }

    /// AES-CMAC cut to its first octets, or the last block of triple DES over the octets filled up with zeros
    /// (ISO 9797-1, algorithm 1, padding 1).
    func checksum(_ octets: [UInt8], _ key: SymmetricKey, length: Int) throws(OTAError) -> [UInt8] {
        guard self == .aes else {
            let filled = octets + [UInt8](repeating: 0, count: (8 - octets.count % 8) % 8)
            return Array(try Self.tripleDES(filled, key, encrypting: true).suffix(8).prefix(length))
        }
        do {
            var cmac = try AES.CMAC(key: key, outputSize: length)
            octets.withUnsafeBytes { cmac.update(bufferPointer: $0) }
            return Array(cmac.finalize())
        } catch { throw .cryptography }
    }

    /// Three octets that tell whether two holders have the same key: over 01…01 for AES, since zeros would show a
    /// subkey of CMAC; over zeros for triple DES, as its users have it, which leaves the parity bits out.
    func keyCheckValue(_ key: SymmetricKey) throws(OTAError) -> [UInt8] {
        let block = [UInt8](repeating: self == .aes ? 1 : 0, count: blockLength)
        return Array(try encrypt(block, key).prefix(3))
    }

    private static func zero() throws -> AES._CBC.IV {
        try AES._CBC.IV(ivBytes: repeatElement(0, count: 16))
    }

    private static func tripleDES(
        _ octets: [UInt8],
        _ key: SymmetricKey,
        encrypting: Bool
    ) throws(OTAError) -> [UInt8] {
        guard key.bitCount == 128 || key.bitCount == 192, octets.count.isMultiple(of: 8), octets.count < 65_536,
            let context = EVP_CIPHER_CTX_new()
        else { throw .cryptography }
        defer { EVP_CIPHER_CTX_free(context) }
        let cipher = key.bitCount == 128 ? EVP_des_ede_cbc() : EVP_des_ede3_cbc()
        let vector = [UInt8](repeating: 0, count: 8)
        var out = [UInt8](repeating: 0, count: octets.count + 8)
        var length: Int32 = 0
        let isDone = key.withUnsafeBytes { key in
            EVP_CipherInit_ex(
                context,
                cipher,
                nil,
                key.bindMemory(to: UInt8.self).baseAddress,
                vector,
                encrypting ? 1 : 0
            ) == 1
        }
        guard isDone, EVP_CIPHER_CTX_set_padding(context, 0) == 1,
            EVP_CipherUpdate(context, &out, &length, octets, Int32(octets.count)) == 1,
            Int(length) == octets.count
        else { throw .cryptography }
        return Array(out.prefix(octets.count))
    }
}

/// Whether two octet strings are the same, in a time that does not tell where they differ.
func isEqualInConstantTime(_ one: some Collection<UInt8>, _ other: some Collection<UInt8>) -> Bool {
    guard one.count == other.count else { return false }
    return CRYPTO_memcmp(Array(one), Array(other), one.count) == 0
}
