public import HomeMSSP
public import PostgreSQL

/// The platform's identities as they rest: sealed, each row under a code (`identities`).
public struct IdentityTable: Sendable {
    public struct Row: Sendable, Equatable {
        public var number: Int32
        public var state: String
        public var publicKey: [UInt8]
        public var certificates: [UInt8]
        public var sealed: [UInt8]
        public var code: [UInt8]

        public init(
            number: Int32,
            state: String,
            publicKey: [UInt8],
            certificates: [UInt8],
            sealed: [UInt8],
            code: [UInt8]
        ) {
            self.number = number
            self.state = state
            self.publicKey = publicKey
            self.certificates = certificates
            self.sealed = sealed
            self.code = code
        }
    }

    /// A row, and what takes its place.
    public typealias Change = (old: Row, new: Row)

    private static let most = 1_000
    private let pool: Pool

    public init(pool: Pool) {
        self.pool = pool
    }

    /// All of them, the oldest first.
    ///
    /// - Throws: ``StoreError``; more than a thousand are no identities of a home.
    public func rows(until deadline: ContinuousClock.Instant) async throws(StoreError) -> [Row] {
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                let result = try await connection.execute(Self.rows)
                guard result.count <= Self.most else { throw StoreError.conflict("there are too many identities") }
                return try (0..<result.count).map { row in
                    Row(
                        number: Int32(truncatingIfNeeded: try result.int64(row, 0)),
                        state: try result.text(row, 1),
                        publicKey: try result.bytes(row, 2),
                        certificates: try result.bytes(row, 3),
                        sealed: try result.bytes(row, 4),
                        code: try result.bytes(row, 5)
                    )
                }
            }
        }
    }

    /// Keeps a new one, in one commit with its audit.
    ///
    /// - Throws: ``StoreError/exists(_:)`` if another of its number was made at the same time.
    public func add(_ row: Row, by who: String, until deadline: ContinuousClock.Instant) async throws(StoreError) {
        let parameters: [Parameter] = [
            .int4(row.number), .text(row.state), .bytea(row.publicKey), .bytea(row.sealed), .bytea(row.code),
            .text(who),
        ]
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                _ = try await connection.execute(Self.add, parameters)
            }
        }
    }

    /// Changes rows, all or none, in one commit with the audit.
    ///
    /// - Parameters:
    ///   - changes: Each only if the row is still as it was read.
    ///   - outcome: For the audit: the fingerprint of the certificate.
    ///   - who: Who had it done.
    ///   - deadline: For the connection.
    /// - Returns: `false`, and nothing changed, if somebody else changed one of them meanwhile.
    /// - Throws: ``StoreError``; nothing was changed, or nobody knows.
    public func change(
        _ changes: [Change],
        outcome: String,
        by who: String,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Bool {
        let new = changes.map(\.new)
        let parameters: [Parameter] = [
            .int4Array(new.map(\.number)), .textArray(new.map(\.state)), .byteaArray(new.map(\.certificates)),
            .byteaArray(new.map(\.sealed)), .byteaArray(new.map(\.code)), .byteaArray(changes.map(\.old.code)),
            .text(outcome), .text(who),
        ]
        return try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                try await connection.execute(Self.change, parameters).count == changes.count
            }
        }
    }

    private static let rows = """
        SELECT number, state, public_key, certificates, sealed, code FROM identities ORDER BY number LIMIT 1001
        """

    private static let add = """
        WITH kept AS (
            INSERT INTO identities (number, state, public_key, sealed, code) VALUES ($1, $2, $3, $4, $5)
            RETURNING number
        )
        INSERT INTO audit_log (act, phase, subject, peer, trace, outcome, digest)
        SELECT 'identity made', 'result', 'identity ' || number, $6, '', 'ok', sha256($3) FROM kept
        """

    // Whoever comes second waits at the first row, finds it changed and changes nothing.
    private static let change = """
        WITH new AS (
            SELECT * FROM unnest($1::int4[], $2::text[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[])
                AS n (number, state, certificates, sealed, code, before)
        ), kept AS (
            UPDATE identities i SET state = n.state, certificates = n.certificates, sealed = n.sealed, code = n.code
            FROM new n
            WHERE i.number = n.number AND i.code = n.before
                AND NOT EXISTS (
                    SELECT FROM new o WHERE NOT EXISTS (
                        SELECT FROM identities j WHERE j.number = o.number AND j.code = o.before
                    )
                )
            RETURNING i.number, i.state
        ), noted AS (
            INSERT INTO audit_log (act, phase, subject, peer, trace, outcome)
            SELECT 'identity ' || state, 'result', 'identity ' || number, $8, '', $7 FROM kept
        )
        SELECT number FROM kept
        """
}
