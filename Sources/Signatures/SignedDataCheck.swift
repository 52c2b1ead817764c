import CLibCrypto

/// Verifies a finished SignedData with libcrypto: other code than the one that made it.
public enum SignedDataCheck {
    /// Checks signature, attributes and content, and that the signer's certificate holds the registered key. Whether
    /// the certificate is to be trusted is ``UserAuthority``'s question.
    public static func confirm(
        _ signedData: [UInt8],
        content: [UInt8],
        registeredKey: [UInt8],
        certificate: UserCertificate
    ) throws(SignatureError) {
        defer { ERR_clear_error() }
        guard certificate.publicKey == registeredKey else {
            throw SignatureError("the certificate's key is not the registered one")
        }
        guard let cms = LibCrypto.read(signedData, { d2i_CMS_bio($0, nil) }) else {
            throw SignatureError("the SignedData is not well-formed")
        }
        defer { CMS_ContentInfo_free(cms) }
        guard let output = BIO_new(BIO_s_mem()) else { throw SignatureError("out of memory") }
        defer { BIO_free_all(output) }
        let flags = UInt32(CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY)
        guard CMS_verify(cms, nil, nil, nil, output, flags) == 1 else {
            throw SignatureError("the signature does not verify")
        }
        var read = [UInt8](repeating: 0, count: content.count + 1)
        let length = BIO_read(output, &read, Int32(read.count))
        guard Int(length) == content.count, Array(read.dropLast()) == content else {
            throw SignatureError("the SignedData holds another content")
        }
    }
}

/// Reading objects of libcrypto from octets.
enum LibCrypto {
    static func read<Object>(_ octets: [UInt8], _ parse: (OpaquePointer) -> Object?) -> Object? {
        octets.withUnsafeBytes { buffer in
            guard let bio = BIO_new_mem_buf(buffer.baseAddress, Int32(clamping: buffer.count)) else { return nil }
            defer { BIO_free_all(bio) }
            return parse(bio)
        }
    }
}
