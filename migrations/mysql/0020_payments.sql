-- Payments for orders. Amounts are halalas; what is captured and refunded only ever grows.

-- live is 1, or null once another payment for the order may be started: an order has one live payment, ever. gateway_ref is
-- the gateway's own id, null until it said one: with method card that is a payment of which nobody knows whether the gateway
-- has it. fault says why an admin has to look.
CREATE TABLE payments (
    id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    method VARCHAR(32) NOT NULL,
    gateway VARCHAR(32) NOT NULL,
    state VARCHAR(16) NOT NULL,
    live BIGINT,
    amount BIGINT NOT NULL,
    captured BIGINT NOT NULL,
    refunded BIGINT NOT NULL,
    currency VARCHAR(3) NOT NULL,
    gateway_ref VARCHAR(64),
    redirect_url VARCHAR(1000),
    fault VARCHAR(32),
    checked_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT payments_live UNIQUE (order_id, live),
    CONSTRAINT payments_gateway_ref UNIQUE (gateway, gateway_ref)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX payments_of_customer ON payments (customer_id, id);
CREATE INDEX payments_of_merchant ON payments (merchant_id, id);
CREATE INDEX payments_to_check ON payments (method, state, checked_at);

-- Every movement of money, append-only; seq is gapless from 1. kind: captured or refunded. actor_id is null where the gateway
-- said so.
CREATE TABLE payment_moves (
    payment_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    kind VARCHAR(64) NOT NULL,
    amount BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor_id BIGINT,
    PRIMARY KEY (payment_id, seq)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Refunds that a gateway was asked for. state: asked, done, refused. asked is 1, or null once it is settled: a payment has
-- one refund under way, so that what the gateway says of it can be told apart. refunded_before is the payment's sum when it
-- was asked for.
CREATE TABLE payment_refunds (
    id BIGINT NOT NULL,
    payment_id BIGINT NOT NULL,
    state VARCHAR(16) NOT NULL,
    asked BIGINT,
    amount BIGINT NOT NULL,
    refunded_before BIGINT NOT NULL,
    actor_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    settled_at BIGINT,
    PRIMARY KEY (id),
    CONSTRAINT payment_refunds_asked UNIQUE (payment_id, asked)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX payment_refunds_of_payment ON payment_refunds (payment_id, id);

-- What gateways told us, each once.
CREATE TABLE payment_notices (
    gateway VARCHAR(32) NOT NULL,
    event_id VARCHAR(64) NOT NULL,
    kind VARCHAR(64) NOT NULL,
    payment_id BIGINT,
    at BIGINT NOT NULL,
    PRIMARY KEY (gateway, event_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What was paid for an order: the sum over its payments of captured less refunded, kept with every movement.
CREATE TABLE order_accounts (
    order_id BIGINT NOT NULL,
    due BIGINT NOT NULL,
    paid BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (order_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
