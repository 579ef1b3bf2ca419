-- The catalogue of vehicles, and the vehicles of customers.

CREATE TABLE vehicle_brands (
    id INTEGER PRIMARY KEY,
    name_en TEXT NOT NULL,
    name_ar TEXT NOT NULL,
    CONSTRAINT vehicle_brands_name UNIQUE (name_en)
) STRICT;

-- year_to is null while the model is built.
CREATE TABLE vehicle_models (
    id INTEGER PRIMARY KEY,
    brand_id INTEGER NOT NULL,
    name_en TEXT NOT NULL,
    name_ar TEXT NOT NULL,
    year_from INTEGER NOT NULL,
    year_to INTEGER,
    CONSTRAINT vehicle_models_name UNIQUE (brand_id, name_en),
    FOREIGN KEY (brand_id) REFERENCES vehicle_brands (id)
) STRICT;

CREATE TABLE vehicle_trims (
    id INTEGER PRIMARY KEY,
    model_id INTEGER NOT NULL,
    name_en TEXT NOT NULL,
    name_ar TEXT NOT NULL,
    CONSTRAINT vehicle_trims_name UNIQUE (model_id, name_en),
    FOREIGN KEY (model_id) REFERENCES vehicle_models (id)
) STRICT;

-- deleted_at keeps a vehicle readable for the requests that name it.
CREATE TABLE vehicles (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL,
    brand_id INTEGER NOT NULL,
    model_id INTEGER NOT NULL,
    trim_id INTEGER,
    model_year INTEGER NOT NULL,
    vin TEXT,
    custom_name TEXT,
    mileage_km INTEGER,
    engine_type TEXT,
    transmission_type TEXT,
    is_primary INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER,
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    FOREIGN KEY (brand_id) REFERENCES vehicle_brands (id),
    FOREIGN KEY (model_id) REFERENCES vehicle_models (id),
    FOREIGN KEY (trim_id) REFERENCES vehicle_trims (id)
) STRICT;
CREATE INDEX vehicles_of_user ON vehicles (user_id, id);
