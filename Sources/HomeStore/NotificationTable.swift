public import HomeMSSP
public import MSSCore
public import PostgreSQL

/// The outbox of notifications (`notifications`); its lines come with their transactions (``BeginStatement``).
public struct NotificationTable: NotificationOutbox {
    private let pool: Pool

    public init(pool: Pool) {
        self.pool = pool
    }

    /// $1: acquiring entity, $2: how many.
    ///
    /// Due again after 15 seconds, 30, 60, … up to an hour: the first is longer than an acquiring entity takes for one
    /// delivery. Providers take turns, so that one whose server is away holds up itself alone.
    static let lease = """
        WITH waiting AS (
            SELECT n.transaction_id, n.due, row_number() OVER (PARTITION BY t.provider ORDER BY n.due) AS turn
            FROM notifications n JOIN transactions t ON t.id = n.transaction_id
            WHERE n.acquiring_entity = $1 AND n.due <= now() AND NOT t.running
        ), due AS (
            SELECT n.transaction_id FROM notifications n
            WHERE n.transaction_id = ANY (ARRAY(SELECT transaction_id FROM waiting ORDER BY turn, due LIMIT $2))
                AND n.due <= now()
            FOR UPDATE SKIP LOCKED
        ), leased AS (
            UPDATE notifications n
            SET attempts = n.attempts + 1,
                due = now() + least(15 * power(2, least(n.attempts, 16)), 3600) * interval '1 second'
            FROM due d WHERE n.transaction_id = d.transaction_id
            RETURNING n.transaction_id, n.url, n.attempts
        ), told AS (
            UPDATE transactions t SET told = now() FROM leased l WHERE t.id = l.transaction_id AND t.told IS NULL
            RETURNING t.id, t.trace, t.provider, t.acquiring_entity, t.status, t.fault, t.result
        ), noted AS (
            \(CarryingOn.noteDelivery)
        )
        SELECT \(TransactionRow.columns), l.url, l.attempts::int4
        \(TransactionRow.source) JOIN leased l ON l.transaction_id = t.id
        -- By their names, not by the join alone: a plan that walks all transactions would cost with what was ever signed.
        WHERE t.id = ANY (ARRAY(SELECT transaction_id FROM leased))
        """

    /// $1: ids, $2: acquiring entity.
    static let acknowledge = """
        WITH gone AS (
            DELETE FROM notifications WHERE transaction_id = ANY ($1::text[]) AND acquiring_entity = $2
            RETURNING transaction_id
        )
        \(note("acknowledged"))
        """

    /// $1: acquiring entity.
    static let giveUp = """
        WITH gone AS (
            DELETE FROM notifications n USING transactions t
            WHERE n.acquiring_entity = $1 AND n.due <= now() AND t.id = n.transaction_id
                AND t.ended < now() - interval '1 day'
            RETURNING n.transaction_id
        )
        \(note("given up"))
        """

    private static func note(_ outcome: StaticString) -> String {
        """
        , noted AS (
            INSERT INTO audit_log (act, phase, subject, peer, origin, trace, outcome)
            SELECT 'notification', 'result', t.id, t.acquiring_entity, t.provider, t.trace, '\(outcome)'
            FROM gone g JOIN transactions t ON t.id = g.transaction_id
        )
        SELECT transaction_id FROM gone
        """
    }

    public func lease(
        through entity: PeerIdentity,
        most: Int,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> [DueNotification] {
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                let result = try await connection.execute(Self.lease, [.text(entity.uri), .int8(Int64(most))])
                return try (0..<result.count).map { row in
                    DueNotification(
                        entry: try TransactionRow.entry(result, row),
                        url: try result.text(row, TransactionRow.width),
                        attempt: Int(try result.int64(row, TransactionRow.width + 1))
                    )
                }
            }
        }
    }

    public func acknowledge(
        _ ids: [TransactionID],
        through entity: PeerIdentity,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Int {
        try await remove(Self.acknowledge, [.textArray(ids.map(\.description)), .text(entity.uri)], deadline).count
    }

    public func giveUp(
        through entity: PeerIdentity,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> [String] {
        try await remove(Self.giveUp, [.text(entity.uri)], deadline)
    }

    private func remove(
        _ sql: String,
        _ parameters: [Parameter],
        _ deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> [String] {
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                let result = try await connection.execute(sql, parameters)
                return try (0..<result.count).map { try result.text($0, 0) }
            }
        }
    }
}
