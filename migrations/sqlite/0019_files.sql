-- Uploads: what is known of each; the bytes lie in the object store under storage_key.

-- state: awaited (an upload url was given out), received (bytes are there, unseen), ready, gone (to be deleted from the store).
-- bytes count against the owner's quota; until the file is ready they are what was announced.
-- idle_since: since when nothing shows it; the sweeper counts from there.
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    owner_id INTEGER NOT NULL,
    state TEXT NOT NULL,
    storage_key TEXT NOT NULL,
    name TEXT NOT NULL,
    content_type TEXT,
    bytes INTEGER NOT NULL,
    width INTEGER,
    height INTEGER,
    digest BLOB,
    created_at INTEGER NOT NULL,
    idle_since INTEGER NOT NULL,
    CONSTRAINT files_storage_key UNIQUE (storage_key),
    FOREIGN KEY (owner_id) REFERENCES users (id)
) STRICT;
CREATE INDEX files_of_user ON files (owner_id, id);
CREATE INDEX files_by_state ON files (state, idle_since);

CREATE TABLE request_files (
    request_id INTEGER NOT NULL,
    file_id INTEGER NOT NULL,
    PRIMARY KEY (request_id, file_id),
    FOREIGN KEY (request_id) REFERENCES part_requests (id) ON DELETE CASCADE,
    FOREIGN KEY (file_id) REFERENCES files (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX request_files_of_file ON request_files (file_id, request_id);

CREATE TABLE merchant_files (
    merchant_id INTEGER NOT NULL,
    file_id INTEGER NOT NULL,
    PRIMARY KEY (merchant_id, file_id),
    FOREIGN KEY (merchant_id) REFERENCES merchant_profiles (user_id) ON DELETE CASCADE,
    FOREIGN KEY (file_id) REFERENCES files (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX merchant_files_of_file ON merchant_files (file_id, merchant_id);
