-- Signing in: what ended lately, by time, for the processes that keep it in memory.
CREATE INDEX sessions_by_end ON sessions (revoked_at);
