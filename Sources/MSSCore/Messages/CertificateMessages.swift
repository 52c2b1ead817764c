/// MSS_RegistrationReq that registers nothing (TS 102 204 §8.6): so deployed clients ask for a user's certificate before
/// they have something signed.
public struct CertificateRequest: Sendable, Equatable {
    public var header: MessageHeader
    public var mobileUser: MobileUser

    public init(header: MessageHeader, mobileUser: MobileUser) {
        self.header = header
        self.mobileUser = mobileUser
    }
}

/// MSS_RegistrationResp (§8.7) with the certificate, and 408.
public struct CertificateResponse: Sendable, Equatable {
    public var header: MessageHeader
    /// Of the key that signs what names no profile, in DER.
    public var certificate: [UInt8]

    public init(header: MessageHeader, certificate: [UInt8]) {
        self.header = header
        self.certificate = certificate
    }
}
