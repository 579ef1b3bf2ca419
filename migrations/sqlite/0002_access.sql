-- Ways in: one-time codes, sessions, refresh tokens; and answers kept for repeated requests.

-- A code sent to a phone. purpose: register, login or reset_password. Only a keyed digest of the code is kept.
CREATE TABLE otp_challenges (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    code_digest BLOB NOT NULL,
    attempts INTEGER NOT NULL,
    sent_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    consumed_at INTEGER,
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX otp_challenges_of_user ON otp_challenges (user_id, purpose, sent_at);

-- One sign-in on one device: a family of refresh tokens. Reuse of a spent token revokes the family.
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL,
    device TEXT,
    address TEXT,
    generation INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER,
    revoked_reason TEXT,
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX sessions_of_user ON sessions (user_id, created_at);

-- Digests of the tokens; the tokens themselves are nowhere.
CREATE TABLE refresh_tokens (
    token_digest BLOB NOT NULL,
    session_id INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    PRIMARY KEY (token_digest),
    CONSTRAINT refresh_tokens_generation UNIQUE (session_id, generation),
    FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- The first answer to a POST, by user, route and key. status and reply are null while it runs. Bids are not here:
-- their keys live in the journal, in the same entry as the bid.
CREATE TABLE idempotency_keys (
    user_id INTEGER NOT NULL,
    route TEXT NOT NULL,
    key_digest BLOB NOT NULL,
    body_digest BLOB NOT NULL,
    status INTEGER,
    reply TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, route, key_digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
