-- Parts of cards' answers that wait for their others: a message centre forgets a part once it is acknowledged, and the
-- next part may reach another process of the home.

CREATE TABLE answer_parts (
    msisdn      text COLLATE "C" NOT NULL,
    reference   integer NOT NULL CHECK (reference BETWEEN 0 AND 65535),
    total       smallint NOT NULL CHECK (total BETWEEN 1 AND 5),
    place       smallint NOT NULL CHECK (place BETWEEN 1 AND total),
    -- IEI 70 or 71 if the part's header named the packet's kind
    identifier  smallint CHECK (identifier BETWEEN 0 AND 255),
    octets      bytea NOT NULL CHECK (octet_length(octets) <= 255),
    arrived     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (msisdn, reference, total, place)
);

-- They are let go of by age: the one table from which the service deletes.
CREATE INDEX answer_parts_arrived ON answer_parts (arrived);

GRANT SELECT, INSERT, DELETE ON answer_parts TO mssp_home;
GRANT UPDATE (identifier, octets, arrived) ON answer_parts TO mssp_home;
