-- Several processes on one database: which of them live, and whose each auction is.

-- A process that serves. renewed_at is by this server's clock, so that one clock alone judges who is gone. A number is in the
-- ids that its process mints, so that of a process which vanished is given to another address only much later.
CREATE TABLE nodes (
    number BIGINT NOT NULL,
    boot_id BIGINT NOT NULL,
    address VARCHAR(255) NOT NULL,
    started_at BIGINT NOT NULL,
    renewed_at BIGINT NOT NULL,
    PRIMARY KEY (number)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- node is who writes the auction, 0 or null nobody; fence grows by one whenever that changes. An append is written only where
-- its fence is the one that is here, under the row's lock: see docs/decisions/0024.
ALTER TABLE auction_heads ADD COLUMN node BIGINT;
ALTER TABLE auction_heads ADD COLUMN fence BIGINT;
