public import HomeMSSP
public import PostgreSQL

/// The vault's keys as they rest: wrapped, and of no use to whoever reads them.
public struct VaultKeyTable: Sendable {
    /// One key (`vault_keys`).
    public struct Row: Sendable, Equatable {
        public var kekVersion: Int32
        public var generation: Int32
        public var purpose: String
        public var number: Int32
        public var wrapped: [UInt8]

        public init(kekVersion: Int32, generation: Int32, purpose: String, number: Int32, wrapped: [UInt8]) {
            self.kekVersion = kekVersion
            self.generation = generation
            self.purpose = purpose
            self.number = number
            self.wrapped = wrapped
        }
    }

    private let pool: Pool

    public init(pool: Pool) {
        self.pool = pool
    }

    /// Every key once: as the newest KEK wraps it.
    public func rows(until deadline: ContinuousClock.Instant) async throws(StoreError) -> [Row] {
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                let result = try await connection.execute(Self.rows)
                return try (0..<result.count).map { row in
                    Row(
                        kekVersion: Int32(truncatingIfNeeded: try result.int64(row, 0)),
                        generation: Int32(truncatingIfNeeded: try result.int64(row, 1)),
                        purpose: try result.text(row, 2),
                        number: Int32(truncatingIfNeeded: try result.int64(row, 3)),
                        wrapped: try result.bytes(row, 4)
                    )
                }
            }
        }
    }

    /// Keeps the first keys of a home that has none and no card; of two processes that try at once one succeeds.
    ///
    /// - Returns: Whether these are kept. `false`: read what is there.
    public func begin(_ rows: [Row], until deadline: ContinuousClock.Instant) async throws(StoreError) -> Bool {
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                try await connection.execute(Self.begin, Self.parameters(rows)).count > 0
            }
        }
    }

    /// Keeps all keys wrapped under the next KEK beside those of before, in one commit with its audit.
    ///
    /// - Parameters:
    ///   - rows: Of one KEK, which follows the newest one there is.
    ///   - who: Who had it done.
    ///   - deadline: For the connection.
    /// - Returns: `false`, and nothing changed, if the newest KEK is not the one before: somebody else has rotated.
    /// - Throws: ``StoreError/unavailable(_:)``; nothing was changed, or nobody knows.
    public func rotate(
        _ rows: [Row],
        by who: String,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Bool {
        do throws(StoreError) {
            return try await StoreError.catching {
                try await self.pool.withConnection(deadline: deadline) { connection in
                    try await connection.execute(Self.rotate, Self.parameters(rows) + [.text(who)]).count == rows.count
                }
            }
        } catch .exists { return false }
    }

    private static func parameters(_ rows: [Row]) -> [Parameter] {
        [
            .int4Array(rows.map(\.kekVersion)), .int4Array(rows.map(\.generation)), .textArray(rows.map(\.purpose)),
            .int4Array(rows.map(\.number)), .byteaArray(rows.map(\.wrapped)),
        ]
    }

    /// Notes an act on the vault in the audit of the database: `intent` before it, `result` after it.
    ///
    /// `who` is the one at the console, where it was one.
    public func note(
        _ act: String,
        _ phase: String,
        _ outcome: String?,
        by who: String? = nil
    ) async throws(StoreError) {
        let parameters: [Parameter] = [.text(act), .text(phase), .text(outcome), .text(who)]
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: .now + .seconds(5)) { connection in
                _ = try await connection.execute(Self.note, parameters)
            }
        }
    }

    private static let note = """
        INSERT INTO audit_log (act, phase, subject, trace, outcome, peer) VALUES ($1, $2, 'vault', '', $3, $4)
        """

    private static let rows = """
        SELECT DISTINCT ON (generation, purpose, number) kek_version, generation, purpose, number, wrapped
        FROM vault_keys ORDER BY generation, purpose, number, kek_version DESC
        """

    // The one who comes second waits at the first key, too, and then finds it taken.
    private static let rotate = """
        WITH kept AS (
            INSERT INTO vault_keys (kek_version, generation, purpose, number, wrapped)
            SELECT * FROM unnest($1::int4[], $2::int4[], $3::text[], $4::int4[], $5::bytea[]) AS k (a, b, c, d, e)
            WHERE (SELECT max(kek_version) FROM vault_keys) = $1[1] - 1
            ORDER BY a, b, c, d
            RETURNING number
        ), noted AS (
            INSERT INTO audit_log (act, phase, subject, trace, outcome, peer)
            SELECT 'vault keys rewrapped', 'result', 'KEK ' || $1[1], '', 'ok', $6 WHERE EXISTS (SELECT FROM kept)
        )
        SELECT number FROM kept
        """

    // The one who comes second waits at the first key for the other's commit, and then keeps none of its own.
    private static let begin = """
        WITH kept AS (
            INSERT INTO vault_keys (kek_version, generation, purpose, number, wrapped)
            SELECT * FROM unnest($1::int4[], $2::int4[], $3::text[], $4::int4[], $5::bytea[]) AS k (a, b, c, d, e)
            WHERE NOT EXISTS (SELECT FROM vault_keys) AND NOT EXISTS (SELECT FROM cards)
            ORDER BY a, b, c, d
            ON CONFLICT DO NOTHING
            RETURNING number
        ), noted AS (
            INSERT INTO audit_log (act, phase, subject, trace, outcome)
            SELECT 'vault keys made', 'result', 'KEK ' || $1[1], '', 'ok' WHERE EXISTS (SELECT FROM kept)
        )
        SELECT number FROM kept
        """
}
