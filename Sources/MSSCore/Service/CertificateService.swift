/// Tells providers that may have them the certificates of users, without a signature.
public protocol CertificateService: Sendable {
    /// The certificate with which a user signs what names no profile.
    func certificate(_ request: CertificateRequest, _ call: Call) async throws(MSSFault) -> CertificateResponse
}
