-- Bids as they stand, for reading; written with the journal and never read by the engine.

-- status: submitted, withdrawn, accepted, declined or disqualified. A submitted bid of an auction that ended reads as rejected
-- or expired; its head says so, and nobody has to rewrite it. floor_landed is the merchant's secret: only its own reads may
-- select it. One index serves a merchant's list and its one bid in a request: each index costs a page a bid in the WAL.
CREATE TABLE bids (
    id BIGINT NOT NULL,
    request_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    landed BIGINT NOT NULL,
    delivery_fee BIGINT NOT NULL,
    delivery_hours BIGINT NOT NULL,
    warranty_days BIGINT NOT NULL,
    payment_terms LONGTEXT NOT NULL,
    notes LONGTEXT NOT NULL,
    expires_at BIGINT,
    floor_landed BIGINT,
    status VARCHAR(16) NOT NULL,
    placed_at BIGINT NOT NULL,
    lines_at BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT bids_merchant UNIQUE (merchant_id, request_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The lines of every version that a merchant sent, in the order of time: bids.lines_at finds the ones that hold. Keyed by bid
-- they would dirty a page of the file for every bid; keyed by time a whole group shares a few. An automatic cut brings none.
CREATE TABLE bid_items (
    placed_at BIGINT NOT NULL,
    bid_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    line_no BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    unit_price BIGINT NOT NULL,
    part_condition VARCHAR(32),
    PRIMARY KEY (placed_at, bid_id, version, line_no)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
