-- What any process of the home needs to carry a transaction on, to know a repeated request, and to tell who was told.

ALTER TABLE transactions DROP CONSTRAINT transactions_kind_check;
-- 1 signature, 2 key generation, 3 recovery of a silent card
ALTER TABLE transactions ADD CONSTRAINT transactions_kind_check CHECK (kind IN (1, 2, 3));
ALTER TABLE transactions
    -- AP_Info/@Instant as written, and SHA-256 of what was asked
    ADD COLUMN instant text COLLATE "C",
    ADD COLUMN body    bytea CHECK (octet_length(body) = 32),
    -- what the card was sent; never a code
    ADD COLUMN command bytea,
    -- the process that looks after it, and those where a caller waits
    ADD COLUMN home    integer,
    ADD COLUMN waiting integer[] NOT NULL DEFAULT '{}',
    -- commands that have used the card's counters since the first: it cannot go again then
    ADD COLUMN asked   smallint NOT NULL DEFAULT 0,
    -- CTR of the answer that ended it; NULL for every other end
    ADD COLUMN uplink  bigint,
    ADD COLUMN told    timestamptz,
    ADD COLUMN late    timestamptz;

-- A provider's request is begun once: the second one is refused by the index, not by a look before.
CREATE UNIQUE INDEX transactions_request ON transactions (provider, provider_transaction, instant)
    WHERE instant IS NOT NULL;
CREATE INDEX transactions_deadline ON transactions (deadline) WHERE running;
-- Few: a signature that comes for one of these is destroyed.
CREATE INDEX transactions_unanswered ON transactions (iccid) WHERE NOT running AND uplink IS NULL;

ALTER TABLE card_counters
    -- transactions in a row that the card did not answer
    ADD COLUMN silent    smallint NOT NULL DEFAULT 0,
    ADD COLUMN recovered timestamptz;

-- SHA-256 of a result that was handed out or destroyed.
ALTER TABLE audit_log ADD COLUMN digest bytea;

GRANT UPDATE (home, waiting, asked, uplink, told, late) ON transactions TO mssp_home;
GRANT UPDATE (silent, recovered) ON card_counters TO mssp_home;
