-- What was done with rights over others: suspensions, verifications, erasures. Append-only; hash covers the row and its
-- predecessor's hash. actor 0 is whoever works at the machine itself.

-- reason may name people, so the chain covers its salted digest: reason and salt become null when its subject is erased.
CREATE TABLE audit_log (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor INTEGER NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    reason TEXT,
    salt BLOB,
    reason_digest BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE INDEX audit_log_of_subject ON audit_log (subject, seq);
