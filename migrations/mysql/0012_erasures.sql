-- Accounts whose personal data was erased at their owner's wish. The account's row stays, without a name: the journal,
-- amounts and the audit log name its id.
CREATE TABLE account_erasures (
    user_id BIGINT NOT NULL,
    erased_at BIGINT NOT NULL,
    PRIMARY KEY (user_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
