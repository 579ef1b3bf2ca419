-- What people are told. A notice is written in the transaction that made it true; how it reaches them is decided and done later.

-- kind and facts are a Notice of domain/notice.rs: ids, numbers and words alone, no text of anybody. request_id and order_id repeat
-- what facts say. once keeps a notice from being written twice; null where the transaction itself does. state: new (nobody
-- decided yet by which channels it goes), planned. place rises for each person, in the order in which notices came into the list:
-- ids are minted before they commit, so a lower id may come later, and a reader that goes on behind an id would never see it.
-- Null until planned, and for good where a notice is not listed (a digest).
CREATE TABLE notices (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    facts TEXT NOT NULL,
    request_id INTEGER,
    order_id INTEGER,
    once TEXT,
    state TEXT NOT NULL,
    place INTEGER,
    created_at INTEGER NOT NULL,
    read_at INTEGER,
    CONSTRAINT notices_once UNIQUE (user_id, once),
    CONSTRAINT notices_place UNIQUE (user_id, place)
) STRICT;
CREATE INDEX notices_unread ON notices (user_id, read_at, place);
CREATE INDEX notices_by_state ON notices (state, id);
CREATE INDEX notices_by_age ON notices (created_at);

-- One for each channel, and for each device of push, by which a notice goes out; device_id is 0 elsewhere. state: held (for a
-- digest), waiting, sending, sent, dead. claimed_until: until when one sender has it. provider_ref is the provider's own id of the message.
CREATE TABLE notice_deliveries (
    notice_id INTEGER NOT NULL,
    channel TEXT NOT NULL,
    device_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    claimed_until INTEGER,
    provider TEXT,
    provider_ref TEXT,
    fault TEXT,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (notice_id, channel, device_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_deliveries_due ON notice_deliveries (state, due_at);
CREATE INDEX notice_deliveries_of_channel ON notice_deliveries (channel, state, due_at);
CREATE INDEX notice_deliveries_of_user ON notice_deliveries (user_id, state);

-- Devices to which is pushed. platform: web (address is the endpoint of a subscription, p256dh and auth its keys) or fcm (address is
-- the registration token). address_digest finds a device that comes again, whoever signs in on it.
CREATE TABLE devices (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL,
    platform TEXT NOT NULL,
    address TEXT NOT NULL,
    address_digest BLOB NOT NULL,
    p256dh BLOB,
    auth BLOB,
    name TEXT,
    created_at INTEGER NOT NULL,
    last_sent_at INTEGER,
    CONSTRAINT devices_address UNIQUE (address_digest),
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX devices_of_user ON devices (user_id, id);

-- Where somebody differs from the usual: wanted is 0 or 1.
CREATE TABLE notice_preferences (
    user_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    wanted INTEGER NOT NULL,
    PRIMARY KEY (user_id, kind, channel),
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- quiet_from and quiet_to are minutes of the day in Riyadh, null where no hour is quiet. digest: off, hourly or daily.
CREATE TABLE notice_settings (
    user_id INTEGER PRIMARY KEY,
    quiet_from INTEGER,
    quiet_to INTEGER,
    digest TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;

-- Requests of which many merchants are to hear, and how far that has come: all with ids up to after_user were told.
CREATE TABLE announcements (
    request_id INTEGER NOT NULL,
    ring INTEGER NOT NULL,
    after_user INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (request_id, ring)
) STRICT, WITHOUT ROWID;

-- What was last told of an auction, so that notices are the difference to how it stands: see docs/decisions/0025. told is JSON.
-- done is 1 once nothing can follow.
CREATE TABLE auction_told (
    auction_id INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    told TEXT NOT NULL,
    done INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX auction_told_open ON auction_told (done, auction_id);
