-- Whom a request is for, and what merchants ask about it.

-- city is where the car is, as it was written, and city_key the form in which two spellings of a city are equal. part_groups
-- are the groups of the items, separated by blanks; null where an item has none, which every merchant may deal in. ring is how
-- far the circle of merchants reaches by now; null until it is widened.
ALTER TABLE part_requests ADD COLUMN city TEXT;
ALTER TABLE part_requests ADD COLUMN city_key TEXT;
ALTER TABLE part_requests ADD COLUMN part_groups TEXT;
ALTER TABLE part_requests ADD COLUMN ring INTEGER;
ALTER TABLE part_request_items ADD COLUMN part_group TEXT;

-- alias is what the merchant is called in the questions of this request; it has nothing to do with the alias of its bid.
CREATE TABLE request_questions (
    id INTEGER PRIMARY KEY,
    request_id INTEGER NOT NULL,
    merchant_id INTEGER NOT NULL,
    alias INTEGER NOT NULL,
    question TEXT NOT NULL,
    answer TEXT,
    asked_at INTEGER NOT NULL,
    answered_at INTEGER,
    FOREIGN KEY (request_id) REFERENCES part_requests (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX request_questions_of_request ON request_questions (request_id, id);
CREATE INDEX request_questions_of_merchant ON request_questions (merchant_id, id);
