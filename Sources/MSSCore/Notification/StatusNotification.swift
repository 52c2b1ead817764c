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

    public init(
        transactionID: String,
        header: MessageHeader,
        mobileUser: MobileUser,
        outcome: Outcome,
        attempt: Int
    ) {
        self.transactionID = transactionID
        self.header = header
        self.mobileUser = mobileUser
        self.outcome = outcome
        self.attempt = attempt
    }
}

/// What an acquiring entity says to the home when it asks for notifications: which ones providers have acknowledged, and
/// how many more it can take.
public struct NotificationLease: Sendable, Equatable {
    /// MSSP_TransID of each that a provider has acknowledged; they are never handed out again.
    public var acknowledged: [String]
    /// How many it takes at most; 0 only acknowledges.
    public var most: Int
    /// How many seconds the answer may wait for the first one.
    public var wait: Int

    public static let longestWait = 20
    public static let mostAtOnce = 32

    public init(acknowledged: [String] = [], most: Int = 0, wait: Int = 0) {
        self.acknowledged = acknowledged
        self.most = most
        self.wait = wait
    }
}

/// The conversation about what providers have still to be told: an acquiring entity asks, the home hands out.
public protocol NotificationService: Sendable {
    /// Takes acknowledgements, and hands out what is due to the calling acquiring entity's providers.
    ///
    /// - Returns: As soon as there is something, or with nothing when the lease's wait is over.
    /// - Throws: 780 or 900 if storage does not answer.
    func notifications(_ lease: NotificationLease, _ call: Call) async throws(MSSFault) -> [StatusNotification]
}

/// Carries a notification to its provider.
public protocol NotificationChannel: Sendable {
    /// - Returns: When the provider has acknowledged it by a receipt, and not before.
    /// - Throws: ``NotificationFailure``.
    func deliver(
        _ notification: StatusNotification,
        to target: NotificationTarget,
        until deadline: ContinuousClock.Instant
    ) async throws(NotificationFailure)
}

/// Why a provider has not acknowledged a notification.
public struct NotificationFailure: Error, Sendable, Equatable {
    public enum Reason: String, Sendable, CaseIterable {
        /// The name leads nowhere.
        case unresolved
        /// It leads where nothing of a provider's may be.
        case forbidden
        /// No connection, no TLS, no answer in time.
        case unreachable
        /// An answer, and no receipt for this transaction.
        case unacknowledged
        /// Its AP_URL is no target of the provider's entry any more.
        case unregistered
    }

    public var reason: Reason
    /// For the operator's log: no word of the provider's, no address.
    public var cause: String

    public init(_ reason: Reason, _ cause: String) {
        self.reason = reason
        self.cause = cause
    }
}
