public import HomeMSSP
public import MSSCore
public import PostgreSQL

/// Evidence as it rests: sealed rows, the proofs they name, and the audit of who had them out.
public struct EvidenceTable: Sendable {
    /// One signature's (`evidence`).
    public struct Row: Sendable, Equatable {
        /// When the retention ends, in seconds since 1970.
        public var until: Int64
        public var sealed: [UInt8]
    }

    private let pool: Pool

    public init(pool: Pool) {
        self.pool = pool
    }

    static let row = "SELECT extract(epoch FROM keep_until)::int8, sealed FROM evidence WHERE id = $1"

    static let proofs = """
        SELECT DISTINCT ON (p.digest) p.digest, p.der
        FROM unnest($1::bytea[]) AS named (digest) JOIN evidence_proofs p ON p.digest = named.digest
        ORDER BY p.digest
        """

    private static let note = """
        INSERT INTO audit_log (act, phase, subject, trace, outcome, digest, peer)
        VALUES ('evidence export', $1, $2, '', $3, $4, $5)
        """

    /// - Returns: `nil` if nothing is kept of the transaction.
    public func row(_ id: TransactionID, until deadline: ContinuousClock.Instant) async throws(StoreError) -> Row? {
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                let result = try await connection.execute(Self.row, [.text(id.description)])
                return result.count == 0 ? nil : Row(until: try result.int64(0, 0), sealed: try result.bytes(0, 1))
            }
        }
    }

    /// - Returns: The octets of each proof that is stored, by its digest; whether they are of it is for the caller to see.
    public func proofs(
        _ digests: [[UInt8]],
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> [[UInt8]: [UInt8]] {
        guard !digests.isEmpty else { return [:] }
        return try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                let result = try await connection.execute(Self.proofs, [.byteaArray(digests)])
                var found: [[UInt8]: [UInt8]] = [:]
                for row in 0..<result.count { found[try result.bytes(row, 0)] = try result.bytes(row, 1) }
                return found
            }
        }
    }

    /// Notes an export in the audit of the database.
    ///
    /// - Parameters:
    ///   - id: Whose evidence.
    ///   - phase: `intent` before it, `result` after it.
    ///   - outcome: For whom, or how it went.
    ///   - digest: SHA-256 of what is handed over.
    ///   - who: At the console.
    ///   - deadline: Until when storage is waited for.
    /// - Throws: ``StoreError``; nothing may be handed over then.
    public func note(
        _ id: TransactionID,
        phase: String,
        outcome: String,
        digest: [UInt8]?,
        by who: String,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) {
        let parameters: [Parameter] = [
            .text(phase), .text(id.description), .text(outcome), .bytea(digest), .text(who),
        ]
        try await StoreError.catching {
            try await self.pool.withConnection(deadline: deadline) { connection in
                _ = try await connection.execute(Self.note, parameters)
            }
        }
    }
}
