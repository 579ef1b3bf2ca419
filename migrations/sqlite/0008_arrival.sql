-- The journal in the order of arrival. Keyed by auction, a group of fifty entries dirtied fifty pages; at the end of the
-- table they share eight. docs/decisions/0007 has the figures.

-- pos is the place, given by the application and rising. prev is the place of the auction's entry before; 0 before the first.
-- Entries are found backwards, from the head or from a 64th entry. The fence is prev: it is read from a head that stands one
-- entry before, and is NULL, which is refused, where none does.
CREATE TABLE auction_events_by_arrival (
    pos INTEGER PRIMARY KEY,
    prev INTEGER NOT NULL,
    auction_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    hash BLOB NOT NULL
) STRICT;

INSERT INTO auction_events_by_arrival (pos, prev, auction_id, seq, at, kind, payload, hash)
SELECT pos, COALESCE(LAG(pos) OVER (PARTITION BY auction_id ORDER BY seq), 0), auction_id, seq, at, kind, payload, hash
FROM (
    SELECT ROW_NUMBER() OVER (ORDER BY at, auction_id, seq) AS pos, auction_id, seq, at, kind, payload, hash
    FROM auction_events
)
ORDER BY pos;

-- The place of the last entry.
ALTER TABLE auction_heads ADD COLUMN position INTEGER;
UPDATE auction_heads SET position = e.pos
FROM auction_events_by_arrival e
WHERE e.auction_id = auction_heads.auction_id AND e.seq = auction_heads.seq;

DROP TABLE auction_events;
ALTER TABLE auction_events_by_arrival RENAME TO auction_events;

-- Every 64th entry of an auction, so that a page of a long journal is found without walking all of it: an index of all entries
-- would dirty a page for each.
CREATE UNIQUE INDEX auction_events_milestones ON auction_events (auction_id, seq) WHERE seq % 64 = 0;
