import HomeMSSP
import MSSCore
public import PostgreSQL
public import SIMLink

/// Parts of answers in PostgreSQL, for all processes of the home.
public struct PartTable: PartStore {
    private let pool: Pool

    public init(pool: Pool) {
        self.pool = pool
    }

    public func put(_ part: AnswerPart) async throws(PartStoreError) -> [AnswerPart] {
        try await Self.catching {
            try await self.pool.withConnection(deadline: .now + .seconds(5)) { connection in
                // Two statements and two snapshots: who commits last of two that store at once sees both.
                try await connection.execute(
                    Self.insert,
                    Self.key(part) + [
                        .int4(Int32(clamping: part.index)), .int4(part.identifier.map { Int32($0) }),
                        .bytea(part.octets), .int4(Int32(Self.mostOfOneSource - 1)),
                    ]
                )
                return try Self.parts(try await connection.execute(Self.select, Self.key(part)), like: part)
            }
        }
    }

    public func forgetOld() async {
        // What is not let go of now is so by the next call.
        _ = try? await Self.catching {
            try await self.pool.withConnection(deadline: .now + .seconds(5)) { connection in
                try await connection.execute(Self.delete, [.int4(Self.seconds)])
            }
        }
    }

    private static func catching<Value: Sendable>(
        _ work: () async throws -> Value
    ) async throws(PartStoreError) -> Value {
        do throws(StoreError) { return try await StoreError.catching(work) } catch {
            switch error {
            case .unavailable(let reason), .conflict(let reason), .exists(let reason):
                throw PartStoreError(reason: reason)
            default: throw PartStoreError(reason: "busy")
            }
        }
    }

    private static func key(_ part: AnswerPart) -> [Parameter] {
        [.text(part.source.description), .int4(Int32(part.reference)), .int4(Int32(clamping: part.total))]
            + [.int4(seconds)]
    }

    private static func parts(_ result: ResultSet, like part: AnswerPart) throws(PostgreSQLError) -> [AnswerPart] {
        var parts: [AnswerPart] = []
        for row in 0..<result.count {
            var known = part
            known.index = Int(try result.int64(row, 0))
            known.identifier = try result.optionalInt64(row, 1).flatMap { UInt8(exactly: $0) }
            known.octets = try result.bytes(row, 2)
            parts.append(known)
        }
        return parts
    }
}

extension PartTable {
    /// How long a part counts.
    private static var seconds: Int32 { Int32(clamping: patience.components.seconds) }

    /// Stores a part; of other octets than the one that is there it begins a new answer, and what is beyond the
    /// youngest answers of its source goes.
    private static let insert = """
        WITH reused AS (
            SELECT FROM answer_parts
            WHERE msisdn = $1 AND reference = $2 AND total = $3 AND place = $5 AND octets <> $7
        ), replaced AS (
            DELETE FROM answer_parts
            WHERE msisdn = $1 AND reference = $2 AND total = $3 AND place <> $5 AND EXISTS (SELECT FROM reused)
        ), litter AS (
            DELETE FROM answer_parts p USING (
                SELECT reference, total FROM answer_parts
                WHERE msisdn = $1 AND (reference, total) <> ($2, $3) AND arrived > now() - $4 * interval '1 second'
                GROUP BY reference, total ORDER BY max(arrived) DESC OFFSET $8
            ) AS old
            WHERE p.msisdn = $1 AND p.reference = old.reference AND p.total = old.total
        )
        INSERT INTO answer_parts (msisdn, reference, total, place, identifier, octets)
        VALUES ($1, $2, $3, $5, $6, $7)
        ON CONFLICT (msisdn, reference, total, place) DO UPDATE
        SET identifier = excluded.identifier, octets = excluded.octets, arrived = excluded.arrived
        """

    private static let select = """
        SELECT place, identifier, octets FROM answer_parts
        WHERE msisdn = $1 AND reference = $2 AND total = $3 AND arrived > now() - $4 * interval '1 second'
        ORDER BY place
        """

    private static let delete = "DELETE FROM answer_parts WHERE arrived <= now() - $1 * interval '1 second'"
}
