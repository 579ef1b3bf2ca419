-- What people are told. A notice is written in the transaction that made it true; how it reaches them is decided and done later.

-- kind and facts are a Notice of domain/notice.rs: ids, numbers and words alone, no text of anybody. request_id and order_id repeat
-- what facts say. once keeps a notice from being written twice; null where the transaction itself does. state: new (nobody
-- decided yet by which channels it goes), planned. place rises for each person, in the order in which notices came into the list:
-- ids are minted before they commit, so a lower id may come later, and a reader that goes on behind an id would never see it.
-- Null until planned, and for good where a notice is not listed (a digest).
CREATE TABLE notices (
    id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    kind VARCHAR(32) NOT NULL,
    facts LONGTEXT NOT NULL,
    request_id BIGINT,
    order_id BIGINT,
    once VARCHAR(96),
    state VARCHAR(16) NOT NULL,
    place BIGINT,
    created_at BIGINT NOT NULL,
    read_at BIGINT,
    PRIMARY KEY (id),
    CONSTRAINT notices_once UNIQUE (user_id, once),
    CONSTRAINT notices_place UNIQUE (user_id, place)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX notices_unread ON notices (user_id, read_at, place);
CREATE INDEX notices_by_state ON notices (state, id);
CREATE INDEX notices_by_age ON notices (created_at);

-- One for each channel, and for each device of push, by which a notice goes out; device_id is 0 elsewhere. state: held (for a
-- digest), waiting, sending, sent, dead. claimed_until: until when one sender has it. provider_ref is the provider's own id of the message.
CREATE TABLE notice_deliveries (
    notice_id BIGINT NOT NULL,
    channel VARCHAR(16) NOT NULL,
    device_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    state VARCHAR(16) NOT NULL,
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    claimed_until BIGINT,
    provider VARCHAR(32),
    provider_ref VARCHAR(128),
    fault VARCHAR(200),
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (notice_id, channel, device_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX notice_deliveries_due ON notice_deliveries (state, due_at);
CREATE INDEX notice_deliveries_of_channel ON notice_deliveries (channel, state, due_at);
CREATE INDEX notice_deliveries_of_user ON notice_deliveries (user_id, state);

-- Devices to which is pushed. platform: web (address is the endpoint of a subscription, p256dh and auth its keys) or fcm (address is
-- the registration token). address_digest finds a device that comes again, whoever signs in on it.
CREATE TABLE devices (
    id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    platform VARCHAR(16) NOT NULL,
    address VARCHAR(2000) NOT NULL,
    address_digest BINARY(32) NOT NULL,
    p256dh BINARY(65),
    auth BINARY(16),
    name VARCHAR(100),
    created_at BIGINT NOT NULL,
    last_sent_at BIGINT,
    PRIMARY KEY (id),
    CONSTRAINT devices_address UNIQUE (address_digest),
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX devices_of_user ON devices (user_id, id);

-- Where somebody differs from the usual: wanted is 0 or 1.
CREATE TABLE notice_preferences (
    user_id BIGINT NOT NULL,
    kind VARCHAR(32) NOT NULL,
    channel VARCHAR(16) NOT NULL,
    wanted BIGINT NOT NULL,
    PRIMARY KEY (user_id, kind, channel),
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- quiet_from and quiet_to are minutes of the day in Riyadh, null where no hour is quiet. digest: off, hourly or daily.
CREATE TABLE notice_settings (
    user_id BIGINT NOT NULL,
    quiet_from BIGINT,
    quiet_to BIGINT,
    digest VARCHAR(16) NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (user_id),
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Requests of which many merchants are to hear, and how far that has come: all with ids up to after_user were told.
CREATE TABLE announcements (
    request_id BIGINT NOT NULL,
    ring BIGINT NOT NULL,
    after_user BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (request_id, ring)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What was last told of an auction, so that notices are the difference to how it stands: see docs/decisions/0025. told is JSON.
-- done is 1 once nothing can follow.
CREATE TABLE auction_told (
    auction_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    told LONGTEXT NOT NULL,
    done BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (auction_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX auction_told_open ON auction_told (done, auction_id);
