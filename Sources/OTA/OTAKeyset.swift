import Crypto

/// The SCP80 keys of one card's security domain and key version; the library wipes them when this value ends.
@_spi(KeyMaterial) public struct OTAKeyset: ~Copyable, Sendable {
    /// What both keys are for.
    public let algorithm: OTAAlgorithm
    private let kic: SymmetricKey
    private let kid: SymmetricKey

    /// Keys of AES, the size told by their length.
    ///
    /// - Parameters:
    ///   - kic: Ciphering key: 16, 24 or 32 octets.
    ///   - kid: Checksum key, as long.
    /// - Throws: ``OTAError/cryptography`` for keys of another size.
    public init(kic: [UInt8], kid: [UInt8]) throws(OTAError) {
        guard let algorithm = OTAAlgorithm.aes(keyLength: kic.count) else { throw .cryptography }
        try self.init(kic: kic, kid: kid, algorithm: algorithm)
    }

    /// Keys of a card batch's algorithm.
    ///
    /// - Throws: ``OTAError/cryptography`` for keys of another size; ``OTAError/insufficientSecurity`` for keys of
    ///   triple DES that make single DES of it because two in a row are the same.
    public init(kic: [UInt8], kid: [UInt8], algorithm: OTAAlgorithm) throws(OTAError) {
        guard kic.count == algorithm.keyLength, kid.count == algorithm.keyLength else { throw .cryptography }
        guard !algorithm.isLegacy || !(Self.isSingleDES(kic) || Self.isSingleDES(kid)) else {
            throw .insufficientSecurity
        }
        self.algorithm = algorithm
        self.kic = SymmetricKey(data: kic)
        self.kid = SymmetricKey(data: kid)
    }

    /// Three octets a key that tell whether two holders have the same ones.
    ///
    /// AES over 01…01, triple DES over zeros.
    /// - Throws: ``OTAError/cryptography``.
    public func keyCheckValues() throws(OTAError) -> (kic: [UInt8], kid: [UInt8]) {
        (try algorithm.cipher.keyCheckValue(kic), try algorithm.cipher.keyCheckValue(kid))
    }

    /// Ciphering and checksum as a sound packet has both.
    func protection(checksumLength: Int) -> PacketProtection {
        PacketProtection(
            ciphering: .chained(algorithm.cipher, kic),
            check: .cryptographic(algorithm.cipher, kid, length: checksumLength)
        )
    }

    /// Encryption and decryption under one key undo each other; a key's parity bits do not count.
    private static func isSingleDES(_ key: [UInt8]) -> Bool {
        let parts = stride(from: 0, to: key.count, by: 8).map { key[$0..<min($0 + 8, key.count)].map { $0 & 0xFE } }
        return zip(parts, parts.dropFirst()).contains { $0 == $1 }
    }
}
