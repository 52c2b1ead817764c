-- What was asked, shown, signed and checked: sealed, with a retention of its own.

-- What was asked, whole, until the end: it is then in the evidence, sealed, and no longer here.
ALTER TABLE transactions ADD COLUMN request bytea;

-- One row a signature, written with its end. The date is under the seal: moved, the row does not open.
CREATE TABLE evidence (
    id         text COLLATE "C" PRIMARY KEY,
    keep_until timestamptz NOT NULL,
    -- format, KEK version, nonce, AES-256-GCM, tag (docs/signatures.md)
    sealed     bytea NOT NULL CHECK (octet_length(sealed) > 33)
) WITH (toast_tuple_target = 8160);
-- It cannot be made smaller, so nothing tries to.
ALTER TABLE evidence ALTER COLUMN sealed SET STORAGE EXTERNAL;
-- Rows stand in the order in which they fall due, as long as keep_days stays.
CREATE INDEX evidence_due ON evidence USING brin (keep_until);

-- Revocation lists and OCSP answers that evidence names by their SHA-256; each as long as what names it.
CREATE TABLE evidence_proofs (
    digest     bytea NOT NULL CHECK (octet_length(digest) = 32),
    keep_until timestamptz NOT NULL,
    kind       text COLLATE "C" NOT NULL CHECK (kind IN ('crl', 'ocsp')),
    der        bytea NOT NULL,
    PRIMARY KEY (digest, keep_until)
);

GRANT SELECT, INSERT ON evidence, evidence_proofs TO mssp_home;
GRANT UPDATE (request) ON transactions TO mssp_home;
