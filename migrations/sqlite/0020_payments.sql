-- Payments for orders. Amounts are halalas; what is captured and refunded only ever grows.

-- live is 1, or null once another payment for the order may be started: an order has one live payment, ever. gateway_ref is
-- the gateway's own id, null until it said one: with method card that is a payment of which nobody knows whether the gateway
-- has it. fault says why an admin has to look.
CREATE TABLE payments (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    merchant_id INTEGER NOT NULL,
    method TEXT NOT NULL,
    gateway TEXT NOT NULL,
    state TEXT NOT NULL,
    live INTEGER,
    amount INTEGER NOT NULL,
    captured INTEGER NOT NULL,
    refunded INTEGER NOT NULL,
    currency TEXT NOT NULL,
    gateway_ref TEXT,
    redirect_url TEXT,
    fault TEXT,
    checked_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT payments_live UNIQUE (order_id, live),
    CONSTRAINT payments_gateway_ref UNIQUE (gateway, gateway_ref)
) STRICT;
CREATE INDEX payments_of_customer ON payments (customer_id, id);
CREATE INDEX payments_of_merchant ON payments (merchant_id, id);
CREATE INDEX payments_to_check ON payments (method, state, checked_at);

-- Every movement of money, append-only; seq is gapless from 1. kind: captured or refunded. actor_id is null where the gateway
-- said so.
CREATE TABLE payment_moves (
    payment_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    amount INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor_id INTEGER,
    PRIMARY KEY (payment_id, seq)
) STRICT, WITHOUT ROWID;

-- Refunds that a gateway was asked for. state: asked, done, refused. asked is 1, or null once it is settled: a payment has
-- one refund under way, so that what the gateway says of it can be told apart. refunded_before is the payment's sum when it
-- was asked for.
CREATE TABLE payment_refunds (
    id INTEGER PRIMARY KEY,
    payment_id INTEGER NOT NULL,
    state TEXT NOT NULL,
    asked INTEGER,
    amount INTEGER NOT NULL,
    refunded_before INTEGER NOT NULL,
    actor_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    settled_at INTEGER,
    CONSTRAINT payment_refunds_asked UNIQUE (payment_id, asked)
) STRICT;
CREATE INDEX payment_refunds_of_payment ON payment_refunds (payment_id, id);

-- What gateways told us, each once.
CREATE TABLE payment_notices (
    gateway TEXT NOT NULL,
    event_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    payment_id INTEGER,
    at INTEGER NOT NULL,
    PRIMARY KEY (gateway, event_id)
) STRICT, WITHOUT ROWID;

-- What was paid for an order: the sum over its payments of captured less refunded, kept with every movement.
CREATE TABLE order_accounts (
    order_id INTEGER PRIMARY KEY,
    due INTEGER NOT NULL,
    paid INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
