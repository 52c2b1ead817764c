import KeyVault
import MSSCore
import Signatures

extension IdentitySignature {
    /// The CMS that holds content, signature and the signer's certificates, for `openssl cms -verify`.
    ///
    /// Without signed attributes: the signature is over the content itself, whose first line says what it is for.
    ///
    /// - Parameter identity: Who signed.
    /// - Returns: DER ContentInfo.
    /// - Throws: `SignatureError` for an identity without a certificate.
    func message(by identity: IdentityRecord) throws(SignatureError) -> [UInt8] {
        let chain = identity.chain
        return try SignedDataAssembler.assemble(
            .binary(content),
            form: .withoutAttributes,
            algorithm: .p256,
            raw: value,
            certificate: try UserCertificate(der: chain.first ?? []),
            intermediates: Array(chain.dropFirst())
        )
    }
}
