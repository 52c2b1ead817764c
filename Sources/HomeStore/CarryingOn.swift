/// The statements by which one process of the home goes on with what another one began.
enum CarryingOn {
    /// Advisory locks of the home's processes, one each: a process that is gone holds none.
    static let lockSpace: Int32 = 0x6D73_7370

    /// What is overdue ends, whoever began it; what another process ends now is left to it ($1: this process).
    static let expire = """
        WITH overdue AS (
            SELECT id FROM transactions WHERE running AND deadline < now()
            ORDER BY deadline LIMIT 500 FOR UPDATE SKIP LOCKED
        ), done AS (
            UPDATE transactions t
            SET running = false, fault = 208, fault_specifier = 2081, fault_detail = 'The user did not answer in time.',
                ended = now(), request = NULL
            FROM overdue o WHERE t.id = o.id
            RETURNING t.id, t.iccid, t.kind, t.trace, t.acquiring_entity, t.provider, t.waiting, t.fault,
                t.fault_specifier, t.uplink
        ), prompted AS (
            \(PromptCounting.count("done"))
        ), silent AS (
            UPDATE card_counters c SET silent = least(c.silent + 1, 1000)
            FROM done d WHERE c.iccid = d.iccid
            RETURNING c.iccid, c.silent
        ), stated AS (
            UPDATE mobile_users u SET state = 'CREATED'
            FROM done d WHERE d.kind = 2 AND u.iccid = d.iccid AND u.state = 'ACTIVATING'
        ), noted AS (
            INSERT INTO audit_log (act, phase, subject, peer, origin, trace, outcome)
            SELECT 'expiry', 'result', id, acquiring_entity, provider, trace, '208' FROM done
        )
        SELECT d.id, c.msisdn, d.trace, s.silent::int4, (
            SELECT count(pg_notify('mssp_home_' || w, d.id)::text) FROM unnest(d.waiting) AS w WHERE w <> $1
        )
        FROM done d JOIN silent s ON s.iccid = d.iccid JOIN cards c ON c.iccid = d.iccid
        """

    /// Each orphan goes to one process alone ($1: this process).
    ///
    /// The owners are found by one step in the index for each, so that a look costs the same whether ten
    /// transactions run or fifty thousand; only the rows of an owner that is gone are read.
    static let adopt = """
        WITH RECURSIVE owners AS (
            (SELECT home FROM transactions WHERE running AND home IS NOT NULL ORDER BY home LIMIT 1)
            UNION ALL
            SELECT (SELECT t.home FROM transactions t WHERE t.running AND t.home > o.home ORDER BY t.home LIMIT 1)
            FROM owners o WHERE o.home IS NOT NULL
        ), alive AS (
            SELECT objid::int8::int4 AS home FROM pg_locks
            WHERE locktype = 'advisory' AND classid::int8 = \(lockSpace) AND objsubid = 2 AND granted
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        ), gone AS (
            SELECT home FROM owners WHERE home <> $1 AND home NOT IN (SELECT home FROM alive)
        ), orphan AS (
            SELECT o.id FROM gone g CROSS JOIN LATERAL (
                SELECT id FROM transactions WHERE running AND home = g.home AND deadline > now()
                LIMIT 200 FOR UPDATE SKIP LOCKED
            ) o
            UNION ALL
            SELECT o.id FROM (
                SELECT id FROM transactions WHERE running AND home IS NULL AND deadline > now()
                LIMIT 200 FOR UPDATE SKIP LOCKED
            ) o
        )
        UPDATE transactions t SET home = $1 FROM orphan o WHERE t.id = o.id RETURNING t.id
        """

    /// Audits that the results of `told` are handed out.
    static let noteDelivery = """
        INSERT INTO audit_log (act, phase, subject, peer, origin, trace, outcome, digest)
        SELECT 'delivery', 'result', id, acquiring_entity, provider, trace, coalesce(status, fault)::text, sha256(result)
        FROM told
        """

    /// $1: ids, $2: providers, $3: acquiring entities, $4: seconds that a result is readable.
    static let deliver = """
        WITH asked AS (
            SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS a (id, provider, acquiring_entity)
        ), told AS (
            UPDATE transactions t SET told = now() FROM asked a
            WHERE t.id = a.id AND NOT t.running AND t.told IS NULL AND t.kind = 1
                AND t.provider = a.provider AND t.acquiring_entity = a.acquiring_entity
                AND t.ended > now() - $4 * interval '1 second'
            RETURNING t.id, t.trace, t.provider, t.acquiring_entity, t.status, t.fault, t.result
        ), noted AS (
            \(noteDelivery)
        )
        \(TransactionRow.select) JOIN asked a ON a.id = t.id
        WHERE t.provider IS NOT DISTINCT FROM a.provider AND t.acquiring_entity IS NOT DISTINCT FROM a.acquiring_entity
            AND (t.running OR t.ended > now() - $4 * interval '1 second')
        """

    /// No row means that it has ended ($1: id, $2: this process).
    static let awaits = """
        UPDATE transactions SET waiting = array_append(array_remove(waiting, $2), $2)
        WHERE id = $1 AND running RETURNING id
        """

    /// $1: id.
    static let again = """
        SELECT c.packet, c.frame, c.frame_key FROM transactions t JOIN card_counters c ON c.iccid = t.iccid
        WHERE t.id = $1 AND t.running AND t.asked = 0 AND t.deadline > now()
        """

    /// $1: id, $2: the act's name, $3: whether the transaction must run still, $4: whether it goes out under a pending
    /// root; REPEAT in a transaction of a rollover that does (kind 4, step 2) does so too.
    static let spend = """
        WITH meant AS (
            SELECT id, iccid, trace, provider, acquiring_entity, $4 OR kind = 4 AND key_algorithm = 2 AS on_next
            FROM transactions
            WHERE id = $1 AND (running OR NOT $3) FOR UPDATE
        ), spent AS (
            UPDATE card_counters c
            SET packet = c.packet + 1, frame = c.frame + CASE WHEN m.on_next THEN 0 ELSE 1 END,
                next_frame = c.next_frame + CASE WHEN m.on_next THEN 1 ELSE 0 END
            FROM meant m WHERE c.iccid = m.iccid
            RETURNING c.packet, CASE WHEN m.on_next THEN c.next_frame ELSE c.frame END AS frame,
                CASE WHEN NOT m.on_next THEN c.frame_key END AS frame_key
        ), used AS (
            -- Whatever runs on the card now cannot send its first command again.
            UPDATE transactions t SET asked = least(t.asked + 1, 1000) FROM meant m WHERE t.iccid = m.iccid AND t.running
        ), noted AS (
            INSERT INTO audit_log (act, phase, subject, peer, origin, trace, outcome)
            SELECT $2, 'intent', id, acquiring_entity, provider, trace, NULL FROM meant
        )
        SELECT packet, frame, frame_key FROM spent
        """

    /// $1: TXN, $2: ICCID.
    static let tooLate = """
        WITH late AS (
            UPDATE transactions SET late = now()
            WHERE iccid = $2 AND NOT running AND uplink IS NULL AND txn = $1 AND kind = 1 AND late IS NULL
            RETURNING id, trace, provider, acquiring_entity, fault
        ), noted AS (
            INSERT INTO audit_log (act, phase, subject, peer, origin, trace, outcome)
            SELECT 'late signature', 'result', id, acquiring_entity, provider, trace, 'destroyed' FROM late
        )
        SELECT id FROM late
        """

    /// The next silence is one too many ($1: ICCID).
    static let doubt = "UPDATE card_counters SET silent = greatest(silent, 2) WHERE iccid = $1"
}
