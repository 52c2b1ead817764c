-- That a person may sign is under a code of its own (docs/operations.md, "Key vault"), with the version of the row: it
-- grows with each change, so that a process sees a row set back to what it was before. Codes of keys cover the algorithm,
-- and a proven key has one before it has a certificate. None can be made here, so nobody is active
-- afterwards: each person is activated anew, with a new certificate.

ALTER TABLE mobile_users
    ADD COLUMN version    bigint NOT NULL DEFAULT 0,
    ADD COLUMN state_code bytea CHECK (octet_length(state_code) = 33);

GRANT UPDATE (version, state_code) ON mobile_users TO mssp_home;

DELETE FROM user_keys;
UPDATE mobile_users SET state = 'CREATED' WHERE state IN ('ACTIVATING', 'PROVEN', 'ACTIVE');
