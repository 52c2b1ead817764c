import Crypto
import CryptoExtras

import struct Foundation.Data

/// The SCP80 keys of one card's security domain and key version; the library wipes them when this value ends.
@_spi(KeyMaterial) public struct OTAKeyset: ~Copyable, Sendable {
    private let kic: SymmetricKey
    private let kid: SymmetricKey

    /// - Parameters:
    ///   - kic: Ciphering key: 16, 24 or 32 octets of AES.
    ///   - kid: Checksum key, likewise.
    /// - Throws: ``OTAError/cryptography`` for keys of another size.
    public init(kic: [UInt8], kid: [UInt8]) throws(OTAError) {
        guard [16, 24, 32].contains(kic.count), [16, 24, 32].contains(kid.count) else { throw .cryptography }
        self.kic = SymmetricKey(data: kic)
        self.kid = SymmetricKey(data: kid)
    }

    /// AES-CBC with a zero vector and no padding: length a multiple of 16 (TS 102 225 §5.1.2).
    func encrypt(_ octets: [UInt8]) throws(OTAError) -> [UInt8] {
        do {
            let iv = try AES._CBC.IV(ivBytes: [UInt8](repeating: 0, count: 16))
            return [UInt8](try AES._CBC.encrypt(octets, using: kic, iv: iv, noPadding: true))
        } catch { throw .cryptography }
    }

    func decrypt(_ octets: some Collection<UInt8>) throws(OTAError) -> [UInt8] {
        do {
            let iv = try AES._CBC.IV(ivBytes: [UInt8](repeating: 0, count: 16))
            return [UInt8](try AES._CBC.decrypt(Array(octets), using: kic, iv: iv, noPadding: true))
        } catch { throw .cryptography }
    }

    /// AES-CMAC cut to its first 4 or 8 octets.
    func checksum(_ octets: [UInt8], length: Int) throws(OTAError) -> [UInt8] {
        do {
            var cmac = try AES.CMAC(key: kid, outputSize: length)
            octets.withUnsafeBytes { cmac.update(bufferPointer: $0) }
            return Array(cmac.finalize())
        } catch { throw .cryptography }
    }

    /// Whether the checksum is right, in a time that does not tell where it is wrong.
    func isChecksum(_ checksum: some Collection<UInt8>, of octets: [UInt8]) throws(OTAError) -> Bool {
        let expected = try self.checksum(octets, length: checksum.count)
        return zip(expected, checksum).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
