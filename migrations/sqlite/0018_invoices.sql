-- Invoices of confirmed orders, and reminders of what runs out.

-- 15 digits beginning and ending with 3, or null where the merchant is not registered for VAT.
ALTER TABLE merchant_profiles ADD COLUMN vat_number TEXT;

-- Never changed: the seller as it was when the order was confirmed. number counts from 1 for each merchant.
CREATE TABLE invoices (
    order_id INTEGER PRIMARY KEY,
    merchant_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    seller_name TEXT NOT NULL,
    seller_license TEXT,
    seller_vat_number TEXT,
    issued_at INTEGER NOT NULL,
    CONSTRAINT invoices_number UNIQUE (merchant_id, number)
) STRICT;

-- kind: review (subject is a request, its customer is to choose) or confirmation (subject is an order, its merchant is to
-- confirm). Written once for each time that runs out and each percentage of it; ids rise with time.
CREATE TABLE reminders (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    subject INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    percent INTEGER NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT reminders_once UNIQUE (subject, until_at, percent)
) STRICT;
