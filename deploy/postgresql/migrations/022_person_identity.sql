-- personIdentity: what a provider asked of the signer, and may be told.

-- As PersonQuestion writes it; NULL where nothing was asked.
ALTER TABLE transactions ADD COLUMN person bytea;
