-- What became of accepted bids. An order and its lines are written in the transaction of the journal's entry, so there are
-- no foreign keys here (rule 6).

-- live is 1, or null once the merchant declined: a request has one live order, ever. total = items_total + delivery_fee -
-- discount, VAT included; the discount is what an automatic bid cut off. confirm_by is when an order that nobody confirmed is
-- declined by itself.
CREATE TABLE orders (
    id BIGINT NOT NULL,
    request_id BIGINT NOT NULL,
    bid_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    state VARCHAR(24) NOT NULL,
    live BIGINT,
    items_total BIGINT NOT NULL,
    delivery_fee BIGINT NOT NULL,
    discount BIGINT NOT NULL,
    total BIGINT NOT NULL,
    vat_percent BIGINT NOT NULL,
    vat BIGINT NOT NULL,
    currency VARCHAR(8) NOT NULL,
    delivery_hours BIGINT NOT NULL,
    warranty_days BIGINT NOT NULL,
    payment_terms LONGTEXT NOT NULL,
    confirm_by BIGINT NOT NULL,
    delivered_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT orders_live UNIQUE (request_id, live)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX orders_of_customer ON orders (customer_id, id);
CREATE INDEX orders_of_merchant ON orders (merchant_id, id);
CREATE INDEX orders_in_state ON orders (state, updated_at);

-- What was ordered, as it was offered: the part's name is the request's at that time.
CREATE TABLE order_lines (
    order_id BIGINT NOT NULL,
    line_no BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    part_name VARCHAR(240) NOT NULL,
    part_number VARCHAR(128),
    part_condition VARCHAR(32),
    quantity BIGINT NOT NULL,
    unit_price BIGINT NOT NULL,
    PRIMARY KEY (order_id, line_no)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Every step of an order: who, when, why, and where it led. Append-only; seq is gapless from 1, the acceptance. actor_id is null
-- for the market's own steps.
CREATE TABLE order_events (
    order_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    step VARCHAR(16) NOT NULL,
    state VARCHAR(24) NOT NULL,
    actor VARCHAR(16) NOT NULL,
    actor_id BIGINT,
    reason LONGTEXT,
    PRIMARY KEY (order_id, seq)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX order_events_of_actor ON order_events (actor_id, order_id, seq);

-- side is the author's: customer or merchant. comment is null once its author was erased.
CREATE TABLE reviews (
    id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    side VARCHAR(16) NOT NULL,
    author_id BIGINT NOT NULL,
    subject_id BIGINT NOT NULL,
    stars BIGINT NOT NULL,
    comment LONGTEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT reviews_side UNIQUE (order_id, side)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX reviews_of_subject ON reviews (subject_id, id);
CREATE INDEX reviews_of_author ON reviews (author_id, id);
