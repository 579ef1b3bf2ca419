-- The catalogue of vehicles, and the vehicles of customers.

CREATE TABLE vehicle_brands (
    id BIGINT NOT NULL,
    name_en VARCHAR(64) NOT NULL,
    name_ar VARCHAR(64) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT vehicle_brands_name UNIQUE (name_en)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- year_to is null while the model is built.
CREATE TABLE vehicle_models (
    id BIGINT NOT NULL,
    brand_id BIGINT NOT NULL,
    name_en VARCHAR(64) NOT NULL,
    name_ar VARCHAR(64) NOT NULL,
    year_from BIGINT NOT NULL,
    year_to BIGINT,
    PRIMARY KEY (id),
    CONSTRAINT vehicle_models_name UNIQUE (brand_id, name_en),
    FOREIGN KEY (brand_id) REFERENCES vehicle_brands (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE vehicle_trims (
    id BIGINT NOT NULL,
    model_id BIGINT NOT NULL,
    name_en VARCHAR(64) NOT NULL,
    name_ar VARCHAR(64) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT vehicle_trims_name UNIQUE (model_id, name_en),
    FOREIGN KEY (model_id) REFERENCES vehicle_models (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- deleted_at keeps a vehicle readable for the requests that name it.
CREATE TABLE vehicles (
    id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    brand_id BIGINT NOT NULL,
    model_id BIGINT NOT NULL,
    trim_id BIGINT,
    model_year BIGINT NOT NULL,
    vin VARCHAR(17),
    custom_name VARCHAR(240),
    mileage_km BIGINT,
    engine_type VARCHAR(64),
    transmission_type VARCHAR(64),
    is_primary BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT,
    PRIMARY KEY (id),
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    FOREIGN KEY (brand_id) REFERENCES vehicle_brands (id),
    FOREIGN KEY (model_id) REFERENCES vehicle_models (id),
    FOREIGN KEY (trim_id) REFERENCES vehicle_trims (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX vehicles_of_user ON vehicles (user_id, id);
