import HomeMSSP
import MSSCore
import PostgreSQL

/// Commits the end of many transactions at once: result, counter, proven key and audit in one statement.
enum EndStatement {
    struct End: Sendable {
        var id: TransactionID
        var result: TransactionResult
        var counter: UInt32?
    }

    /// Of several ends of one transaction in a batch the first that may end it does; a frame that is not newer than
    /// the last one of its card is a repetition and ends nothing.
    static let sql = """
        WITH ended AS (
            SELECT DISTINCT ON (e.id) e.*
            FROM unnest(
                $1::text[], $2::int4[], $3::int4[], $4::int4[], $5::text[], $6::bytea[], $7::int8[]
            ) WITH ORDINALITY AS e (id, status, fault, fault_specifier, fault_detail, result, counter, place)
            JOIN transactions t ON t.id = e.id
            JOIN card_counters c ON c.iccid = t.iccid
            WHERE e.counter IS NULL OR e.counter > c.uplink
            ORDER BY e.id, e.place
        ), done AS (
            UPDATE transactions t
            SET running = false, status = e.status, fault = e.fault, fault_specifier = e.fault_specifier,
                fault_detail = e.fault_detail, result = e.result, ended = now()
            FROM ended e
            WHERE t.id = e.id AND t.running
            RETURNING t.id, t.iccid, t.kind, t.trace, t.acquiring_entity, t.provider, t.key_reference,
                t.key_algorithm, e.status, e.fault, e.result, e.counter, e.place
        ), counted AS (
            UPDATE card_counters c SET uplink = greatest(c.uplink, d.counter)
            FROM done d WHERE c.iccid = d.iccid AND d.counter IS NOT NULL
        ), stated AS (
            UPDATE mobile_users u SET state = CASE WHEN d.status IS NULL THEN 'CREATED' ELSE 'PROVEN' END
            FROM done d WHERE d.kind = 2 AND u.iccid = d.iccid AND u.state = 'ACTIVATING'
            RETURNING u.iccid
        ), proven AS (
            -- Only for a person who still waits for it: who was deactivated meanwhile keeps what they had.
            INSERT INTO user_keys (iccid, reference, algorithm, public_key)
            SELECT d.iccid, d.key_reference, d.key_algorithm, d.result FROM done d JOIN stated s ON s.iccid = d.iccid
            WHERE d.status IS NOT NULL
            ON CONFLICT (iccid, reference) DO UPDATE
            SET algorithm = excluded.algorithm, public_key = excluded.public_key, certificate = NULL
        ), noted AS (
            INSERT INTO audit_log (act, phase, subject, peer, origin, trace, outcome)
            SELECT CASE kind WHEN 1 THEN 'signature' ELSE 'key generation' END, 'result', id, acquiring_entity,
                provider, trace, coalesce(status, fault)::text
            FROM done
        )
        SELECT place FROM done
        """

    /// - Returns: For each, whether it ended a transaction that was running until now.
    static func run(_ ends: [End], on connection: Connection) async throws -> [Bool] {
        let result = try await connection.execute(sql, parameters(ends))
        var done: Set<Int64> = []
        for row in 0..<result.count { done.insert(try result.int64(row, 0)) }
        return ends.indices.map { done.contains(Int64($0) + 1) }
    }

    private static func parameters(_ ends: [End]) -> [Parameter] {
        [
            .textArray(ends.map(\.id.description)),
            .int4Array(ends.map(\.result.status)),
            .int4Array(ends.map { $0.result.fault.map { Int32($0.code.rawValue) } }),
            .int4Array(ends.map { $0.result.fault?.specifier.map { Int32(clamping: $0) } }),
            .textArray(ends.map { $0.result.fault?.detail }),
            .byteaArray(ends.map(\.result.octets)),
            .int8Array(ends.map { $0.counter.map { Int64($0) } }),
        ]
    }
}

extension TransactionResult {
    fileprivate var status: Int32? {
        switch self {
        case .signature(_, let status): Int32(status.rawValue)
        case .provenKey: Int32(Status.requestOK.rawValue)
        case .fault: nil
        }
    }

    fileprivate var fault: MSSFault? { if case .fault(let fault) = self { fault } else { nil } }

    fileprivate var octets: [UInt8]? {
        switch self {
        case .signature(let octets, _), .provenKey(let octets): octets
        case .fault: nil
        }
    }
}
