-- Accounts whose personal data was erased at their owner's wish. The account's row stays, without a name: the journal,
-- amounts and the audit log name its id.
CREATE TABLE account_erasures (
    user_id INTEGER PRIMARY KEY,
    erased_at INTEGER NOT NULL
) STRICT;
