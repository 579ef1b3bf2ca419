-- Accounts and their profiles. Times are microseconds since the Unix epoch, flags are 0 or 1.

-- Everybody with an account. kind: customer, merchant or admin. The phone is E.164, the e-mail lower case.
CREATE TABLE users (
    id BIGINT NOT NULL,
    kind VARCHAR(16) NOT NULL,
    name VARCHAR(240) NOT NULL,
    phone VARCHAR(32) NOT NULL,
    email VARCHAR(320),
    password_hash VARCHAR(255) NOT NULL,
    locale VARCHAR(8) NOT NULL,
    phone_verified_at BIGINT,
    suspended_at BIGINT,
    suspended_reason LONGTEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT users_phone UNIQUE (phone),
    CONSTRAINT users_email UNIQUE (email)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- default_location and preferences are JSON objects.
CREATE TABLE customer_profiles (
    user_id BIGINT NOT NULL,
    national_address LONGTEXT,
    default_location LONGTEXT,
    preferences LONGTEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (user_id),
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The lists are JSON arrays, business_hours is a JSON object. rating_sum_milli over rated_orders are the raw stars of
-- the last 24 months; rating_milli is the smoothed rating of the rules, in thousandths of a star.
CREATE TABLE merchant_profiles (
    user_id BIGINT NOT NULL,
    business_name VARCHAR(240) NOT NULL,
    business_license VARCHAR(128),
    specializations LONGTEXT NOT NULL,
    business_hours LONGTEXT NOT NULL,
    service_areas LONGTEXT NOT NULL,
    verification_documents LONGTEXT NOT NULL,
    verified_at BIGINT,
    verified_by BIGINT,
    rejected_at BIGINT,
    rejected_reason LONGTEXT,
    rating_sum_milli BIGINT NOT NULL,
    rating_milli BIGINT NOT NULL,
    rated_orders BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (user_id),
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Merchants whom a customer does not want to hear from.
CREATE TABLE merchant_blocks (
    customer_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, merchant_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
