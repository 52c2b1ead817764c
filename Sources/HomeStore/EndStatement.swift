import HomeMSSP
import MSSCore
import PostgreSQL

/// Commits the end of many transactions at once: result, counter, proven key, evidence and audit in one statement.
enum EndStatement {
    struct End: Sendable {
        var id: TransactionID
        var result: TransactionResult
        /// The card's, if one ended it.
        var frame: AnswerFrame?
        /// Whether a caller of this process is told at once.
        var tells: Bool
        /// Of a signature.
        var evidence: KeptEvidence?
        /// Of a proven key's row.
        var code: [UInt8]?
    }

    /// Of several ends of one transaction in a batch the first that may end it does; a frame that was seen, or that the
    /// window of its card and key version has passed, ends nothing.
    static let sql = """
        WITH ended AS (
            SELECT DISTINCT ON (e.id) e.*, t.iccid
            FROM unnest(
                $1::text[], $2::int4[], $3::int4[], $4::int4[], $5::text[], $6::bytea[], $7::int8[], $8::bool[],
                $9::int4[], $10::int8[], $11::int8[], $12::bytea[], $13::bytea[]
            ) WITH ORDINALITY AS e (
                id, status, fault, fault_specifier, fault_detail, result, counter, tells, key_version, mark,
                keep_until, sealed, code, place
            )
            JOIN transactions t ON t.id = e.id
            LEFT JOIN card_uplinks w ON w.iccid = t.iccid AND w.key_version = e.key_version
            -- One runs of each card, so no card's window is asked twice here.
            WHERE t.running
                AND (e.counter IS NULL OR \(UplinkWindow.verdict("w", counter: "e.counter", mark: "e.mark")) = 0)
            ORDER BY e.id, e.place
        ), accepted AS (
            INSERT INTO card_uplinks AS w (iccid, key_version, highest, marks)
            SELECT iccid, key_version, counter, \(UplinkWindow.first(counter: "counter", mark: "mark"))
            FROM ended WHERE counter IS NOT NULL
            \(UplinkWindow.conflict)
            RETURNING w.iccid
        ), done AS (
            UPDATE transactions t
            SET running = false, status = e.status, fault = e.fault, fault_specifier = e.fault_specifier,
                fault_detail = e.fault_detail, result = e.result, uplink = e.counter, ended = now(),
                told = CASE WHEN e.tells THEN now() END, request = NULL
            FROM ended e
            WHERE t.id = e.id AND t.running
                AND (e.counter IS NULL OR EXISTS (SELECT FROM accepted a WHERE a.iccid = e.iccid))
            RETURNING t.id, t.iccid, t.kind, t.trace, t.acquiring_entity, t.provider, t.key_reference,
                t.key_algorithm, e.status, e.fault, t.fault_specifier, t.uplink, e.result, e.counter, e.tells, e.place,
                e.keep_until, e.sealed, e.code, t.waiting
        ), prompted AS (
            \(PromptCounting.count("done"))
        ), forgiven AS (
            \(PromptCounting.forgive)
            FROM done d
            WHERE d.kind = 1 AND d.status IS NOT NULL AND p.iccid = d.iccid AND p.provider = d.provider
                AND \(PromptCounting.isCounted)
        ), counted AS (
            -- An answer ends the silence, a time that ran out adds to it.
            UPDATE card_counters c
            SET silent = CASE WHEN d.counter IS NULL THEN least(c.silent + 1, 1000) ELSE 0 END
            FROM done d WHERE c.iccid = d.iccid
                AND (d.counter IS NOT NULL AND c.silent > 0 OR d.counter IS NULL AND d.fault = 208)
        ), stated AS (
            -- The first key moves the person on; another one is for who is active, and stays so.
            UPDATE mobile_users u
            SET state = CASE WHEN d.key_reference <> 1 THEN u.state WHEN d.status IS NULL THEN 'CREATED' ELSE 'PROVEN' END
            FROM done d WHERE d.kind = 2 AND u.iccid = d.iccid
                AND u.state = CASE d.key_reference WHEN 1 THEN 'ACTIVATING' ELSE 'ACTIVE' END
            RETURNING u.iccid
        ), proven AS (
            -- Only for a person who still waits for it: who was deactivated meanwhile keeps what they had.
            INSERT INTO user_keys (iccid, reference, algorithm, public_key, code)
            SELECT d.iccid, d.key_reference, d.key_algorithm, d.result, d.code FROM done d JOIN stated s ON s.iccid = d.iccid
            WHERE d.status IS NOT NULL
            ON CONFLICT (iccid, reference) DO UPDATE
            SET algorithm = excluded.algorithm, public_key = excluded.public_key, certificate = NULL,
                code = excluded.code
        ), pinned AS (
            -- What the card last said of the key's PIN: that it is blocked, or, by signing, that it is not.
            UPDATE user_keys k SET pin_blocked = CASE WHEN d.fault = 402 THEN now() END
            FROM done d
            WHERE d.kind = 1 AND d.counter IS NOT NULL AND k.iccid = d.iccid AND k.reference = d.key_reference
                AND (d.fault = 402 OR d.status IS NOT NULL AND k.pin_blocked IS NOT NULL)
        ), kept AS (
            INSERT INTO evidence (id, keep_until, sealed)
            SELECT id, to_timestamp(keep_until), sealed FROM done WHERE sealed IS NOT NULL
            ON CONFLICT DO NOTHING
        ), noted AS (
            INSERT INTO audit_log (act, phase, subject, peer, origin, trace, outcome, digest)
            SELECT \(TransactionRow.act), 'result', id, acquiring_entity, provider, trace, coalesce(status, fault)::text, NULL
            FROM done
            UNION ALL
            SELECT 'delivery', 'result', id, acquiring_entity, provider, trace, coalesce(status, fault)::text,
                sha256(result)
            FROM done WHERE tells AND kind = 1
            UNION ALL
            SELECT 'not me', 'result', id, acquiring_entity, provider, trace, NULL, NULL
            FROM done WHERE \(PromptCounting.isNotMe)
        )
        SELECT place, (
            -- Only where a caller waits at another process: a notification makes commits wait for one another.
            SELECT count(pg_notify('mssp_home_' || w, d.id)::text) FROM unnest(d.waiting) AS w WHERE w <> $14
        ) FROM done d
        """

