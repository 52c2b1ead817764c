-- The vault's own keys, wrapped under its KEK, the codes of the rows that decide, and the epoch of the counters.

CREATE TABLE vault_keys (
    -- KEK that wraps it: KEK-1, KEK-2 and so on
    kek_version integer NOT NULL CHECK (kek_version > 0),
    -- shard: card keys are sealed under it; rows: key of the codes below
    purpose     text COLLATE "C" NOT NULL CHECK (purpose IN ('shard', 'rows')),
    number      integer NOT NULL CHECK (number BETWEEN 0 AND 255),
    wrapped     bytea NOT NULL CHECK (octet_length(wrapped) = 40),
    PRIMARY KEY (kek_version, purpose, number)
);

-- Number of the key and HMAC-SHA256 over the columns of the row that decide (docs/operations.md): whoever may write
-- rows but has no key cannot rewire cards, people and keys. A card or person without a code does not exist for the
-- home, so a database of before gets no codes here: its cards are imported anew.
ALTER TABLE cards ADD COLUMN code bytea NOT NULL CHECK (octet_length(code) = 33);
ALTER TABLE mobile_users ADD COLUMN code bytea NOT NULL CHECK (octet_length(code) = 33);
-- With the certificate: before that the key is only proven and nobody can sign with it.
ALTER TABLE user_keys ADD COLUMN code bytea CHECK (octet_length(code) = 33);

GRANT SELECT, INSERT ON vault_keys TO mssp_home;
GRANT UPDATE (code) ON user_keys TO mssp_home;

-- The epoch up to which this database's counters were moved; the home keeps the epoch that counts outside
-- (docs/operations.md, "Restoring").
CREATE TABLE home_epoch (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    applied bigint NOT NULL CHECK (applied >= 0)
);
INSERT INTO home_epoch (applied) VALUES (0);

GRANT SELECT ON home_epoch TO mssp_home;
GRANT UPDATE (applied) ON home_epoch TO mssp_home;
