public import MSSCore

/// The home's memory of whom it has still to tell of a transaction's end.
///
/// A request that wants it puts its line here with the transaction itself (``SignatureTask/notifies``).
public protocol NotificationOutbox: Sendable {
    /// Hands out what is due through an acquiring entity, oldest first; each is due again after a while that doubles,
    /// until it is acknowledged.
    ///
    /// That the result goes out is audited before it does.
    func lease(
        through entity: PeerIdentity,
        most: Int,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> [DueNotification]

    /// Takes those away that a provider has acknowledged; one of another acquiring entity's stays.
    ///
    /// - Returns: How many there were.
    func acknowledge(
        _ ids: [TransactionID],
        through entity: PeerIdentity,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Int

    /// Takes those away that nobody has acknowledged in the day after their transaction's end.
    ///
    /// - Returns: MSSP_TransID of each.
    func giveUp(
        through entity: PeerIdentity,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> [String]
}

/// A line of the outbox that was handed out.
public struct DueNotification: Sendable {
    public var entry: LedgerEntry
    /// AP_URL as the provider wrote it.
    public var url: String
    /// Which handing-out this is, from 1.
    public var attempt: Int

    public init(entry: LedgerEntry, url: String, attempt: Int) {
        self.entry = entry
        self.url = url
        self.attempt = attempt
    }
}
