-- Bids as they stand, for reading; written with the journal and never read by the engine.

-- status: submitted, withdrawn, accepted, declined or disqualified. A submitted bid of an auction that ended reads as rejected
-- or expired; its head says so, and nobody has to rewrite it. floor_landed is the merchant's secret: only its own reads may
-- select it. One index serves a merchant's list and its one bid in a request: each index costs a page a bid in the WAL.
CREATE TABLE bids (
    id INTEGER PRIMARY KEY,
    request_id INTEGER NOT NULL,
    merchant_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    landed INTEGER NOT NULL,
    delivery_fee INTEGER NOT NULL,
    delivery_hours INTEGER NOT NULL,
    warranty_days INTEGER NOT NULL,
    payment_terms TEXT NOT NULL,
    notes TEXT NOT NULL,
    expires_at INTEGER,
    floor_landed INTEGER,
    status TEXT NOT NULL,
    placed_at INTEGER NOT NULL,
    lines_at INTEGER,
    updated_at INTEGER NOT NULL,
    CONSTRAINT bids_merchant UNIQUE (merchant_id, request_id)
) STRICT;

-- The lines of every version that a merchant sent, in the order of time: bids.lines_at finds the ones that hold. Keyed by bid
-- they would dirty a page of the file for every bid; keyed by time a whole group shares a few. An automatic cut brings none.
CREATE TABLE bid_items (
    placed_at INTEGER NOT NULL,
    bid_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    line_no INTEGER NOT NULL,
    item_id INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    unit_price INTEGER NOT NULL,
    part_condition TEXT,
    PRIMARY KEY (placed_at, bid_id, version, line_no)
) STRICT, WITHOUT ROWID;
