-- Signing in. What ended lately, by time, for the processes that keep it in memory.
CREATE INDEX sessions_by_end ON sessions (revoked_at);
CREATE INDEX sessions_by_age ON sessions (expires_at);

-- Every one-time code that was sent, or would have been had the account been there: strangers must not see a difference.
-- Kept for two days, because every limit is counted here. purpose: register, reset_password or link. code_digest is keyed.
-- address is where the asker came from, network the net around it. No foreign key: a decoy's user_id is nobody's.
CREATE TABLE otp_codes (
    id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    phone VARCHAR(20) NOT NULL,
    purpose VARCHAR(32) NOT NULL,
    code_digest BINARY(32) NOT NULL,
    attempts BIGINT NOT NULL,
    address VARCHAR(64) NOT NULL,
    network VARCHAR(64) NOT NULL,
    sent_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    consumed_at BIGINT,
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX otp_codes_of_user ON otp_codes (user_id, purpose, sent_at);
CREATE INDEX otp_codes_of_phone ON otp_codes (phone, sent_at);
CREATE INDEX otp_codes_of_address ON otp_codes (address, sent_at);
CREATE INDEX otp_codes_of_network ON otp_codes (network, sent_at);
CREATE INDEX otp_codes_by_age ON otp_codes (sent_at);

-- Codes of one day, UTC, counted from the Unix epoch: the budget. Its row is also what makes askers queue.
CREATE TABLE otp_days (
    day BIGINT NOT NULL,
    sent BIGINT NOT NULL,
    PRIMARY KEY (day)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- In the place of this came otp_codes, which keeps decoys too. No release used it.
DROP TABLE otp_challenges;

-- Accounts at OpenID providers, each with the account here that it opens. Only a one-time code to that account's phone
-- makes such a link.
CREATE TABLE oidc_links (
    issuer VARCHAR(255) NOT NULL,
    subject VARCHAR(255) NOT NULL,
    user_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject),
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX oidc_links_of_user ON oidc_links (user_id);

-- Sign-ins with a provider that are under way. state_digest: of the state, which also keys nonce and verifier.
-- browser_digest: of the cookie of the browser that began. What the provider said, and the digest of the token that
-- continues, come with its answer.
CREATE TABLE oidc_logins (
    state_digest BINARY(32) NOT NULL,
    provider VARCHAR(32) NOT NULL,
    browser_digest BINARY(32) NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    answered_at BIGINT,
    link_digest BINARY(32),
    issuer VARCHAR(255),
    subject VARCHAR(255),
    name VARCHAR(480),
    email VARCHAR(254),
    done_at BIGINT,
    PRIMARY KEY (state_digest),
    CONSTRAINT oidc_logins_link UNIQUE (link_digest)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX oidc_logins_by_age ON oidc_logins (expires_at);
