-- Whose each running transaction is: a home looks for owners that are gone, not through everything that runs.
CREATE INDEX transactions_home ON transactions (coalesce(home, 0)) WHERE running;
