-- Invoices of confirmed orders, and reminders of what runs out.

-- 15 digits beginning and ending with 3, or null where the merchant is not registered for VAT.
ALTER TABLE merchant_profiles ADD COLUMN vat_number VARCHAR(16);

-- Never changed: the seller as it was when the order was confirmed. number counts from 1 for each merchant.
CREATE TABLE invoices (
    order_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    seller_name VARCHAR(240) NOT NULL,
    seller_license VARCHAR(64),
    seller_vat_number VARCHAR(16),
    issued_at BIGINT NOT NULL,
    PRIMARY KEY (order_id),
    CONSTRAINT invoices_number UNIQUE (merchant_id, number)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- kind: review (subject is a request, its customer is to choose) or confirmation (subject is an order, its merchant is to
-- confirm). Written once for each time that runs out and each percentage of it; ids rise with time.
CREATE TABLE reminders (
    id BIGINT NOT NULL,
    kind VARCHAR(16) NOT NULL,
    subject BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    percent BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT reminders_once UNIQUE (subject, until_at, percent)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
