/// MSS_HandshakeReq (TS 102 204 §8.12): which messages a provider would have signed as XML.
public struct HandshakeRequest: Sendable, Equatable {
    public var header: MessageHeader
    /// Certificates that it offers to sign with, in DER.
    public var certificates: [[UInt8]]
    /// Algorithms that it knows, by their URIs.
    public var algorithms: [String]

    public init(header: MessageHeader, certificates: [[UInt8]] = [], algorithms: [String] = []) {
        self.header = header
        self.certificates = certificates
        self.algorithms = algorithms
    }
}

/// MSS_HandshakeResp (§8.13): none of them, as long as the provider's entry asks for nothing else.
public struct HandshakeResponse: Sendable, Equatable {
    public var header: MessageHeader
    public var transactionID: String
    /// Whether the provider's requests must be signed, and answers are.
    public var isSecured: Bool
    /// Of the certificates that were offered, those that are registered.
    public var certificates: [[UInt8]]
    /// Of the algorithms that were offered, those that are taken; all of these where none was.
    public var algorithms: [String]

    public init(
        header: MessageHeader,
        transactionID: String,
        isSecured: Bool = false,
        certificates: [[UInt8]] = [],
        algorithms: [String] = []
    ) {
        self.header = header
        self.transactionID = transactionID
        self.isSecured = isSecured
        self.certificates = certificates
        self.algorithms = algorithms
    }
}

extension HandshakeResponse {
    /// The signature methods that are taken of a provider's messages (XML-DSig).
    public static let signatureMethods = [
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    ]
}
