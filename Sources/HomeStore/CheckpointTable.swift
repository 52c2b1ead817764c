public import HomeMSSP
public import PostgreSQL

/// Signed statements about the audit (`audit_checkpoints`), and what the service may know of the audit for them: which
/// rows there are and a digest of each.
public struct CheckpointTable: Sendable {
    public struct Row: Sendable, Equatable {
        public var number: Int64
        public var statement: [UInt8]
        public var identity: Int32
        public var signature: [UInt8]

        public init(number: Int64, statement: [UInt8], identity: Int32, signature: [UInt8]) {
            self.number = number
            self.statement = statement
            self.identity = identity
            self.signature = signature
        }
    }

    private let pool: Pool

    public init(pool: Pool) {
        self.pool = pool
    }

    /// The newest checkpoint; `nil` before the first.
    public func last(until deadline: ContinuousClock.Instant) async throws(StoreError) -> Row? {
        try await rows(Self.last, [], deadline).first
    }

    /// Checkpoints above a number, in their order, a hundred at most.
    public func rows(
        above number: Int64,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> [Row] {
        try await rows(Self.above, [.int8(number)], deadline)
    }

    /// Keeps a checkpoint, in one commit with its audit.
    ///
    /// - Throws: ``StoreError/exists(_:)`` if another of its number was made at the same time.
    public func add(
        _ row: Row,
        digest: [UInt8],
        by who: String,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) {
        let parameters: [Parameter] = [
            .int8(row.number), .bytea(row.statement), .int4(row.identity), .bytea(row.signature), .bytea(digest),
            .text(who),
        ]
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                _ = try await connection.execute(Self.add, parameters)
            }
        }
    }

    /// Of the cluster, from its making on.
    public func system(until deadline: ContinuousClock.Instant) async throws(StoreError) -> UInt64 {
        UInt64(bitPattern: try await number("SELECT system_identifier FROM pg_control_system()", deadline))
    }

    /// The highest number in the audit; 0 where there is none.
    public func head(until deadline: ContinuousClock.Instant) async throws(StoreError) -> Int64 {
        try await number("SELECT audit_head()", deadline)
    }

    /// Transactions that may have taken a number of the audit and have not ended, by name, with the server's process.
    ///
    /// Whoever inserts has the table's lock before it takes a number, and keeps it until others see the row. So what
    /// took a number at most ``head(until:)`` is among these when they are asked for afterwards, or has ended.
    public func writers(until deadline: ContinuousClock.Instant) async throws(StoreError) -> [String: Int64] {
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                let result = try await connection.execute(Self.writers)
                var writers: [String: Int64] = [:]
                for row in 0..<result.count {
                    // A prepared transaction has no process.
                    writers[try result.text(row, 0)] = try result.optionalInt64(row, 1) ?? 0
                }
                return writers
            }
        }
    }

    /// Digests of the audit's rows above `low` up to `high`, in the order of their numbers, `most` at most.
    ///
    /// - Returns: Number and SHA-256 (015_identity.sql says of what).
    public func digests(
        above low: Int64,
        upTo high: Int64,
        most: Int32,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> [(number: Int64, digest: [UInt8])] {
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                let result = try await connection.execute(Self.digests, [.int8(low), .int8(high), .int4(most)])
                return try (0..<result.count).map { (try result.int64($0, 0), try result.bytes($0, 1)) }
            }
        }
    }

    private func rows(
        _ sql: String,
        _ parameters: [Parameter],
        _ deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> [Row] {
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                let result = try await connection.execute(sql, parameters)
                return try (0..<result.count).map { row in
                    Row(
                        number: try result.int64(row, 0),
                        statement: try result.bytes(row, 1),
                        identity: Int32(truncatingIfNeeded: try result.int64(row, 2)),
                        signature: try result.bytes(row, 3)
                    )
                }
            }
        }
    }

    private func number(_ sql: String, _ deadline: ContinuousClock.Instant) async throws(StoreError) -> Int64 {
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                try await connection.execute(sql).int64(0, 0)
            }
        }
    }

    private static let last = """
        SELECT number, statement, identity, signature FROM audit_checkpoints ORDER BY number DESC LIMIT 1
        """

    static let above = """
        SELECT number, statement, identity, signature FROM audit_checkpoints WHERE number > $1 ORDER BY number LIMIT 100
        """

    private static let add = """
        WITH kept AS (
            INSERT INTO audit_checkpoints (number, statement, identity, signature) VALUES ($1, $2, $3, $4)
            RETURNING number
        )
        INSERT INTO audit_log (act, phase, subject, peer, trace, outcome, digest)
        SELECT 'audit checkpoint', 'result', 'checkpoint ' || number, $6, '', 'ok', $5 FROM kept
        """

    private static let writers = """
        SELECT virtualtransaction, pid::int8 FROM pg_locks
        WHERE locktype = 'relation' AND relation = 'audit_log'::regclass AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
        """

    private static let digests = "SELECT number, digest FROM audit_digests($1, $2, $3)"
}
