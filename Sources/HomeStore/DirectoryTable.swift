public import HomeMSSP
public import MSSCore
public import PostgreSQL

/// The numbers of provider directories (`provider_directories`).
public struct DirectoryTable: DirectoryNumbers {
    private let pool: Pool

    public init(pool: Pool) {
        self.pool = pool
    }

    public func number(
        of digest: [UInt8],
        for entity: PeerIdentity,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Int64 {
        let parameters: [Parameter] = [.text(entity.uri), .bytea(digest)]
        return try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                let known = try await connection.execute(Self.known, parameters)
                if known.count == 1 { return try known.int64(0, 0) }
                return try await connection.execute(Self.change, parameters).int64(0, 0)
            }
        }
    }

    private static let known = """
        SELECT number FROM provider_directories WHERE acquiring_entity = $1 AND digest = $2
        """

    // Two homes that find the same change at once count it once: the second one waits at the row.
    private static let change = """
        WITH counted AS (
            INSERT INTO provider_directories AS d (acquiring_entity, number, digest) VALUES ($1, 1, $2)
            ON CONFLICT (acquiring_entity) DO UPDATE
            SET number = d.number + CASE WHEN d.digest = excluded.digest THEN 0 ELSE 1 END, digest = excluded.digest
            RETURNING d.number
        ), noted AS (
            INSERT INTO audit_log (act, phase, subject, peer, trace, outcome, digest)
            SELECT 'provider directory', 'result', 'number ' || number, $1, '', 'ok', $2 FROM counted
        )
        SELECT number FROM counted
        """
}
