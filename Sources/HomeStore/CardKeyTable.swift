public import HomeMSSP
public import MSSCore
public import OTA
public import PostgreSQL

/// The life of cards' keys in storage: new ones come as pending, and each step is committed with its audit entry.
///
/// The vault makes the rows (`Vault.moved(_:to:)`): the state is under their seal.
public struct CardKeyTable: CardKeyStore {
    private let pool: Pool

    public init(pool: Pool) {
        self.pool = pool
    }

    public func add(
        _ record: CardKeyRecord,
        by who: String?,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) {
        guard record.state == .pending else { throw .conflict("a new key is not pending") }
        let parameters: [Parameter] = [
            .text(record.iccid), .text(record.domain.rawValue), .int4(Int32(record.keyVersion)),
            .int4(record.topKeyVersion), .bytea(record.keyCheckValue), .bytea(record.sealed),
            .text(record.algorithm.rawValue), .text(record.batch), .text(who),
        ]
        do throws(StoreError) {
            try await StoreError.catching {
                try await self.pool.withConnection(deadline: deadline) { connection in
                    _ = try await connection.execute(Self.add, parameters)
                }
            }
        } catch .exists {
            throw .exists("the card has such a key already")
        }
    }

    public func take(
        _ steps: [CardKeyStep],
        by who: String?,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Bool {
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                try await inTransaction(of: connection) {
                    for step in steps {
                        guard try await connection.execute(Self.step, Self.parameters(step, who)).count == 1 else {
                            return false
                        }
                    }
                    for step in steps where step.to.domain == .wpki && step.to.state == .active {
                        let parameters: [Parameter] = [.text(step.to.iccid), .int4(Int32(step.to.keyVersion))]
                        guard try await connection.execute(Self.count, parameters).count == 1 else { return false }
                    }
                    return true
                }
            }
        }
    }

    public func records(
        _ iccid: ICCID,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> [CardKeyRecord] {
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                let result = try await connection.execute(Self.records, [.text(iccid.description)])
                return try (0..<result.count).map { try Self.record(result, $0) }
            }
        }
    }

    private static func record(_ row: ResultSet, _ index: Int) throws -> CardKeyRecord {
        guard let domain = CardKeyRecord.Domain(rawValue: try row.text(index, 1)),
            let keyVersion = UInt8(exactly: try row.int64(index, 2)),
            let topKeyVersion = Int32(exactly: try row.int64(index, 3)),
            let algorithm = OTAAlgorithm(rawValue: try row.text(index, 6)),
            let state = KeysetState(rawValue: try row.text(index, 8))
        else { throw PostgreSQLError.decoding("a key record is damaged") }
        return CardKeyRecord(
            iccid: try row.text(index, 0),
            domain: domain,
            keyVersion: keyVersion,
            topKeyVersion: topKeyVersion,
            keyCheckValue: try row.bytes(index, 4),
            sealed: try row.bytes(index, 5),
            algorithm: algorithm,
            batch: try row.text(index, 7),
            state: state
        )
    }

    private static func parameters(_ step: CardKeyStep, _ who: String?) -> [Parameter] {
        [
            .text(step.to.iccid), .text(step.to.domain.rawValue), .int4(Int32(step.to.keyVersion)),
            .text(step.from.state.rawValue), .bytea(step.from.sealed), .text(step.to.state.rawValue),
            .bytea(step.to.sealed), .int4(step.to.topKeyVersion), .text(who),
        ]
    }

    private static let records = """
        SELECT iccid, domain, key_version, top_key_version, key_check_value, sealed, algorithm, batch, state
        FROM card_keys WHERE iccid = $1 ORDER BY domain, key_version
        """

    private static let add = """
        WITH kept AS (
            INSERT INTO card_keys (
                iccid, domain, key_version, top_key_version, key_check_value, sealed, algorithm, batch, state
            ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending')
            RETURNING iccid
        ), counter AS (
            UPDATE card_counters c SET next_frame = 0 FROM kept k WHERE $2 = 'wpki' AND c.iccid = k.iccid
        )
        INSERT INTO audit_log (act, phase, subject, peer, trace, outcome)
        SELECT 'card key pending', 'result', iccid, $9, '', $2 || ' ' || $3 FROM kept
        """

    /// The new root's own counter takes the place of the old one's.
    private static let count = """
        UPDATE card_counters SET frame = next_frame, next_frame = 0, frame_key = $2
        WHERE iccid = $1 AND frame_key IS DISTINCT FROM $2 RETURNING 1
        """

    private static let step = """
        WITH moved AS (
            UPDATE card_keys SET state = $6, sealed = $7, top_key_version = $8
            WHERE iccid = $1 AND domain = $2 AND key_version = $3 AND state = $4 AND sealed = $5
            RETURNING iccid
        )
        INSERT INTO audit_log (act, phase, subject, peer, trace, outcome)
        SELECT 'card key ' || $6, 'result', iccid, $9, '', $2 || ' ' || $3 FROM moved
        RETURNING 1
        """
}

/// Commits what `work` did if it returns `true`; otherwise nothing of it happened.
func inTransaction(of connection: Connection, _ work: () async throws -> Bool) async throws -> Bool {
    _ = try await connection.execute("BEGIN")
    do {
        let isDone = try await work()
        _ = try await connection.execute(isDone ? "COMMIT" : "ROLLBACK")
        return isDone
    } catch {
        _ = try? await connection.execute("ROLLBACK")
        throw error
    }
}
