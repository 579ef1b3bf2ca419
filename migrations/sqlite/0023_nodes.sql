-- Several processes on one database: which of them live, and whose each auction is.

-- A process that serves. renewed_at is by this server's clock, so that one clock alone judges who is gone. A number is in the
-- ids that its process mints, so that of a process which vanished is given to another address only much later.
CREATE TABLE nodes (
    number INTEGER PRIMARY KEY,
    boot_id INTEGER NOT NULL,
    address TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    renewed_at INTEGER NOT NULL
) STRICT;

-- node is who writes the auction, 0 or null nobody; fence grows by one whenever that changes. An append is written only where
-- its fence is the one that is here, under the row's lock: see docs/decisions/0024.
ALTER TABLE auction_heads ADD COLUMN node INTEGER;
ALTER TABLE auction_heads ADD COLUMN fence INTEGER;
