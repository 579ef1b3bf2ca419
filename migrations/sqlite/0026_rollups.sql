-- What analytics reads: figures that a job keeps (docs/decisions/0027). All of it follows from other tables and is made anew
-- by `mazad analytics rebuild`. No row here names a person but by the account's id.

-- What is known of a request, counted anew whenever it changed. day counts days of Riyadh (UTC+3) since 1970 and is that on
-- which the request was written; month is year * 12 + month - 1; parts are its parts' keys, one a line. seq is the journal's entry up to which it was counted.
-- Whoever changes what no journal tells adds 1 to mark; counted is the mark up to which it was counted, and what is settled is
-- not looked at before mark moves on. state is empty until it was counted once. Times are in seconds, amounts in halalas.
CREATE TABLE request_facts (
    request_id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL,
    day INTEGER NOT NULL,
    month INTEGER NOT NULL,
    brand_id INTEGER NOT NULL,
    city_key TEXT,
    parts TEXT NOT NULL,
    state TEXT NOT NULL,
    seq INTEGER NOT NULL,
    mark INTEGER NOT NULL,
    counted INTEGER NOT NULL,
    settled INTEGER NOT NULL,
    counted_at INTEGER NOT NULL,
    bids INTEGER NOT NULL,
    landed INTEGER NOT NULL,
    response_s INTEGER,
    first_landed INTEGER,
    median_landed INTEGER,
    chosen_landed INTEGER,
    choice_s INTEGER,
    order_state TEXT,
    revenue INTEGER NOT NULL,
    customer_stars INTEGER,
    merchant_stars INTEGER
) STRICT;
CREATE INDEX request_facts_unsettled ON request_facts (settled, request_id);
CREATE INDEX request_facts_of_customer ON request_facts (customer_id, day);

-- What became of a merchant's bid, once its auction has ended with a result (rules 6: no sooner). place is null for a bid that no
-- longer counted; gap_permille is how far it lay above the chosen one, in thousandths of that.
CREATE TABLE bid_facts (
    merchant_id INTEGER NOT NULL,
    request_id INTEGER NOT NULL,
    day INTEGER NOT NULL,
    month INTEGER NOT NULL,
    place INTEGER,
    bids INTEGER NOT NULL,
    won INTEGER NOT NULL,
    gap_permille INTEGER,
    response_s INTEGER NOT NULL,
    PRIMARY KEY (merchant_id, request_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX bid_facts_of_request ON bid_facts (request_id);

-- What one piece of a part was sold for, in orders that were completed.
CREATE TABLE deal_prices (
    order_id INTEGER NOT NULL,
    line_no INTEGER NOT NULL,
    request_id INTEGER NOT NULL,
    merchant_id INTEGER NOT NULL,
    part_key TEXT NOT NULL,
    brand_id INTEGER NOT NULL,
    unit_price INTEGER NOT NULL,
    completed_at INTEGER NOT NULL,
    PRIMARY KEY (order_id, line_no)
) STRICT, WITHOUT ROWID;
CREATE INDEX deal_prices_of_part ON deal_prices (part_key, brand_id, completed_at);
CREATE INDEX deal_prices_of_request ON deal_prices (request_id);

-- The sums of the facts of a day's requests: of all of them, and apart by part, city and brand in every combination. An empty
-- text and brand 0 stand for all.
CREATE TABLE request_sums (
    part_key TEXT NOT NULL,
    city_key TEXT NOT NULL,
    brand_id INTEGER NOT NULL,
    day INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    drafts INTEGER NOT NULL,
    published INTEGER NOT NULL,
    bidding_open INTEGER NOT NULL,
    bidding_closed INTEGER NOT NULL,
    reviewing INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    expired INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    auctions INTEGER NOT NULL,
    bids INTEGER NOT NULL,
    landed INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    response_s INTEGER NOT NULL,
    within_1m INTEGER NOT NULL,
    within_5m INTEGER NOT NULL,
    within_15m INTEGER NOT NULL,
    within_1h INTEGER NOT NULL,
    within_4h INTEGER NOT NULL,
    within_1d INTEGER NOT NULL,
    contested INTEGER NOT NULL,
    orders INTEGER NOT NULL,
    completed INTEGER NOT NULL,
    called_off INTEGER NOT NULL,
    revenue INTEGER NOT NULL,
    customer_stars INTEGER NOT NULL,
    customer_reviews INTEGER NOT NULL,
    merchant_stars INTEGER NOT NULL,
    merchant_reviews INTEGER NOT NULL,
    PRIMARY KEY (part_key, city_key, brand_id, day)
) STRICT, WITHOUT ROWID;

-- How many requests ask for a part, by day (grain 1), month (2) and year (3). Those of a long time are few rows so.
CREATE TABLE part_sums (
    city_key TEXT NOT NULL,
    brand_id INTEGER NOT NULL,
    grain INTEGER NOT NULL,
    span INTEGER NOT NULL,
    part_key TEXT NOT NULL,
    requests INTEGER NOT NULL,
    PRIMARY KEY (city_key, brand_id, grain, span, part_key)
) STRICT, WITHOUT ROWID;

-- When the job had last counted everything: one row, with the id 1.
CREATE TABLE rollup_rounds (
    id INTEGER PRIMARY KEY,
    began_at INTEGER NOT NULL
) STRICT;
