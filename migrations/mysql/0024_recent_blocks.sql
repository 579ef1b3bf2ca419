-- Processes ask what was blocked since they last looked.
CREATE INDEX merchant_blocks_by_time ON merchant_blocks (created_at);