    /// - Returns: For each, whether it ended a transaction that was running until now.
    static func run(_ ends: [End], process: Int32, on connection: Connection) async throws -> [Bool] {
        let result = try await connection.execute(sql, parameters(ends) + [.int4(process)])
        var done: Set<Int64> = []
        for row in 0..<result.count { done.insert(try result.int64(row, 0)) }
        return ends.indices.map { done.contains(Int64($0) + 1) }
    }

    private static func parameters(_ ends: [End]) -> [Parameter] {
        [
            .textArray(ends.map(\.id.description)),
            .int4Array(ends.map(\.result.status)),
            .int4Array(ends.map { $0.result.fault.map { Int32($0.code.rawValue) } }),
            .int4Array(ends.map(\.result.specifier)),
            .textArray(ends.map { $0.result.fault?.detail }),
            .byteaArray(ends.map(\.result.octets)),
            .int8Array(ends.map { $0.frame.map { Int64($0.counter) } }),
            .boolArray(ends.map(\.tells)),
            .int4Array(ends.map { $0.frame.map { Int32($0.keyVersion) } }),
            .int8Array(ends.map { $0.frame.map { UplinkWindow.mark($0.checksum) } }),
            .int8Array(ends.map { $0.evidence?.until }),
            .byteaArray(ends.map { $0.evidence?.sealed }),
            .byteaArray(ends.map(\.code)),
        ]
    }
}

extension TransactionResult {
    fileprivate var status: Int32? {
        switch self {
        case .signature(_, let verdict): Int32(verdict.status.rawValue)
        case .provenKey, .cardAnswered: Int32(Status.requestOK.rawValue)
        case .fault: nil
        }
    }

    fileprivate var fault: MSSFault? { if case .fault(let fault) = self { fault } else { nil } }

    /// What stands below the fault, or below the status: the validate service's own code.
    fileprivate var specifier: Int32? {
        switch self {
        case .fault(let fault): fault.specifier.map { Int32(clamping: $0) }
        case .signature(_, let verdict): verdict.problem.map { Int32($0.rawValue) }
        case .provenKey, .cardAnswered: nil
        }
    }

    fileprivate var octets: [UInt8]? {
        switch self {
        case .signature(let octets, _), .provenKey(let octets): octets
        case .fault, .cardAnswered: nil
        }
    }
}
