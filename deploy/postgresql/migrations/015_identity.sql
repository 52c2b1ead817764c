-- The platform's own signing identity, sealed, and signed statements about the audit (docs/operations.md, "The platform's
-- identity").

CREATE TABLE identities (
    number       integer PRIMARY KEY CHECK (number > 0),
    state        text COLLATE "C" NOT NULL CHECK (state IN ('pending', 'active', 'retired')),
    -- 04, X, Y on P-256
    public_key   bytea NOT NULL CHECK (octet_length(public_key) = 65),
    -- DER, one behind the other, its own first
    certificates bytea NOT NULL DEFAULT '' CHECK (octet_length(certificates) <= 65536),
    -- format, generation, nonce, AES-256-GCM, tag; a key that is retired is gone
    sealed       bytea NOT NULL CHECK (octet_length(sealed) = CASE state WHEN 'retired' THEN 0 ELSE 65 END),
    -- number of the vault's row key and HMAC-SHA256 over all the rest
    code         bytea NOT NULL CHECK (octet_length(code) = 33)
);
GRANT SELECT, INSERT ON identities TO mssp_home;
GRANT UPDATE (state, certificates, sealed, code) ON identities TO mssp_home;

-- Signed by an identity; each covers the rows of the audit after those of the one before.
CREATE TABLE audit_checkpoints (
    number    bigint PRIMARY KEY CHECK (number > 0),
    statement bytea NOT NULL CHECK (octet_length(statement) BETWEEN 1 AND 2048),
    identity  integer NOT NULL REFERENCES identities,
    -- ECDSA with SHA-256 over the statement: r, s
    signature bytea NOT NULL CHECK (octet_length(signature) = 64)
);
GRANT SELECT, INSERT ON audit_checkpoints TO mssp_home;

-- Its rows are read in their order; and no number stands there twice.
ALTER TABLE audit_log ADD PRIMARY KEY (id);

-- A value with its length before it in four octets; ffffffff alone is NULL.
CREATE FUNCTION audit_field(value bytea) RETURNS bytea LANGUAGE sql IMMUTABLE
AS $$ SELECT coalesce(int4send(octet_length(value)) || value, '\xffffffff'::bytea) $$;

-- What the service may know of the audit: the highest number, and SHA-256 of each row; not what it says.
CREATE FUNCTION audit_head() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(max(id), 0) FROM public.audit_log $$;

CREATE FUNCTION audit_digests(low bigint, high bigint, most integer) RETURNS TABLE (number bigint, digest bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.id, sha256(
        int8send(a.id) || timestamptz_send(a.at)
        || public.audit_field(convert_to(a.act, 'UTF8')) || public.audit_field(convert_to(a.phase, 'UTF8'))
        || public.audit_field(convert_to(a.subject, 'UTF8')) || public.audit_field(convert_to(a.peer, 'UTF8'))
        || public.audit_field(convert_to(a.origin, 'UTF8')) || public.audit_field(convert_to(a.trace, 'UTF8'))
        || public.audit_field(convert_to(a.outcome, 'UTF8')) || public.audit_field(a.digest)
    )
    FROM public.audit_log a
    WHERE a.id > low AND a.id <= high
    ORDER BY a.id
    LIMIT most
$$;

REVOKE ALL ON FUNCTION audit_field(bytea), audit_head(), audit_digests(bigint, bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_head(), audit_digests(bigint, bigint, integer) TO mssp_home;
