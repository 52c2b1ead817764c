import CLibCrypto

extension SignedDataCheck {
    /// The check by libcrypto: any algorithm and any attributes.
    static func confirmByLibCrypto(
        _ signedData: [UInt8],
        content: [UInt8],
        certificate: UserCertificate
    ) throws(SignatureError) {
        defer { ERR_clear_error() }
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
        try confirmSigner(of: cms, certificate)
        guard OBJ_obj2nid(CMS_get0_eContentType(cms)) == NID_pkcs7_data,
            LibCrypto.encode({ i2d_CMS_ContentInfo(cms, $0) }) == signedData
        else {
            throw SignatureError("the SignedData is not of id-data in DER")
        }
        var read = [UInt8](repeating: 0, count: content.count + 1)
        let length = max(0, BIO_read(output, &read, Int32(clamping: read.count)))
        guard Int(length) == content.count, Array(read.dropLast()) == content else {
            throw SignatureError("the SignedData holds another content")
        }
    }

    /// One signer, by this certificate, over attributes: without them the signature would also pass over the octets of
    /// its attributes as another message's content (docs/wire.md).
    private static func confirmSigner(
        of cms: OpaquePointer,
        _ certificate: UserCertificate
    ) throws(SignatureError) {
        let infos = CMS_get0_SignerInfos(cms)
        let signers = CMS_get0_signers(cms)
        defer { OPENSSL_sk_free(signers) }
        guard OPENSSL_sk_num(infos) == 1, let info = OPENSSL_sk_value(infos, 0), OPENSSL_sk_num(signers) == 1,
            let signer = OPENSSL_sk_value(signers, 0)
        else { throw SignatureError("the SignedData has not one signer") }
        guard CMS_signed_get_attr_count(OpaquePointer(info)) >= 2 else {
            throw SignatureError("the signature has no signed attributes")
        }
        let inside = OpaquePointer(signer)
        guard LibCrypto.encode({ i2d_X509(inside, $0) }) == certificate.der,
            issuer(of: OpaquePointer(info)) == certificate.issuer
        else { throw SignatureError("the SignedData holds another certificate") }
        guard isNamed(OpaquePointer(info), by: inside) else {
            throw SignatureError("the SignedData names another algorithm")
        }
    }

    /// The issuer as the signer is identified by it; libcrypto alone would not see a change of its letters' case.
    private static func issuer(of info: OpaquePointer) -> [UInt8]? {
        var name: OpaquePointer?
        var octets: UnsafePointer<UInt8>?
        var length = 0
        guard CMS_SignerInfo_get0_signer_id(info, nil, &name, nil) == 1, let name,
            X509_NAME_get0_der(name, &octets, &length) == 1
        else { return nil }
        return Array(UnsafeBufferPointer(start: octets, count: length))
    }

    /// Whether signatureAlgorithm is the key's and the digest's; libcrypto verifies by these two and does not read it.
    private static func isNamed(_ info: OpaquePointer, by certificate: OpaquePointer) -> Bool {
        var digest: UnsafeMutablePointer<X509_ALGOR>?
        var signature: UnsafeMutablePointer<X509_ALGOR>?
        CMS_SignerInfo_get0_algs(info, nil, nil, &digest, &signature)
        guard let digest, let signature else { return false }
        let name = OBJ_obj2nid(signature.pointee.algorithm)
        if name == NID_rsaEncryption { return EVP_PKEY_get_base_id(X509_get0_pubkey(certificate)) == EVP_PKEY_RSA }
        var namedDigest: Int32 = 0
        var namedKey: Int32 = 0
        return OBJ_find_sigid_algs(name, &namedDigest, &namedKey) == 1
            && namedDigest == OBJ_obj2nid(digest.pointee.algorithm)
            && namedKey == EVP_PKEY_get_base_id(X509_get0_pubkey(certificate))
    }
}
