import CLibCrypto

/// An evidence record under an auditor's certificate: CMS AuthEnvelopedData with AES-256-GCM (RFC 5083, RFC 5084).
///
/// The platform can write one and not read it again; `openssl cms -decrypt` with the auditor's key does.
public enum EvidenceEnvelope {
    /// SHA-256 of the auditor's certificate, by which it is known: `openssl x509 -fingerprint -sha256` shows the same.
    ///
    /// - Throws: ``SignatureError`` unless the file holds one certificate.
    public static func fingerprint(of auditor: [UInt8]) throws(SignatureError) -> [UInt8] {
        defer { ERR_clear_error() }
        let recipients = LibCrypto.certificates(pem: auditor)
        defer { for recipient in recipients { X509_free(recipient) } }
        guard recipients.count == 1, let der = LibCrypto.encode({ i2d_X509(recipients[0], $0) }) else {
            throw SignatureError("the auditor's file must hold one PEM certificate")
        }
        return MessageDigest.sha256(der)
    }

    /// Encrypts a record.
    ///
    /// - Parameters:
    ///   - record: To be kept.
    ///   - auditor: The certificate, PEM: an EC key (ECDH) or an RSA key.
    /// - Returns: DER ContentInfo.
    /// - Throws: ``SignatureError`` if the certificate cannot be encrypted to.
    public static func seal(_ record: EvidenceRecord, for auditor: [UInt8]) throws(SignatureError) -> [UInt8] {
        defer { ERR_clear_error() }
        let octets = try record.encoded()
        let recipients = LibCrypto.certificates(pem: auditor)
        defer { for recipient in recipients { X509_free(recipient) } }
        guard recipients.count == 1, let stack = OPENSSL_sk_new_null() else {
            throw SignatureError("the auditor's file must hold one PEM certificate")
        }
        defer { OPENSSL_sk_free(stack) }
        OPENSSL_sk_push(stack, UnsafeRawPointer(recipients[0]))
        let cms = LibCrypto.read(octets) { CMS_encrypt(stack, $0, EVP_aes_256_gcm(), UInt32(CMS_BINARY)) }
        guard let cms else { throw SignatureError("the record cannot be encrypted to the auditor") }
        defer { CMS_ContentInfo_free(cms) }
        guard let sealed = LibCrypto.encode({ i2d_CMS_ContentInfo(cms, $0) }) else {
            throw SignatureError("the record cannot be encrypted to the auditor")
        }
        return sealed
    }
}
