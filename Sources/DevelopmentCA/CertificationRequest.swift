import CLibCrypto

/// What a request asks to be certified (CertTemplate, RFC 4211 §5), and nothing else.
struct CertificationRequest {
    let commonName: String
    let serialNumber: String
    /// DER SubjectPublicKeyInfo, of one of the kinds of ``CertifiedKey``.
    let publicKey: [UInt8]

    /// Why a request is refused, in one line for the one who sent it.
    struct Refusal: Error {
        /// A PKIFailureInfo of RFC 4210 §5.2.3, as the number of its bit.
        let failure: Int32
        let reason: StaticString
    }

    /// Reads a template: a subject of exactly one common name and one serial number, a key, and maybe the issuer.
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
            case 0xA6:
                key = CertifiedKey.information(field.content)
                guard key != nil else {
                    throw Refusal(
                        failure: OSSL_CMP_PKIFAILUREINFO_badAlg,
                        reason: "the public key must be an uncompressed P-256 or P-384 key, or RSA of 2048 bits"
                    )
                }
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
}
