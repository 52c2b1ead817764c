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
