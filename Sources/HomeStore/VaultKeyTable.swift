public import HomeMSSP
public import PostgreSQL

/// The vault's keys as they rest: wrapped, and of no use to whoever reads them.
public struct VaultKeyTable: Sendable {
    /// One key (`vault_keys`).
    public struct Row: Sendable, Equatable {
        public var kekVersion: Int32
        public var purpose: String
        public var number: Int32
        public var wrapped: [UInt8]

        public init(kekVersion: Int32, purpose: String, number: Int32, wrapped: [UInt8]) {
            self.kekVersion = kekVersion
            self.purpose = purpose
            self.number = number
            self.wrapped = wrapped
        }
    }

    private let pool: Pool

    public init(pool: Pool) {
        self.pool = pool
    }

    public func rows(until deadline: ContinuousClock.Instant) async throws(StoreError) -> [Row] {
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                let sql = "SELECT kek_version, purpose, number, wrapped FROM vault_keys ORDER BY 1, 2, 3"
                let result = try await connection.execute(sql)
                return try (0..<result.count).map { row in
                    Row(
                        kekVersion: Int32(truncatingIfNeeded: try result.int64(row, 0)),
                        purpose: try result.text(row, 1),
                        number: Int32(truncatingIfNeeded: try result.int64(row, 2)),
                        wrapped: try result.bytes(row, 3)
                    )
                }
            }
        }
    }

    /// Keeps the first keys of a home that has none and no card; of two processes that try at once one succeeds.
    ///
    /// - Returns: Whether these are kept. `false`: read what is there.
    public func begin(_ rows: [Row], until deadline: ContinuousClock.Instant) async throws(StoreError) -> Bool {
        let parameters: [Parameter] = [
            .int4Array(rows.map(\.kekVersion)), .textArray(rows.map(\.purpose)), .int4Array(rows.map(\.number)),
            .byteaArray(rows.map(\.wrapped)),
        ]
        return try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                try await connection.execute(Self.begin, parameters).count > 0
            }
        }
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

    // The one who comes second waits at the first key for the other's commit, and then keeps none of its own.
    private static let begin = """
        WITH kept AS (
            INSERT INTO vault_keys (kek_version, purpose, number, wrapped)
            SELECT * FROM unnest($1::int4[], $2::text[], $3::int4[], $4::bytea[]) AS k (a, b, c, d)
            WHERE NOT EXISTS (SELECT FROM vault_keys) AND NOT EXISTS (SELECT FROM cards)
            ORDER BY a, b, c
            ON CONFLICT DO NOTHING
            RETURNING number
        ), noted AS (
            INSERT INTO audit_log (act, phase, subject, trace, outcome)
            SELECT 'vault keys made', 'result', 'KEK ' || $1[1], '', 'ok' WHERE EXISTS (SELECT FROM kept)
        )
        SELECT number FROM kept
        """
}
