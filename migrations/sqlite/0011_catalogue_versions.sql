-- Which catalogue was last taken over from the program: one row, id 1, with the digest of its text.
CREATE TABLE catalogue_versions (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL,
    loaded_at INTEGER NOT NULL
) STRICT;
