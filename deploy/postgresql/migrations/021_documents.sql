-- Several documents that one PIN entry signs (batchsign, docsign): what is signed of each, and what its user read.

-- All of them, as TaskDocument writes them; NULL where a signature is over content alone.
ALTER TABLE transactions ADD COLUMN documents bytea;
