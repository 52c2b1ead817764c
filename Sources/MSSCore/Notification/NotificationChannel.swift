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
