-- The journal: the truth about every published request. No foreign keys here: they would lock other rows on every bid.

-- Append only. seq is gapless from 1 in each auction; hash covers the predecessor's hash, auction, seq, instant and payload.
-- The primary key is the fence: two writers cannot both add entry n.
CREATE TABLE auction_events (
    auction_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind VARCHAR(32) NOT NULL,
    payload LONGTEXT NOT NULL,
    hash BINARY(32) NOT NULL,
    PRIMARY KEY (auction_id, seq)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Where each auction stands after its last entry; written in the same transaction.
CREATE TABLE auction_heads (
    auction_id BIGINT NOT NULL,
    owner_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    hash BINARY(32) NOT NULL,
    state VARCHAR(32) NOT NULL,
    expiry VARCHAR(32),
    paused BIGINT NOT NULL,
    opens_at BIGINT NOT NULL,
    closes_at BIGINT NOT NULL,
    review_until BIGINT,
    total_bids BIGINT NOT NULL,
    live_bids BIGINT NOT NULL,
    best_landed BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (auction_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX auction_heads_due ON auction_heads (state, closes_at);
CREATE INDEX auction_heads_of_owner ON auction_heads (owner_id, state);

-- One row: when the engine was last known to run.
CREATE TABLE engine_pulse (
    id BIGINT NOT NULL,
    beat_at BIGINT NOT NULL,
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
