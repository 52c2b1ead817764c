public import HomeMSSP
public import PostgreSQL

/// The database's part of the epoch: what it is, and the move of all counters into a new one.
public struct EpochTable: Sendable {
    /// What a restoration did.
    public struct Restoration: Sendable, Equatable {
        public var cards: Int
        public var endedTransactions: Int

        public init(cards: Int, endedTransactions: Int) {
            self.cards = cards
            self.endedTransactions = endedTransactions
        }
    }

    private let pool: Pool

    public init(pool: Pool) {
        self.pool = pool
    }

    public func identity(until deadline: ContinuousClock.Instant) async throws(StoreError) -> DatabaseIdentity {
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                try await Self.identity(on: connection)
            }
        }
    }

    /// The same, asked on a connection that is at hand.
    ///
    /// - Throws: `PostgreSQLError`.
    public static func identity(on connection: Connection) async throws -> DatabaseIdentity {
        let row = try await connection.execute(identity)
        return DatabaseIdentity(
            system: try row.int64(0, 0),
            timeline: try row.text(0, 1),
            database: try row.int64(0, 2),
            table: try row.int64(0, 3),
            position: try row.int64(0, 4),
            epoch: try row.int64(0, 5)
        )
    }

    /// Whether the home has any card whose counters could have been spent.
    public func hasCards(until deadline: ContinuousClock.Instant) async throws(StoreError) -> Bool {
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                try await connection.execute("SELECT iccid FROM cards LIMIT 1").count > 0
            }
        }
    }

    /// Ends every transaction that the restored database takes for running and moves all counters, and the numbers of
    /// directories, by 2^16 for each epoch that it has not seen, in one commit with its audit.
    ///
    /// - Parameters:
    ///   - epoch: The new one, kept outside before this is called.
    ///   - who: Who does it, for the audit.
    ///   - deadline: For the connection.
    /// - Returns: How many cards and transactions; `nil` if the database is in this epoch or a later one already.
    /// - Throws: ``StoreError/unavailable(_:)``; nothing was changed, or nobody knows and it may be done again.
    public func restore(
        to epoch: Int64,
        by who: String,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Restoration? {
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                let row = try await connection.execute(Self.restore, [.int8(epoch), .text(who)])
                guard try row.int64(0, 2) == 1 else { return nil }
                return Restoration(
                    cards: Int(try row.int64(0, 0)),
                    endedTransactions: Int(try row.int64(0, 1))
                )
            }
        }
    }

    // Flushed: what was written only may be lost with the machine, and the database is the same one nevertheless.
    private static let identity = """
        SELECT (SELECT system_identifier FROM pg_control_system()),
            left(pg_walfile_name(pg_current_wal_lsn()), 8),
            (SELECT oid::int8 FROM pg_database WHERE datname = current_database()), 'card_counters'::regclass::oid::int8,
            (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::int8, (SELECT applied FROM home_epoch)
        """

    // A counter that would pass its end stays there: that card is dead until its keys are rolled, the others are not.
    private static let restore = """
        WITH old AS (
            SELECT applied FROM home_epoch WHERE applied < $1 FOR UPDATE
        ), moved AS (
            UPDATE card_counters c
            SET packet = least(c.packet + ($1 - o.applied) * 65536, 1099511627774),
                frame = least(c.frame + ($1 - o.applied) * 65536, 4294967295),
                next_frame = least(c.next_frame + ($1 - o.applied) * 65536, 4294967295)
            FROM old o
            RETURNING c.iccid
        ), ended AS (
            UPDATE transactions t
            SET running = false, fault = 900, ended = now(), request = NULL,
                fault_detail = 'The platform was restored; nothing is known of this request.'
            FROM old WHERE t.running
            RETURNING t.id, t.trace
        ), begun AS (
            UPDATE home_epoch e SET applied = $1 FROM old o WHERE e.applied = o.applied RETURNING e.applied
        ), renumbered AS (
            UPDATE provider_directories d SET number = d.number + ($1 - o.applied) * 65536 FROM old o
        ), noted AS (
            INSERT INTO audit_log (act, phase, subject, peer, trace, outcome)
            SELECT 'restore', 'result', id, $2, trace, '900' FROM ended
            UNION ALL
            SELECT 'restore', 'result', 'epoch ' || applied, $2, '', 'ok' FROM begun
        )
        SELECT (SELECT count(*) FROM moved), (SELECT count(*) FROM ended), (SELECT count(*) FROM begun)
        """
}
