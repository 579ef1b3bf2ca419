-- Which catalogue was last taken over from the program: one row, id 1, with the digest of its text.
CREATE TABLE catalogue_versions (
    id BIGINT NOT NULL,
    digest BINARY(32) NOT NULL,
    loaded_at BIGINT NOT NULL,
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
