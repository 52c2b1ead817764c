-- KEK versions: after a rotation the same keys stand there again, wrapped under the next KEK. The rows of before stay,
-- of no use once that KEK is destroyed.

ALTER TABLE vault_keys
    -- which keys of the vault it belongs to: card_keys.top_key_version names it, and no rotation changes it
    ADD COLUMN generation integer CHECK (generation > 0);
UPDATE vault_keys SET generation = kek_version;
ALTER TABLE vault_keys ALTER COLUMN generation SET NOT NULL;
ALTER TABLE vault_keys DROP CONSTRAINT vault_keys_pkey;
ALTER TABLE vault_keys ADD PRIMARY KEY (kek_version, generation, purpose, number);
