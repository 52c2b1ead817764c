/// MSS_HandshakeReq (TS 102 204 §8.12): which messages a provider would have signed as XML.
public struct HandshakeRequest: Sendable, Equatable {
    public var header: MessageHeader

    public init(header: MessageHeader) {
        self.header = header
    }
}

/// MSS_HandshakeResp (§8.13): none of them, as long as the provider's entry asks for nothing else.
public struct HandshakeResponse: Sendable, Equatable {
    public var header: MessageHeader
    public var transactionID: String

    public init(header: MessageHeader, transactionID: String) {
        self.header = header
        self.transactionID = transactionID
    }
}
