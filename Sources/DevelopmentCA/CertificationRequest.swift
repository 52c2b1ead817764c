import CLibCrypto

/// What a request asks to be certified (CertTemplate, RFC 4211 §5), and nothing else.
struct CertificationRequest {
    let commonName: String
    let serialNumber: String
    /// DER SubjectPublicKeyInfo: P-256, uncompressed.
    let publicKey: [UInt8]

    /// Why a request is refused, in one line for the one who sent it.
    struct Refusal: Error {
        /// A PKIFailureInfo of RFC 4210 §5.2.3, as the number of its bit.
        let failure: Int32
        let reason: StaticString
    }

    /// Reads a template: a subject of exactly one common name and one serial number, a P-256 key, and maybe the issuer.
    ///
    /// Whatever else it holds is refused, not ignored: who asks for an extension expects to get it.
    init(_ template: OpaquePointer, issuer: OpaquePointer?) throws(Refusal) {
        let badTemplate = OSSL_CMP_PKIFAILUREINFO_badCertTemplate
        var key: [UInt8]?
        guard let der = LibCrypto.encoded({ i2d_OSSL_CRMF_CERTTEMPLATE(template, $0) }),
            var fields = DERFields(sequence: der)
        else { throw Refusal(failure: badTemplate, reason: "the template is not well-formed") }
        while let field = fields.next() {
            switch field.tag {
            case 0xA3, 0xA5: break
            case 0xA6: key = try Self.publicKey(field.content)
            default:
                throw Refusal(
                    failure: badTemplate,
                    reason: "the template may hold an issuer, a subject and a public key, nothing else"
                )
            }
        }
        guard fields.isAtEnd, let key else { throw Refusal(failure: badTemplate, reason: "the public key is missing") }
        publicKey = key
        if let asked = OSSL_CRMF_CERTTEMPLATE_get0_issuer(template), X509_NAME_cmp(asked, issuer) != 0 {
            throw Refusal(failure: OSSL_CMP_PKIFAILUREINFO_wrongAuthority, reason: "the issuer is another CA")
        }
        let subject = OSSL_CRMF_CERTTEMPLATE_get0_subject(template)
        guard X509_NAME_entry_count(subject) == 2, let name = Self.value(of: NID_commonName, in: subject),
            let number = Self.value(of: NID_serialNumber, in: subject)
        else {
            throw Refusal(
                failure: badTemplate,
                reason: "the subject must be one common name and one serial number, of 1 to 64 printable characters"
            )
        }
        commonName = name
        serialNumber = number
    }

    private static func value(of attribute: Int32, in name: OpaquePointer?) -> String? {
        guard let value = LibCrypto.value(of: attribute, in: name), (1...64).contains(value.unicodeScalars.count),
            value.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { return nil }
        return value
    }

    /// A P-256 key has one encoding that is accepted, so one prefix: id-ecPublicKey, prime256v1, uncompressed point.
    private static func publicKey(_ content: ArraySlice<UInt8>) throws(Refusal) -> [UInt8] {
        let prefix: [UInt8] = [
            0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D,
            0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
        ]
        // Tagged [6] IMPLICIT in the template: the tag is put back.
        let key = [0x30, UInt8(truncatingIfNeeded: content.count)] + content
        guard content.count == 89, content.starts(with: prefix),
            let parsed = LibCrypto.read(key, { d2i_PUBKEY_bio($0, nil) })
        else {
            throw Refusal(
                failure: OSSL_CMP_PKIFAILUREINFO_badAlg,
                reason: "the public key must be an uncompressed P-256 key"
            )
        }
        EVP_PKEY_free(parsed)
        return key
    }
}
