-- Cards, their sealed keys and counters, people and their keys. Nothing here can be used without the vault's top key.

CREATE TABLE cards (
    iccid  text COLLATE "C" PRIMARY KEY CHECK (iccid ~ '^89[0-9]{16,18}$'),
    imsi   text COLLATE "C" NOT NULL UNIQUE CHECK (imsi ~ '^[0-9]{14,15}$'),
    msisdn text COLLATE "C" NOT NULL UNIQUE CHECK (msisdn ~ '^\+[1-9][0-9]{6,14}$'),
    tar    bytea NOT NULL CHECK (octet_length(tar) = 3)
);

CREATE TABLE card_keys (
    iccid           text COLLATE "C" NOT NULL REFERENCES cards,
    domain          text COLLATE "C" NOT NULL CHECK (domain IN ('ssd', 'wpki')),
    key_version     integer NOT NULL CHECK (key_version BETWEEN 1 AND 254),
    top_key_version integer NOT NULL,
    key_check_value bytea NOT NULL CHECK (octet_length(key_check_value) = 3),
    sealed          bytea NOT NULL CHECK (octet_length(sealed) BETWEEN 29 AND 512),
    PRIMARY KEY (iccid, domain, key_version)
);

-- One row a card, small and changed in place: each command spends one of both counters.
CREATE TABLE card_counters (
    iccid     text COLLATE "C" PRIMARY KEY REFERENCES cards,
    packet    bigint NOT NULL DEFAULT 0 CHECK (packet BETWEEN 0 AND 1099511627774),
    frame     bigint NOT NULL DEFAULT 0 CHECK (frame BETWEEN 0 AND 4294967295),
    uplink    bigint NOT NULL DEFAULT 0 CHECK (uplink BETWEEN 0 AND 4294967295)
) WITH (fillfactor = 50);

CREATE TABLE mobile_users (
    iccid         text COLLATE "C" PRIMARY KEY REFERENCES cards,
    given_name    text NOT NULL CHECK (length(given_name) BETWEEN 1 AND 64),
    sur_name      text NOT NULL CHECK (length(sur_name) BETWEEN 1 AND 64),
    language      text NOT NULL CHECK (language ~ '^[a-z]{2}$'),
    serial_number text COLLATE "C" NOT NULL UNIQUE,
    state         text COLLATE "C" NOT NULL DEFAULT 'CREATED'
        CHECK (state IN ('CREATED', 'ACTIVATING', 'PROVEN', 'ACTIVE', 'INACTIVE'))
);

CREATE TABLE user_keys (
    iccid       text COLLATE "C" NOT NULL REFERENCES mobile_users,
    reference   smallint NOT NULL CHECK (reference BETWEEN 1 AND 8),
    algorithm   smallint NOT NULL,
    public_key  bytea NOT NULL,
    certificate bytea,
    PRIMARY KEY (iccid, reference)
);
