-- Abuse of the ways in. Rows live for minutes, those of otp_codes for two days.

-- The first digits of the phone, country and operator: where few of the codes are used somebody is paid for sending them.
ALTER TABLE otp_codes ADD COLUMN prefix TEXT;
CREATE INDEX otp_codes_of_prefix ON otp_codes (prefix, sent_at);

-- Challenges of work that were answered: each serves once. Kept until they would have expired.
CREATE TABLE otp_work (
    mac BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (mac)
) STRICT, WITHOUT ROWID;
CREATE INDEX otp_work_by_age ON otp_work (expires_at);

-- Passwords that were tried without success. name_digest: keyed, of the name under which it was tried, whether or not there
-- is such an account.
CREATE TABLE password_tries (
    name_digest BLOB NOT NULL,
    tries INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (name_digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX password_tries_by_age ON password_tries (last_at);
