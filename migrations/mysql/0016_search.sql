-- What requests are searched by: their words in one form, each behind a mark (persistence/search.rs). The server's own parser:
-- ngram is not there on MariaDB, and words of one form need no cutting. Marks make the shortest word long enough for the index.
CREATE TABLE request_texts (
    request_id BIGINT NOT NULL,
    words LONGTEXT NOT NULL,
    PRIMARY KEY (request_id),
    FULLTEXT KEY request_texts_words (words)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
