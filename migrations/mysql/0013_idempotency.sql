-- Who runs a call now: changes with every attempt, so an attempt that was given up cannot store its answer.
ALTER TABLE idempotency_keys ADD COLUMN claim BIGINT;
