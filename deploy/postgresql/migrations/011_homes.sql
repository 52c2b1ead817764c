-- Whose the running transactions are: a process of the home that is gone is found without reading them all.

CREATE INDEX transactions_owner ON transactions (home) WHERE running;
