-- What a card last said of a key's PIN, for those who may ask: a hint to people, nothing is decided by it.

ALTER TABLE user_keys ADD COLUMN pin_blocked timestamptz;

GRANT UPDATE (pin_blocked) ON user_keys TO mssp_home;
