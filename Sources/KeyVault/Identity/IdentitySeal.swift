import CLibCrypto
import Crypto

/// An identity's private key under AES-256-GCM: format and generation of the vault's keys (5 octets), nonce (12),
/// ciphertext (32), tag (16).
///
/// libcrypto writes from and into locked memory: the key never stands in any other.
struct IdentitySeal {
    static let keyLength = 32
    private static let format: UInt8 = 1
    private static let headerLength = 5
    private static let nonceLength = 12
    private static let tagLength = 16
    static let length = headerLength + nonceLength + keyLength + tagLength

    /// The sealing key of this identity in a generation of the vault's keys.
    let key: (_ generation: Int32) -> SymmetricKey?
    let record: IdentityRecord

    /// Seals a key as the record's.
    ///
    /// - Throws: ``VaultError/damagedIdentity`` where the generation has no keys.
    func sealed(_ memory: LockedMemory, under generation: Int32) throws(VaultError) -> [UInt8] {
        let header = [Self.format] + withUnsafeBytes(of: generation.bigEndian) { Array($0) }
        var nonce = [UInt8](repeating: 0, count: Self.nonceLength)
        var output = [UInt8](repeating: 0, count: Self.keyLength)
        var tag = [UInt8](repeating: 0, count: Self.tagLength)
        guard let key = key(generation), RAND_bytes(&nonce, Int32(nonce.count)) == 1 else {
            throw .damagedIdentity
        }
        var count: Int32 = 0
        let isDone = memory.withOctets(at: 0, count: Self.keyLength) { plain in
            Self.withContext { context in
                let identity = identity(header)
                return Self.lend(key) { EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nil, $0, nonce) } == 1
                    && EVP_EncryptUpdate(context, nil, &count, identity, Int32(identity.count)) == 1
                    && EVP_EncryptUpdate(context, &output, &count, Self.start(plain), Int32(plain.count)) == 1
                    && EVP_EncryptFinal_ex(context, nil, &count) == 1
                    && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), &tag) == 1
            }
        }
        guard isDone == true else { throw .damagedIdentity }
        return header + nonce + output + tag
    }

    /// Opens the record's key into memory of its own.
    ///
    /// - Throws: ``VaultError/damagedIdentity`` for any octet that is not as it was sealed, here or in the record.
    func opened() throws(VaultError) -> LockedMemory {
        let octets = record.sealed
        guard octets.count == Self.length, octets[0] == Self.format else { throw .damagedIdentity }
        let header = Array(octets[..<Self.headerLength])
        let generation = Int32(bitPattern: header.dropFirst().reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
        guard let key = key(generation) else { throw .damagedIdentity }
        let nonce = Array(octets[Self.headerLength...].prefix(Self.nonceLength))
        let cipher = Array(octets.dropFirst(Self.headerLength + Self.nonceLength).prefix(Self.keyLength))
        var tag = Array(octets.suffix(Self.tagLength))
        let memory = try LockedMemory(count: Self.keyLength)
        var count: Int32 = 0
        let isAuthentic = memory.fill { plain in
            Self.withContext { context in
                let identity = identity(header)
                let output = plain.baseAddress?.assumingMemoryBound(to: UInt8.self)
                return Self.lend(key) { EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nil, $0, nonce) } == 1
                    && EVP_DecryptUpdate(context, nil, &count, identity, Int32(identity.count)) == 1
                    && EVP_DecryptUpdate(context, output, &count, cipher, Int32(cipher.count)) == 1
                    && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1
                    && EVP_DecryptFinal_ex(context, nil, &count) == 1
            }
        }
        guard isAuthentic else { throw .damagedIdentity }
        return memory
    }

    /// The associated data: what the key is, each part with its length.
    private func identity(_ header: [UInt8]) -> [UInt8] {
        let parts: [[UInt8]] = [
            Array("mssp identity key".utf8), header, record.numberOctets, Array(record.state.rawValue.utf8),
            record.publicKey,
        ]
        return parts.flatMap { [UInt8($0.count)] + $0 }
    }

    private static func withContext(_ body: (OpaquePointer) -> Bool) -> Bool {
        guard let context = EVP_CIPHER_CTX_new() else { return false }
        defer {
            EVP_CIPHER_CTX_free(context)
            ERR_clear_error()
        }
        return body(context)
    }

    private static func lend(_ key: SymmetricKey, _ body: (UnsafePointer<UInt8>?) -> Int32) -> Int32 {
        key.withUnsafeBytes { body(start($0)) }
    }

    private static func start(_ octets: UnsafeRawBufferPointer) -> UnsafePointer<UInt8>? {
        octets.baseAddress?.assumingMemoryBound(to: UInt8.self)
    }
}
