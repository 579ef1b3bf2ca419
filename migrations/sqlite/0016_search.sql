-- What requests are searched by: their words in one form, each behind a mark (persistence/search.rs). A table of the full-text
-- index itself, so this step alone is spelled differently on a server, where the index belongs to a table. rowid is the request.
CREATE VIRTUAL TABLE request_texts USING fts5 (words);
-- What is taken out is gone, and not only marked as such: an erased customer's words too.
INSERT INTO request_texts (request_texts, rank) VALUES ('secure-delete', 1);
