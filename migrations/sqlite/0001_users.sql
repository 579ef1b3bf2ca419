-- Accounts and their profiles. Times are microseconds since the Unix epoch, flags are 0 or 1.

-- Everybody with an account. kind: customer, merchant or admin. The phone is E.164, the e-mail lower case.
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    email TEXT,
    password_hash TEXT NOT NULL,
    locale TEXT NOT NULL,
    phone_verified_at INTEGER,
    suspended_at INTEGER,
    suspended_reason TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT users_phone UNIQUE (phone),
    CONSTRAINT users_email UNIQUE (email)
) STRICT;

-- default_location and preferences are JSON objects.
CREATE TABLE customer_profiles (
    user_id INTEGER PRIMARY KEY,
    national_address TEXT,
    default_location TEXT,
    preferences TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;

-- The lists are JSON arrays, business_hours is a JSON object. rating_sum_milli over rated_orders are the raw stars of
-- the last 24 months; rating_milli is the smoothed rating of the rules, in thousandths of a star.
CREATE TABLE merchant_profiles (
    user_id INTEGER PRIMARY KEY,
    business_name TEXT NOT NULL,
    business_license TEXT,
    specializations TEXT NOT NULL,
    business_hours TEXT NOT NULL,
    service_areas TEXT NOT NULL,
    verification_documents TEXT NOT NULL,
    verified_at INTEGER,
    verified_by INTEGER,
    rejected_at INTEGER,
    rejected_reason TEXT,
    rating_sum_milli INTEGER NOT NULL,
    rating_milli INTEGER NOT NULL,
    rated_orders INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;

-- Merchants whom a customer does not want to hear from.
CREATE TABLE merchant_blocks (
    customer_id INTEGER NOT NULL,
    merchant_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (customer_id, merchant_id)
) STRICT, WITHOUT ROWID;
