-- What takes an invoice back, whole: issued with the step that calls a confirmed order off, and never changed. number counts from
-- 1 for each merchant; everything else is the invoice's.
CREATE TABLE credit_notes (
    order_id INTEGER PRIMARY KEY,
    merchant_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    issued_at INTEGER NOT NULL,
    CONSTRAINT credit_notes_number UNIQUE (merchant_id, number)
) STRICT;
