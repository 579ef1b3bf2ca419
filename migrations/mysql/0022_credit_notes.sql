-- What takes an invoice back, whole: issued with the step that calls a confirmed order off, and never changed. number counts from
-- 1 for each merchant; everything else is the invoice's.
CREATE TABLE credit_notes (
    order_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    issued_at BIGINT NOT NULL,
    PRIMARY KEY (order_id),
    CONSTRAINT credit_notes_number UNIQUE (merchant_id, number)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
