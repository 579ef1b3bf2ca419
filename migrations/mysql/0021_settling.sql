-- What is to go back, and what calls at the same time are told apart by.

-- owed: what was paid beyond what is due, null where nothing was. due is 0 once the order was called off.
ALTER TABLE order_accounts ADD COLUMN owed BIGINT;
CREATE INDEX order_accounts_owed ON order_accounts (owed);

-- Digest of the idempotency key that asked for the refund; null where there was none. actor_id is 0 for the market's own.
ALTER TABLE payment_refunds ADD COLUMN key_digest BINARY(16);

-- Until when one call has what was uploaded to itself to look at; null when none has.
ALTER TABLE files ADD COLUMN checked_until BIGINT;
