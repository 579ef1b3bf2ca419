-- Ways in: one-time codes, sessions, refresh tokens; and answers kept for repeated requests.

-- A code sent to a phone. purpose: register, login or reset_password. Only a keyed digest of the code is kept.
CREATE TABLE otp_challenges (
    id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    purpose VARCHAR(32) NOT NULL,
    code_digest BINARY(32) NOT NULL,
    attempts BIGINT NOT NULL,
    sent_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    consumed_at BIGINT,
    PRIMARY KEY (id),
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX otp_challenges_of_user ON otp_challenges (user_id, purpose, sent_at);

-- One sign-in on one device: a family of refresh tokens. Reuse of a spent token revokes the family.
CREATE TABLE sessions (
    id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    device VARCHAR(240),
    address VARCHAR(64),
    generation BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_reason VARCHAR(32),
    PRIMARY KEY (id),
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX sessions_of_user ON sessions (user_id, created_at);

-- Digests of the tokens; the tokens themselves are nowhere.
CREATE TABLE refresh_tokens (
    token_digest BINARY(32) NOT NULL,
    session_id BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (token_digest),
    CONSTRAINT refresh_tokens_generation UNIQUE (session_id, generation),
    FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The first answer to a POST, by user, route and key. status and reply are null while it runs. Bids are not here:
-- their keys live in the journal, in the same entry as the bid.
CREATE TABLE idempotency_keys (
    user_id BIGINT NOT NULL,
    route VARCHAR(96) NOT NULL,
    key_digest BINARY(16) NOT NULL,
    body_digest BINARY(16) NOT NULL,
    status BIGINT,
    reply LONGTEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, route, key_digest)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
