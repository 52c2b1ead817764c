-- How often the providers of an acquiring entity have changed: the number of the directory that the home signs for it
-- (docs/operations.md, "Application providers").

CREATE TABLE provider_directories (
    acquiring_entity text COLLATE "C" PRIMARY KEY CHECK (octet_length(acquiring_entity) BETWEEN 1 AND 512),
    number           bigint NOT NULL CHECK (number > 0),
    -- SHA-256 of the providers
    digest           bytea NOT NULL CHECK (octet_length(digest) = 32)
);
GRANT SELECT, INSERT ON provider_directories TO mssp_home;
GRANT UPDATE (number, digest) ON provider_directories TO mssp_home;
