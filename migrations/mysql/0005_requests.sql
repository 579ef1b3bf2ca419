-- What customers ask for. Before publishing this is the draft; afterwards the journal says how it goes.

-- images is a JSON array, rules a JSON object. opens_at is null for "at once". brand_id and model_id repeat the vehicle's,
-- and invite_only the rules' so that lists filter without reading them.
CREATE TABLE part_requests (
    id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    vehicle_id BIGINT NOT NULL,
    brand_id BIGINT NOT NULL,
    model_id BIGINT NOT NULL,
    title VARCHAR(320) NOT NULL,
    description LONGTEXT NOT NULL,
    urgency VARCHAR(16) NOT NULL,
    preferred_pickup LONGTEXT,
    budget_min BIGINT,
    budget_max BIGINT,
    images LONGTEXT NOT NULL,
    rules LONGTEXT NOT NULL,
    invite_only BIGINT NOT NULL,
    bidding_duration_s BIGINT NOT NULL,
    opens_at BIGINT,
    published_at BIGINT,
    cancelled_at BIGINT,
    repost_of BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX part_requests_of_customer ON part_requests (customer_id, id);
CREATE INDEX part_requests_of_brand ON part_requests (brand_id, id);

-- images is a JSON array. part_condition is null where any will do; prices are halalas.
CREATE TABLE part_request_items (
    id BIGINT NOT NULL,
    request_id BIGINT NOT NULL,
    line_no BIGINT NOT NULL,
    part_name VARCHAR(240) NOT NULL,
    part_number VARCHAR(128),
    quantity BIGINT NOT NULL,
    part_condition VARCHAR(32),
    description LONGTEXT,
    images LONGTEXT NOT NULL,
    estimated_price BIGINT,
    PRIMARY KEY (id),
    CONSTRAINT part_request_items_line UNIQUE (request_id, line_no),
    FOREIGN KEY (request_id) REFERENCES part_requests (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Merchants who were asked by name.
CREATE TABLE request_invites (
    request_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    invited_at BIGINT NOT NULL,
    PRIMARY KEY (request_id, merchant_id),
    FOREIGN KEY (request_id) REFERENCES part_requests (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX request_invites_of_merchant ON request_invites (merchant_id, request_id);
