-- Receipts: what a provider has its user read after a signature (MSS_Receipt).

ALTER TABLE transactions DROP CONSTRAINT transactions_kind_check;
-- 1 signature, 2 key generation, 3 recovery of a silent card, 4 a step of a rollover, 5 receipt
ALTER TABLE transactions ADD CONSTRAINT transactions_kind_check CHECK (kind IN (1, 2, 3, 4, 5));
ALTER TABLE transactions
    -- The signature that a receipt is for. No foreign key: every signature's row would pay for it.
    ADD COLUMN receipt_of text COLLATE "C",
    ADD CONSTRAINT transactions_receipt_check CHECK ((kind = 5) = (receipt_of IS NOT NULL));

-- One receipt a signature: the second one is refused by the index, not by a look before. What ended otherwise than by the
-- phone, by its time (208) or by the user (401) was certainly not shown, and leaves the place to another.
CREATE UNIQUE INDEX transactions_receipt ON transactions (receipt_of)
    WHERE receipt_of IS NOT NULL AND (running OR fault IS NULL OR fault IN (208, 401));
