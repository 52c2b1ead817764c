/// MSS_StatusReq (TS 102 204 §8.4).
public struct StatusRequest: Sendable, Equatable {
    public var header: MessageHeader
    public var transactionID: String
    /// How many seconds the answer may wait for the transaction's end: 1 to ``longestWait``; `nil` is answered at once.
    public var wait: Int?

    public init(header: MessageHeader, transactionID: String, wait: Int? = nil) {
        self.header = header
        self.transactionID = transactionID
        self.wait = wait
    }

    public static let longestWait = 60
}

/// MSS_StatusResp (§8.5): as the synchronous answer would have been, or 504 while the user has not answered.
public struct StatusResponse: Sendable, Equatable {
    public var header: MessageHeader
    public var mobileUser: MobileUser
    /// DER of the CMS SignedData, or the value of a PKCS#1 signature, once there is one.
    public var signature: [UInt8]?
    /// The signer's certificate in DER where it goes beside the signature (fi:PKCS1).
    public var certificate: [UInt8]?
    public var status: Status
    /// What the services answer that have more to say than the status.
    public var serviceResponses: [ServiceResponse]

    public init(
        header: MessageHeader,
        mobileUser: MobileUser,
        signature: [UInt8]? = nil,
        certificate: [UInt8]? = nil,
        status: Status,
        serviceResponses: [ServiceResponse] = []
    ) {
        self.header = header
        self.mobileUser = mobileUser
        self.signature = signature
        self.certificate = certificate
        self.status = status
        self.serviceResponses = serviceResponses
    }
}
