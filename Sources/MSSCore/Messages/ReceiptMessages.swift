/// MSS_ReceiptReq (TS 102 204 §8.10): what a provider has its user read once they have signed.
public struct ReceiptRequest: Sendable, Equatable {
    public var header: MessageHeader
    public var mobileUser: MobileUser
    /// The signature that the receipt is for.
    public var transactionID: String
    /// What the phone shows below the provider's name; `nil` has the platform say that the signature arrived.
    public var message: DataToBeSigned?
    /// Asks for what the user does with it; `nil` is answered as soon as it is on its way.
    public var acknowledgement: Acknowledgement?

    public init(
        header: MessageHeader,
        mobileUser: MobileUser,
        transactionID: String,
        message: DataToBeSigned? = nil,
        acknowledgement: Acknowledgement? = nil
    ) {
        self.header = header
        self.mobileUser = mobileUser
        self.transactionID = transactionID
        self.message = message
        self.acknowledgement = acknowledgement
    }

    /// sco:ReceiptRequestExtension: the answer waits for the user.
    public struct Acknowledgement: Sendable, Equatable {
        /// Seconds at most; `nil` leaves them to the platform.
        public var timeOut: Int?

        public init(timeOut: Int? = nil) {
            self.timeOut = timeOut
        }
    }
}

/// MSS_ReceiptResp (§8.11): always 100, for what could not be sent is a fault.
public struct ReceiptResponse: Sendable, Equatable {
    public var header: MessageHeader
    /// What the user did; `nil` where that was not asked.
    public var reaction: Reaction?

    public init(header: MessageHeader, reaction: Reaction? = nil) {
        self.header = header
        self.reaction = reaction
    }

    /// What became of a receipt on the phone (sco:ReceiptResponseExtension).
    public enum Reaction: String, Sendable, CaseIterable {
        /// Read and put away.
        case confirmed
        case cancelled
        /// Shown, and the user did nothing.
        case ignored
        /// The phone said nothing while it was waited for.
        case unanswered
    }
}
