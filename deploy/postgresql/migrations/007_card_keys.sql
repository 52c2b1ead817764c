-- What a card's keys are: pending, active, accepted, retired or destroyed; of which algorithm and batch; and which batch
-- files were taken. All of it is under the seal of the key (docs/operations.md, "Card keys").

ALTER TABLE card_keys
    ADD COLUMN algorithm text COLLATE "C" NOT NULL DEFAULT 'aes-128'
        CHECK (algorithm IN ('aes-128', 'aes-192', 'aes-256', '3des-2', '3des-3')),
    -- the personaliser's name; empty for a card that came alone
    ADD COLUMN batch text COLLATE "C" NOT NULL DEFAULT '' CHECK (octet_length(batch) <= 64),
    ADD COLUMN state text COLLATE "C" NOT NULL DEFAULT 'active'
        CHECK (state IN ('pending', 'active', 'accept', 'retired', 'destroyed'));
ALTER TABLE card_keys DROP CONSTRAINT card_keys_sealed_check;
ALTER TABLE card_keys ADD CONSTRAINT card_keys_sealed_check CHECK (
    CASE state WHEN 'destroyed' THEN octet_length(sealed) = 0 ELSE octet_length(sealed) BETWEEN 29 AND 512 END
);

-- One of each that lives; the latter two are nearly empty.
CREATE UNIQUE INDEX card_keys_active ON card_keys (iccid, domain) WHERE state = 'active';
CREATE UNIQUE INDEX card_keys_pending ON card_keys (iccid, domain) WHERE state = 'pending';
CREATE UNIQUE INDEX card_keys_accept ON card_keys (iccid, domain) WHERE state = 'accept';

-- A key changes its state and loses its octets; its row and its check value stay.
GRANT UPDATE (state, sealed, top_key_version) ON card_keys TO mssp_home;

-- Each file of a personaliser is taken once.
CREATE TABLE card_batches (
    digest   bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    batch    text COLLATE "C" NOT NULL,
    mode     text COLLATE "C" NOT NULL CHECK (mode IN ('all-or-none', 'keep-good')),
    peer     text COLLATE "C" NOT NULL,
    began    timestamptz NOT NULL DEFAULT now(),
    -- NULL: an import that was broken off, which may be taken up again
    finished timestamptz,
    kept     integer CHECK (kept >= 0),
    refused  integer CHECK (refused >= 0)
);
GRANT SELECT, INSERT ON card_batches TO mssp_home;
GRANT UPDATE (finished, kept, refused) ON card_batches TO mssp_home;
