import MSSCore
import PostgreSQL
import SIMLink

/// Stores many parts at once, then reads what is there of each one's answer.
///
/// Two statements and two snapshots: of two processes that store the last two parts at the same moment, the one that
/// commits last sees both.
enum PartStatement {
    /// How long a part counts.
    static var seconds: Int32 { Int32(clamping: PartTable.patience.components.seconds) }

    /// A source is in a statement once: its second part may be of the same answer, or begin another under its name.
    static func run(_ parts: [AnswerPart], on connection: Connection) async throws -> [[AnswerPart]] {
        var left = parts
        while !left.isEmpty {
            var sources: Set<MSISDN> = []
            var round: [AnswerPart] = []
            var next: [AnswerPart] = []
            for part in left {
                if sources.insert(part.source).inserted { round.append(part) } else { next.append(part) }
            }
            // In one order, lest two batches wait for each other.
            round.sort { $0.source.description < $1.source.description }
            try await connection.execute(insert, values(round) + [.int4(Int32(PartTable.mostOfOneSource - 1))])
            left = next
        }
        let known = try await connection.execute(select, keys(parts))
        var answers = parts.map { _ in [AnswerPart]() }
        for row in 0..<known.count {
            let place = Int(try known.int64(row, 0)) - 1
            guard parts.indices.contains(place) else { throw PostgreSQLError.decoding("a part that was not asked for") }
            var part = parts[place]
            part.index = Int(try known.int64(row, 1))
            part.identifier = try known.optionalInt64(row, 2).flatMap { UInt8(exactly: $0) }
            part.octets = try known.bytes(row, 3)
            answers[place].append(part)
        }
        return answers
    }

    private static func keys(_ parts: [AnswerPart]) -> [Parameter] {
        [
            .textArray(parts.map(\.source.description)), .int4Array(parts.map { Int32($0.reference) }),
            .int4Array(parts.map { Int32(clamping: $0.total) }), .int4(seconds),
        ]
    }

    private static func values(_ parts: [AnswerPart]) -> [Parameter] {
        keys(parts) + [
            .int4Array(parts.map { Int32(clamping: $0.index) }),
            .int4Array(parts.map { $0.identifier.map { Int32($0) } }),
            .byteaArray(parts.map(\.octets)),
        ]
    }

    /// A part of other octets than the one that is there begins a new answer; what is beyond the youngest answers of
    /// its source goes.
    private static let insert = """
        WITH given AS (
            SELECT * FROM unnest($1::text[], $2::int4[], $3::int4[], $5::int4[], $6::int4[], $7::bytea[])
                AS g (msisdn, reference, total, place, identifier, octets)
        ), reused AS (
            SELECT g.* FROM given g JOIN answer_parts p USING (msisdn, reference, total, place)
            WHERE p.octets <> g.octets
        ), replaced AS (
            DELETE FROM answer_parts p USING reused r
            WHERE p.msisdn = r.msisdn AND p.reference = r.reference AND p.total = r.total AND p.place <> r.place
        ), ranked AS (
            SELECT p.msisdn, p.reference, p.total,
                row_number() OVER (PARTITION BY p.msisdn ORDER BY max(p.arrived) DESC) AS rank
            FROM answer_parts p JOIN given g
                ON g.msisdn = p.msisdn AND (g.reference, g.total) <> (p.reference, p.total)
            WHERE p.arrived > now() - $4 * interval '1 second'
            GROUP BY p.msisdn, p.reference, p.total
        ), litter AS (
            DELETE FROM answer_parts p USING ranked r
            WHERE r.rank > $8 AND p.msisdn = r.msisdn AND p.reference = r.reference AND p.total = r.total
        )
        INSERT INTO answer_parts (msisdn, reference, total, place, identifier, octets)
        SELECT msisdn, reference, total, place, identifier, octets FROM given
        ON CONFLICT (msisdn, reference, total, place) DO UPDATE
        SET identifier = excluded.identifier, octets = excluded.octets, arrived = excluded.arrived
        """

    private static let select = """
        SELECT g.number, p.place, p.identifier, p.octets
        FROM unnest($1::text[], $2::int4[], $3::int4[]) WITH ORDINALITY AS g (msisdn, reference, total, number)
        JOIN answer_parts p USING (msisdn, reference, total)
        WHERE p.arrived > now() - $4 * interval '1 second'
        ORDER BY g.number, p.place
        """

    static let delete = "DELETE FROM answer_parts WHERE arrived <= now() - $1 * interval '1 second'"
}
