-- What the home asked of cards, how it ended, and the audit of both.

CREATE TABLE transactions (
    id                   text COLLATE "C" PRIMARY KEY,
    -- 1 signature, 2 key generation
    kind                 smallint NOT NULL CHECK (kind IN (1, 2)),
    txn                  bytea NOT NULL CHECK (octet_length(txn) = 4),
    iccid                text COLLATE "C" NOT NULL REFERENCES cards,
    trace                text COLLATE "C" NOT NULL,
    deadline             timestamptz NOT NULL,
    -- signature: the provider's part, for its status queries
    provider             text,
    provider_transaction text,
    acquiring_entity     text,
    msisdn_as_written    text,
    profile              text,
    content              bytea,
    validates            boolean NOT NULL DEFAULT false,
    -- key generation
    key_reference        smallint,
    key_algorithm        smallint,
    -- the end: a status of TS 102 204 Annex C or a fault; both NULL while it runs
    running              boolean NOT NULL DEFAULT true,
    status               integer,
    fault                integer,
    fault_specifier      integer,
    fault_detail         text,
    result               bytea,
    began                timestamptz NOT NULL DEFAULT now(),
    ended                timestamptz,
    CHECK (running = (status IS NULL AND fault IS NULL))
) WITH (fillfactor = 50);

-- One running transaction a card: the second one is refused by the index, not by a look before.
CREATE UNIQUE INDEX transactions_running ON transactions (iccid) WHERE running;

-- Written, never changed: the service's role may insert and nothing else.
CREATE TABLE audit_log (
    id          bigint GENERATED ALWAYS AS IDENTITY,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    act         text COLLATE "C" NOT NULL,
    phase       text COLLATE "C" NOT NULL CHECK (phase IN ('intent', 'result')),
    subject     text COLLATE "C" NOT NULL,
    peer        text COLLATE "C",
    origin      text COLLATE "C",
    trace       text COLLATE "C" NOT NULL,
    outcome     text
);
