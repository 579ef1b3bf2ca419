-- What became of accepted bids. An order and its lines are written in the transaction of the journal's entry, so there are
-- no foreign keys here (rule 6).

-- live is 1, or null once the merchant declined: a request has one live order, ever. total = items_total + delivery_fee -
-- discount, VAT included; the discount is what an automatic bid cut off. confirm_by is when an order that nobody confirmed is
-- declined by itself.
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    request_id INTEGER NOT NULL,
    bid_id INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    merchant_id INTEGER NOT NULL,
    state TEXT NOT NULL,
    live INTEGER,
    items_total INTEGER NOT NULL,
    delivery_fee INTEGER NOT NULL,
    discount INTEGER NOT NULL,
    total INTEGER NOT NULL,
    vat_percent INTEGER NOT NULL,
    vat INTEGER NOT NULL,
    currency TEXT NOT NULL,
    delivery_hours INTEGER NOT NULL,
    warranty_days INTEGER NOT NULL,
    payment_terms TEXT NOT NULL,
    confirm_by INTEGER NOT NULL,
    delivered_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT orders_live UNIQUE (request_id, live)
) STRICT;
CREATE INDEX orders_of_customer ON orders (customer_id, id);
CREATE INDEX orders_of_merchant ON orders (merchant_id, id);
CREATE INDEX orders_in_state ON orders (state, updated_at);

-- What was ordered, as it was offered: the part's name is the request's at that time.
CREATE TABLE order_lines (
    order_id INTEGER NOT NULL,
    line_no INTEGER NOT NULL,
    item_id INTEGER NOT NULL,
    part_name TEXT NOT NULL,
    part_number TEXT,
    part_condition TEXT,
    quantity INTEGER NOT NULL,
    unit_price INTEGER NOT NULL,
    PRIMARY KEY (order_id, line_no)
) STRICT, WITHOUT ROWID;

-- Every step of an order: who, when, why, and where it led. Append-only; seq is gapless from 1, the acceptance. actor_id is null
-- for the market's own steps.
CREATE TABLE order_events (
    order_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    step TEXT NOT NULL,
    state TEXT NOT NULL,
    actor TEXT NOT NULL,
    actor_id INTEGER,
    reason TEXT,
    PRIMARY KEY (order_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX order_events_of_actor ON order_events (actor_id, order_id, seq);

-- side is the author's: customer or merchant. comment is null once its author was erased.
CREATE TABLE reviews (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL,
    side TEXT NOT NULL,
    author_id INTEGER NOT NULL,
    subject_id INTEGER NOT NULL,
    stars INTEGER NOT NULL,
    comment TEXT,
    created_at INTEGER NOT NULL,
    CONSTRAINT reviews_side UNIQUE (order_id, side)
) STRICT;
CREATE INDEX reviews_of_subject ON reviews (subject_id, id);
CREATE INDEX reviews_of_author ON reviews (author_id, id);
