-- Several keys a person: what each was made for. Both NULL until the key is certified, and in rows that were certified
-- before there was more than one; the row's code covers them.

ALTER TABLE user_keys
    -- KEYPOL, as the card was told
    ADD COLUMN policy  smallint CHECK (policy IN (0, 1)),
    ADD COLUMN profile text COLLATE "C" CHECK (profile IN ('authentication', 'non-repudiation', 'digests'));

-- How a signature is made of its content (kind, structure, attributes; SigningManner); NULL is text that was shown, in a
-- CMS with the two mandatory attributes. key_reference is the signing key's place too, NULL in older rows: the first.
ALTER TABLE transactions ADD COLUMN manner bytea CHECK (octet_length(manner) BETWEEN 2 AND 1024);

GRANT UPDATE (policy, profile) ON user_keys TO mssp_home;
