-- What a person left unanswered or refused, of each provider: how soon it may have them asked again. No row is a good
-- standing, so that signatures that are given write none.

CREATE TABLE prompt_counts (
    iccid      text COLLATE "C" NOT NULL REFERENCES cards,
    provider   text COLLATE "C" NOT NULL,
    -- when prompts ended without the person's word, the latest last
    unanswered timestamptz[] NOT NULL DEFAULT '{}' CHECK (cardinality(unanswered) <= 100),
    -- in a row, and when the last one was
    refusals   integer NOT NULL DEFAULT 0 CHECK (refusals BETWEEN 0 AND 100),
    refused    timestamptz,
    -- the last wrong no-spam codes of the provider
    wrong_codes timestamptz[] NOT NULL DEFAULT '{}' CHECK (cardinality(wrong_codes) <= 5),
    PRIMARY KEY (iccid, provider)
) WITH (fillfactor = 50);

GRANT SELECT, INSERT ON prompt_counts TO mssp_home;
GRANT UPDATE (unanswered, refusals, refused, wrong_codes) ON prompt_counts TO mssp_home;

-- A person's code against requests of strangers is known by the vault's code of it: nobody reads it from here, or tries
-- codes without the vault.
ALTER TABLE mobile_users ADD COLUMN no_spam bytea CHECK (octet_length(no_spam) = 33);

GRANT UPDATE (no_spam) ON mobile_users TO mssp_home;

-- Additional services that have an answer of their own with the signature, as AnsweredServices numbers them.
ALTER TABLE transactions ADD COLUMN services integer NOT NULL DEFAULT 0 CHECK (services >= 0);
