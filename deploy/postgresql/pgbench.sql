-- What one signature writes, as pgbench alone can commit it: the intent, then the end, each in a commit of its own.
-- Cards are apart for each client, so that none waits for another's.
\set card :client_id * 32 + random(0, 31)
SELECT 'b1' || substr(md5(random()::text || :client_id::text), 1, 26) AS id \gset
WITH begun AS (
    INSERT INTO transactions (id, kind, txn, iccid, trace, deadline, provider, provider_transaction, acquiring_entity,
        msisdn_as_written, content, validates, request)
    VALUES (:id, 1, '\x01020304', '8935899' || lpad((:card)::int::text, 12, '0'), md5(:id::text), now() + interval '1 minute',
        'http://ae.demo.mssp/ap-demo', 'T1', 'urn-mssp-demo-ae', '+358401000001', '\x50617920313020455552', false,
        decode(repeat('30', 300), 'hex'))
    RETURNING id, iccid, trace
), spent AS (
    UPDATE card_counters c SET packet = c.packet + 1, frame = c.frame + 1 FROM begun b WHERE c.iccid = b.iccid
)
INSERT INTO audit_log (act, phase, subject, peer, origin, trace) SELECT 'signature', 'intent', id, 'ae', 'ap', trace FROM begun;
WITH done AS (
    UPDATE transactions SET running = false, status = 500, result = decode(repeat('30', 900), 'hex'), ended = now(),
        request = NULL
    WHERE id = :id AND running RETURNING id, iccid, trace
), counted AS (
    UPDATE card_counters c SET silent = 0 FROM done d WHERE c.iccid = d.iccid
), kept AS (
    INSERT INTO evidence (id, keep_until, sealed)
    SELECT id, now() + interval '3650 days', decode(repeat('30', 1200), 'hex') FROM done
)
INSERT INTO audit_log (act, phase, subject, peer, origin, trace, outcome)
SELECT 'signature', 'result', id, 'ae', 'ap', trace, '500' FROM done;
