-- Uploads: what is known of each; the bytes lie in the object store under storage_key.

-- state: awaited (an upload url was given out), received (bytes are there, unseen), ready, gone (to be deleted from the store).
-- bytes count against the owner's quota; until the file is ready they are what was announced.
-- idle_since: since when nothing shows it; the sweeper counts from there.
CREATE TABLE files (
    id BIGINT NOT NULL,
    owner_id BIGINT NOT NULL,
    state VARCHAR(16) NOT NULL,
    storage_key VARCHAR(32) NOT NULL,
    name VARCHAR(480) NOT NULL,
    content_type VARCHAR(64),
    bytes BIGINT NOT NULL,
    width BIGINT,
    height BIGINT,
    digest BINARY(32),
    created_at BIGINT NOT NULL,
    idle_since BIGINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT files_storage_key UNIQUE (storage_key),
    FOREIGN KEY (owner_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX files_of_user ON files (owner_id, id);
CREATE INDEX files_by_state ON files (state, idle_since);

CREATE TABLE request_files (
    request_id BIGINT NOT NULL,
    file_id BIGINT NOT NULL,
    PRIMARY KEY (request_id, file_id),
    FOREIGN KEY (request_id) REFERENCES part_requests (id) ON DELETE CASCADE,
    FOREIGN KEY (file_id) REFERENCES files (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX request_files_of_file ON request_files (file_id, request_id);

CREATE TABLE merchant_files (
    merchant_id BIGINT NOT NULL,
    file_id BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, file_id),
    FOREIGN KEY (merchant_id) REFERENCES merchant_profiles (user_id) ON DELETE CASCADE,
    FOREIGN KEY (file_id) REFERENCES files (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX merchant_files_of_file ON merchant_files (file_id, merchant_id);
