-- Which frames of each card and key version the home has seen: a window of 32 counters, as short messages overtake each
-- other (docs/ota.md, "Home's side").

CREATE TABLE card_uplinks (
    iccid       text COLLATE "C" NOT NULL REFERENCES cards,
    key_version integer NOT NULL CHECK (key_version BETWEEN 1 AND 254),
    -- the highest counter seen
    highest     bigint NOT NULL CHECK (highest BETWEEN 1 AND 4294967295),
    -- the frames' checksums: that of counter n at n % 32 + 1, NULL where it was not seen
    marks       bigint[] NOT NULL CHECK (array_length(marks, 1) = 32),
    PRIMARY KEY (iccid, key_version)
) WITH (fillfactor = 50);

-- What was seen before has no checksums: its transactions have ended, and no frame can end one twice.
INSERT INTO card_uplinks (iccid, key_version, highest, marks)
SELECT c.iccid, k.key_version, c.uplink, array_fill(NULL::bigint, ARRAY[32])
FROM card_counters c JOIN card_keys k ON k.iccid = c.iccid AND k.domain = 'wpki'
WHERE c.uplink > 0;

ALTER TABLE card_counters DROP COLUMN uplink;

GRANT SELECT, INSERT ON card_uplinks TO mssp_home;
GRANT UPDATE (highest, marks) ON card_uplinks TO mssp_home;
