-- The journal: the truth about every published request. No foreign keys here: they would lock other rows on every bid.

-- Append only. seq is gapless from 1 in each auction; hash covers the predecessor's hash, auction, seq, instant and payload.
-- The primary key is the fence: two writers cannot both add entry n.
CREATE TABLE auction_events (
    auction_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (auction_id, seq)
) STRICT, WITHOUT ROWID;

-- Where each auction stands after its last entry; written in the same transaction.
CREATE TABLE auction_heads (
    auction_id INTEGER PRIMARY KEY,
    owner_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    state TEXT NOT NULL,
    expiry TEXT,
    paused INTEGER NOT NULL,
    opens_at INTEGER NOT NULL,
    closes_at INTEGER NOT NULL,
    review_until INTEGER,
    total_bids INTEGER NOT NULL,
    live_bids INTEGER NOT NULL,
    best_landed INTEGER,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX auction_heads_due ON auction_heads (state, closes_at);
CREATE INDEX auction_heads_of_owner ON auction_heads (owner_id, state);

-- One row: when the engine was last known to run.
CREATE TABLE engine_pulse (
    id INTEGER PRIMARY KEY,
    beat_at INTEGER NOT NULL
) STRICT;
