-- What customers ask for. Before publishing this is the draft; afterwards the journal says how it goes.

-- images is a JSON array, rules a JSON object. opens_at is null for "at once". brand_id and model_id repeat the vehicle's,
-- and invite_only the rules' so that lists filter without reading them.
CREATE TABLE part_requests (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL,
    vehicle_id INTEGER NOT NULL,
    brand_id INTEGER NOT NULL,
    model_id INTEGER NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    urgency TEXT NOT NULL,
    preferred_pickup TEXT,
    budget_min INTEGER,
    budget_max INTEGER,
    images TEXT NOT NULL,
    rules TEXT NOT NULL,
    invite_only INTEGER NOT NULL,
    bidding_duration_s INTEGER NOT NULL,
    opens_at INTEGER,
    published_at INTEGER,
    cancelled_at INTEGER,
    repost_of INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    FOREIGN KEY (customer_id) REFERENCES users (id)
) STRICT;
CREATE INDEX part_requests_of_customer ON part_requests (customer_id, id);
CREATE INDEX part_requests_of_brand ON part_requests (brand_id, id);

-- images is a JSON array. part_condition is null where any will do; prices are halalas.
CREATE TABLE part_request_items (
    id INTEGER PRIMARY KEY,
    request_id INTEGER NOT NULL,
    line_no INTEGER NOT NULL,
    part_name TEXT NOT NULL,
    part_number TEXT,
    quantity INTEGER NOT NULL,
    part_condition TEXT,
    description TEXT,
    images TEXT NOT NULL,
    estimated_price INTEGER,
    CONSTRAINT part_request_items_line UNIQUE (request_id, line_no),
    FOREIGN KEY (request_id) REFERENCES part_requests (id) ON DELETE CASCADE
) STRICT;

-- Merchants who were asked by name.
CREATE TABLE request_invites (
    request_id INTEGER NOT NULL,
    merchant_id INTEGER NOT NULL,
    invited_at INTEGER NOT NULL,
    PRIMARY KEY (request_id, merchant_id),
    FOREIGN KEY (request_id) REFERENCES part_requests (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX request_invites_of_merchant ON request_invites (merchant_id, request_id);
