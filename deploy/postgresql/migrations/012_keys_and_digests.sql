-- Several keys a person: what each was made for. Both NULL until the key is certified, and in rows that were certified
-- before there was more than one; the row's code covers them.

ALTER TABLE user_keys
    -- KEYPOL, as the card was told
    ADD COLUMN policy  smallint CHECK (policy IN (0, 1)),
    ADD COLUMN profile text COLLATE "C" CHECK (profile IN ('authentication', 'non-repudiation', 'digests'));

GRANT UPDATE (policy, profile) ON user_keys TO mssp_home;
