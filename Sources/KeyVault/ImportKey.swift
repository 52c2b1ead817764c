import CLibCrypto

/// The home's import credential: opens CMS authenticated-enveloped data that was made for its certificate (RFC 5083).
final class ImportKey: @unchecked Sendable {
    // Both are only read after this object is made; libcrypto counts its own references.
    private let key: OpaquePointer
    private let certificate: OpaquePointer

    /// - Parameters: PEM texts.
    init(key: [UInt8], certificate: [UInt8]) throws(VaultError) {
        defer { ERR_clear_error() }
        guard let parsed = Self.read(certificate, { PEM_read_bio_X509($0, nil, noPassphrase, nil) }) else {
            throw .keyFile("the import certificate is no PEM certificate")
        }
        guard let secret = Self.read(key, { PEM_read_bio_PrivateKey($0, nil, noPassphrase, nil) }) else {
            X509_free(parsed)
            throw .keyFile("the import key is no PEM private key")
        }
        guard X509_check_private_key(parsed, secret) == 1 else {
            X509_free(parsed)
            EVP_PKEY_free(secret)
            throw .keyFile("the import key does not belong to the import certificate")
        }
        self.key = secret
        self.certificate = parsed
    }

    deinit {
        EVP_PKEY_free(key)
        X509_free(certificate)
    }

    /// Opens AuthEnvelopedData in DER.
    ///
    /// - Throws: ``VaultError/envelope(_:)``. EnvelopedData is refused: whoever passes it on could change its content.
    func open(_ envelope: [UInt8]) throws(VaultError) -> [UInt8] {
        defer { ERR_clear_error() }
        guard envelope.count <= 16_384 else { throw .envelope("longer than 16 KiB") }
        guard let cms = Self.read(envelope, { d2i_CMS_bio($0, nil) }) else { throw .envelope("it is no CMS message") }
        defer { CMS_ContentInfo_free(cms) }
        guard let encoded = Self.encode(cms), EnvelopeShape.isAuthenticated(encoded) else {
            throw .envelope("it is no AuthEnvelopedData under AES-GCM with a tag of 16 octets")
        }
        guard let output = BIO_new(BIO_s_secmem()) else { throw .envelope("out of memory") }
        defer { BIO_free_all(output) }
        guard CMS_decrypt(cms, key, certificate, nil, output, 0) == 1 else {
            throw .envelope("it is not for this home's import certificate, or damaged")
        }
        var content = [UInt8](repeating: 0, count: 8_193)
        let length = BIO_read(output, &content, Int32(content.count))
        guard length > 0, length <= 8_192 else { throw .envelope("its content is empty or longer than 8 KiB") }
        return Array(content.prefix(Int(length)))
    }

    /// The message in DER, however it was encoded when it came.
    private static func encode(_ cms: OpaquePointer) -> [UInt8]? {
        var octets: UnsafeMutablePointer<UInt8>?
        let length = i2d_CMS_ContentInfo(cms, &octets)
        guard length > 0, let octets else { return nil }
        defer { CRYPTO_free(octets, nil, 0) }
        return Array(UnsafeBufferPointer(start: octets, count: Int(length)))
    }

    private static func read(_ octets: [UInt8], _ parse: (OpaquePointer) -> OpaquePointer?) -> OpaquePointer? {
        octets.withUnsafeBytes { buffer in
            guard let bio = BIO_new_mem_buf(buffer.baseAddress, Int32(clamping: buffer.count)) else { return nil }
            defer { BIO_free_all(bio) }
            return parse(bio)
        }
    }
}

/// A key under a passphrase is refused; libcrypto would ask for one on the terminal and wait.
func noPassphrase(
    _ buffer: UnsafeMutablePointer<CChar>?,
    _ size: Int32,
    _ isWriting: Int32,
    _ context: UnsafeMutableRawPointer?
) -> Int32 { -1 }
