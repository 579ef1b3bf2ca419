-- Signing in. What ended lately, by time, for the processes that keep it in memory.
CREATE INDEX sessions_by_end ON sessions (revoked_at);
CREATE INDEX sessions_by_age ON sessions (expires_at);

-- Every one-time code that was sent, or would have been had the account been there: strangers must not see a difference.
-- Kept for two days, because every limit is counted here. purpose: register, reset_password or link. code_digest is keyed.
-- address is where the asker came from, network the net around it. No foreign key: a decoy's user_id is nobody's.
CREATE TABLE otp_codes (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL,
    phone TEXT NOT NULL,
    purpose TEXT NOT NULL,
    code_digest BLOB NOT NULL,
    attempts INTEGER NOT NULL,
    address TEXT NOT NULL,
    network TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    consumed_at INTEGER
) STRICT;
CREATE INDEX otp_codes_of_user ON otp_codes (user_id, purpose, sent_at);
CREATE INDEX otp_codes_of_phone ON otp_codes (phone, sent_at);
CREATE INDEX otp_codes_of_address ON otp_codes (address, sent_at);
CREATE INDEX otp_codes_of_network ON otp_codes (network, sent_at);
CREATE INDEX otp_codes_by_age ON otp_codes (sent_at);

-- Codes of one day, UTC, counted from the Unix epoch: the budget. Its row is also what makes askers queue.
CREATE TABLE otp_days (
    day INTEGER PRIMARY KEY,
    sent INTEGER NOT NULL
) STRICT;

-- In the place of this came otp_codes, which keeps decoys too. No release used it.
DROP TABLE otp_challenges;

-- Accounts at OpenID providers, each with the account here that it opens. Only a one-time code to that account's phone
-- makes such a link.
CREATE TABLE oidc_links (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject),
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX oidc_links_of_user ON oidc_links (user_id);

-- Sign-ins with a provider that are under way. state_digest: of the state, which also keys nonce and verifier.
-- browser_digest: of the cookie of the browser that began. What the provider said, and the digest of the token that
-- continues, come with its answer.
CREATE TABLE oidc_logins (
    state_digest BLOB NOT NULL,
    provider TEXT NOT NULL,
    browser_digest BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    answered_at INTEGER,
    link_digest BLOB,
    issuer TEXT,
    subject TEXT,
    name TEXT,
    email TEXT,
    done_at INTEGER,
    PRIMARY KEY (state_digest),
    CONSTRAINT oidc_logins_link UNIQUE (link_digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX oidc_logins_by_age ON oidc_logins (expires_at);
