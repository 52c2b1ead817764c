/// The end of a transaction, for the provider that wanted to be told of it (MSS_Notification, asynchServerServer).
public struct StatusNotification: Sendable, Equatable {
    public enum Outcome: Sendable, Equatable {
        /// As a status query would answer it.
        case signed(StatusResponse)
        /// As a status query would fail.
        case failed(MSSFault)
    }

    /// MSSP_TransID.
    public var transactionID: String
    /// Names the request: AP_ID, AP_TransID and Instant are the provider's own, AP_URL is where it wants to hear.
    public var header: MessageHeader
    public var mobileUser: MobileUser
    public var outcome: Outcome
    /// Which handing-out of it this is, from 1.
    public var attempt: Int
    /// How its provider is told.
    public var soap: SOAPVersion
    /// MSS_Notification as the home has written and signed it, for a provider whose messages are signed: it is carried as
    /// it is.
    public var envelope: [UInt8]?

    public init(
        transactionID: String,
        header: MessageHeader,
        mobileUser: MobileUser,
        outcome: Outcome,
        attempt: Int,
        soap: SOAPVersion = .v12,
        envelope: [UInt8]? = nil
    ) {
        self.transactionID = transactionID
        self.header = header
        self.mobileUser = mobileUser
        self.outcome = outcome
        self.attempt = attempt
        self.soap = soap
        self.envelope = envelope
    }
}
