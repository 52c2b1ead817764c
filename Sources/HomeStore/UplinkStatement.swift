import Alauda
import HomeMSSP
import MSSCore
import PostgreSQL

/// The window of uplink counters in the database (`card_uplinks`): the rules of `ReplayWindow` as expressions.
enum UplinkWindow {
    /// 0 accepted, 1 duplicate, 2 another frame under a used counter, 3 far behind; for a row that is not there, the
    /// columns are NULL.
    static func verdict(_ row: String, counter: String, mark: String) -> String {
        """
        CASE WHEN \(counter) <= 0 OR \(counter) <= \(row).highest - \(ReplayWindow.width) THEN 3
            WHEN \(row).highest IS NULL OR \(counter) > \(row).highest THEN 0
            WHEN \(row).marks[\(slot(counter))] IS NULL THEN 0
            WHEN \(row).marks[\(slot(counter))] = \(mark) THEN 1 ELSE 2 END
        """
    }

    /// The marks of a card's first frame.
    static func first(counter: String, mark: String) -> String {
        """
        ARRAY(
            SELECT CASE WHEN s + 1 = \(slot(counter)) THEN \(mark) END
            FROM generate_series(0, \(ReplayWindow.width - 1)) AS s ORDER BY s
        )
        """
    }

    /// The end of an INSERT AS `w` whose row is a first frame: what is there already takes it in, or is left alone.
    static let conflict = """
        ON CONFLICT (iccid, key_version) DO UPDATE
        SET highest = greatest(w.highest, excluded.highest), marks = ARRAY(
            SELECT CASE WHEN v = excluded.highest THEN excluded.marks[s + 1] WHEN v <= w.highest THEN w.marks[s + 1] END
            FROM (
                SELECT s, greatest(w.highest, excluded.highest)
                    - ((greatest(w.highest, excluded.highest) - s) & \(ReplayWindow.width - 1)) AS v
                FROM generate_series(0, \(ReplayWindow.width - 1)) AS s
            ) AS places ORDER BY s
        )
        WHERE \(verdict("w", counter: "excluded.highest", mark: "excluded.marks[\(slot("excluded.highest"))]")) = 0
        """

    private static func slot(_ counter: String) -> String {
        "(\(counter) & \(ReplayWindow.width - 1))::int4 + 1"
    }

    /// T as it is kept: eight octets, the most significant first.
    static func mark(_ checksum: [UInt8]) -> Int64 {
        Int64(bitPattern: checksum.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}

/// Judges a frame that ended no transaction; one that shows two cards with the same keys blocks the card.
enum UplinkStatement {
    /// $1: ICCID, $2: KVN, $3: CTR, $4: T.
    static let sql = """
        WITH frame AS (
            SELECT $1::text AS iccid, $2::int4 AS key_version, $3::int8 AS counter, $4::int8 AS mark
        ), known AS (
            SELECT highest, marks FROM card_uplinks WHERE iccid = $1 AND key_version = $2 FOR UPDATE
        ), judged AS (
            SELECT f.*, \(UplinkWindow.verdict("k", counter: "f.counter", mark: "f.mark")) AS verdict
            FROM frame f LEFT JOIN known k ON true
        ), accepted AS (
            INSERT INTO card_uplinks AS w (iccid, key_version, highest, marks)
            SELECT iccid, key_version, counter, \(UplinkWindow.first(counter: "counter", mark: "mark"))
            FROM judged WHERE verdict = 0
            \(UplinkWindow.conflict)
        ), blocked AS (
            UPDATE mobile_users u SET state = 'INACTIVE', state_code = NULL,
                version = least(u.version, \(Int64.max - 1)) + 1
            FROM judged j
            WHERE j.verdict > 1 AND u.iccid = $1 AND u.state <> 'INACTIVE'
            RETURNING u.iccid
        ), ended AS (
            UPDATE transactions t SET running = false, fault = \(MSSFault.Code.cardBlocked.rawValue),
                fault_detail = $5, ended = now(), request = NULL
            FROM judged j WHERE j.verdict > 1 AND t.iccid = $1 AND t.running
            RETURNING t.id, t.kind, t.trace, t.acquiring_entity, t.provider, t.waiting
        ), noted AS (
            INSERT INTO audit_log (act, phase, subject, peer, origin, trace, outcome)
            SELECT 'card blocked', 'result', b.iccid, NULL, NULL, '',
                CASE j.verdict WHEN 2 THEN 'used counter' ELSE 'counter far behind' END
            FROM blocked b, judged j
            UNION ALL
            SELECT \(TransactionRow.act), 'result', id,
                acquiring_entity, provider, trace, '\(MSSFault.Code.cardBlocked.rawValue)'
            FROM ended
        )
        SELECT j.verdict, e.id, (
            SELECT count(pg_notify('mssp_home_' || w, e.id)::text) FROM unnest(e.waiting) AS w WHERE w <> $6
        )
        FROM judged j LEFT JOIN ended e ON true
        """

    static func parameters(_ frame: AnswerFrame, _ iccid: ICCID, process: Int32) -> [Parameter] {
        [
            .text(iccid.description), .int4(Int32(frame.keyVersion)), .int8(Int64(frame.counter)),
            .int8(UplinkWindow.mark(frame.checksum)), .text(MSSFault.blockedCard.detail ?? ""), .int4(process),
        ]
    }

    static func judgement(_ rows: ResultSet) throws -> FrameJudgement {
        let verdicts: [ReplayWindow.Verdict] = [.accepted, .duplicate, .cloneSuspected, .farBehind]
        guard rows.count > 0, let number = Int(exactly: try rows.int64(0, 0)), verdicts.indices.contains(number) else {
            throw PostgreSQLError.decoding("a frame was not judged")
        }
        return FrameJudgement(verdicts[number], ended: try rows.optionalText(0, 1).flatMap { TransactionID($0) })
    }
}
