-- Key rollover: a new root of a card has a counter of its own from the day it is made, and takes it along when it is used.

ALTER TABLE transactions DROP CONSTRAINT transactions_kind_check;
-- 1 signature, 2 key generation, 3 recovery of a silent card, 4 a step of a rollover: key_reference is its KVN then, and
-- key_algorithm the step
ALTER TABLE transactions ADD CONSTRAINT transactions_kind_check CHECK (kind IN (1, 2, 3, 4));

ALTER TABLE card_counters
    -- KVN that frame counts for; NULL while the card has the root that it came with
    ADD COLUMN frame_key  integer CHECK (frame_key BETWEEN 2 AND 254),
    -- CTR of the pending root
    ADD COLUMN next_frame bigint NOT NULL DEFAULT 0 CHECK (next_frame BETWEEN 0 AND 4294967295);

GRANT UPDATE (frame_key, next_frame) ON card_counters TO mssp_home;
