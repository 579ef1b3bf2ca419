-- What analytics reads: figures that a job keeps (docs/decisions/0027). All of it follows from other tables and is made anew
-- by `mazad analytics rebuild`. No row here names a person but by the account's id.

-- What is known of a request, counted anew whenever it changed. day counts days of Riyadh (UTC+3) since 1970 and is that on
-- which the request was written; month is year * 12 + month - 1; parts are its parts' keys, one a line. seq is the journal's entry up to which it was counted.
-- Whoever changes what no journal tells adds 1 to mark; counted is the mark up to which it was counted, and what is settled is
-- not looked at before mark moves on. state is empty until it was counted once. Times are in seconds, amounts in halalas.
CREATE TABLE request_facts (
    request_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    month BIGINT NOT NULL,
    brand_id BIGINT NOT NULL,
    city_key VARCHAR(240),
    parts LONGTEXT NOT NULL,
    state VARCHAR(24) NOT NULL,
    seq BIGINT NOT NULL,
    mark BIGINT NOT NULL,
    counted BIGINT NOT NULL,
    settled BIGINT NOT NULL,
    counted_at BIGINT NOT NULL,
    bids BIGINT NOT NULL,
    landed BIGINT NOT NULL,
    response_s BIGINT,
    first_landed BIGINT,
    median_landed BIGINT,
    chosen_landed BIGINT,
    choice_s BIGINT,
    order_state VARCHAR(24),
    revenue BIGINT NOT NULL,
    customer_stars BIGINT,
    merchant_stars BIGINT,
    PRIMARY KEY (request_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX request_facts_unsettled ON request_facts (settled, request_id);
CREATE INDEX request_facts_of_customer ON request_facts (customer_id, day);

-- What became of a merchant's bid, once its auction has ended with a result (rules 6: no sooner). place is null for a bid that no
-- longer counted; gap_permille is how far it lay above the chosen one, in thousandths of that.
CREATE TABLE bid_facts (
    merchant_id BIGINT NOT NULL,
    request_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    month BIGINT NOT NULL,
    place BIGINT,
    bids BIGINT NOT NULL,
    won BIGINT NOT NULL,
    gap_permille BIGINT,
    response_s BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, request_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX bid_facts_of_request ON bid_facts (request_id);

-- What one piece of a part was sold for, in orders that were completed.
CREATE TABLE deal_prices (
    order_id BIGINT NOT NULL,
    line_no BIGINT NOT NULL,
    request_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    part_key VARCHAR(240) NOT NULL,
    brand_id BIGINT NOT NULL,
    unit_price BIGINT NOT NULL,
    completed_at BIGINT NOT NULL,
    PRIMARY KEY (order_id, line_no)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX deal_prices_of_part ON deal_prices (part_key, brand_id, completed_at);
CREATE INDEX deal_prices_of_request ON deal_prices (request_id);

-- The sums of the facts of a day's requests: of all of them, and apart by part, city and brand in every combination. An empty
-- text and brand 0 stand for all.
CREATE TABLE request_sums (
    part_key VARCHAR(240) NOT NULL,
    city_key VARCHAR(240) NOT NULL,
    brand_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    drafts BIGINT NOT NULL,
    published BIGINT NOT NULL,
    bidding_open BIGINT NOT NULL,
    bidding_closed BIGINT NOT NULL,
    reviewing BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    expired BIGINT NOT NULL,
    cancelled BIGINT NOT NULL,
    auctions BIGINT NOT NULL,
    bids BIGINT NOT NULL,
    landed BIGINT NOT NULL,
    answered BIGINT NOT NULL,
    response_s BIGINT NOT NULL,
    within_1m BIGINT NOT NULL,
    within_5m BIGINT NOT NULL,
    within_15m BIGINT NOT NULL,
    within_1h BIGINT NOT NULL,
    within_4h BIGINT NOT NULL,
    within_1d BIGINT NOT NULL,
    contested BIGINT NOT NULL,
    orders BIGINT NOT NULL,
    completed BIGINT NOT NULL,
    called_off BIGINT NOT NULL,
    revenue BIGINT NOT NULL,
    customer_stars BIGINT NOT NULL,
    customer_reviews BIGINT NOT NULL,
    merchant_stars BIGINT NOT NULL,
    merchant_reviews BIGINT NOT NULL,
    PRIMARY KEY (part_key, city_key, brand_id, day)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- How many requests ask for a part, by day (grain 1), month (2) and year (3). Those of a long time are few rows so.
CREATE TABLE part_sums (
    city_key VARCHAR(240) NOT NULL,
    brand_id BIGINT NOT NULL,
    grain BIGINT NOT NULL,
    span BIGINT NOT NULL,
    part_key VARCHAR(240) NOT NULL,
    requests BIGINT NOT NULL,
    PRIMARY KEY (city_key, brand_id, grain, span, part_key)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- When the job had last counted everything: one row, with the id 1.
CREATE TABLE rollup_rounds (
    id BIGINT NOT NULL,
    began_at BIGINT NOT NULL,
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
