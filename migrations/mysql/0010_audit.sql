-- What was done with rights over others: suspensions, verifications, erasures. Append-only; hash covers the row and its
-- predecessor's hash. actor 0 is whoever works at the machine itself.

-- reason may name people, so the chain covers its salted digest: reason and salt become null when its subject is erased.
CREATE TABLE audit_log (
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor BIGINT NOT NULL,
    action VARCHAR(64) NOT NULL,
    subject VARCHAR(64) NOT NULL,
    reason LONGTEXT,
    salt BINARY(16),
    reason_digest BINARY(32) NOT NULL,
    hash BINARY(32) NOT NULL,
    PRIMARY KEY (seq)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX audit_log_of_subject ON audit_log (subject, seq);
