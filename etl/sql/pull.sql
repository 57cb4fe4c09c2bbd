-- register --
-- How a feed is pulled, due at once when that is new; another entry forgets what the answers of the old one were known by.
INSERT INTO support.pull AS pull (subdistrict_code, feed, entry, every_s)
VALUES (:code, :feed, CAST(:entry AS jsonb), :every_s)
ON CONFLICT (subdistrict_code, feed) DO UPDATE
   SET entry = excluded.entry, every_s = excluded.every_s, etag = NULL, last_modified = NULL, next_at = now()
 WHERE pull.entry IS DISTINCT FROM excluded.entry;

-- due --
-- Pulls whose time has come, the longest overdue first.
SELECT subdistrict_code, feed FROM support.pull WHERE next_at <= :now ORDER BY next_at;

-- state --
-- How a feed is pulled and what its last answer was known by.
SELECT entry, every_s, etag, last_modified, failures FROM support.pull WHERE subdistrict_code = :code AND feed = :feed;

-- succeeded --
-- The other system answered, with news or without.
UPDATE support.pull
   SET etag = :etag, last_modified = :last_modified, asked_at = :now, succeeded_at = :now, next_at = :next_at, failures = 0, fault = ''
 WHERE subdistrict_code = :code AND feed = :feed;

-- failed --
-- The other system did not answer, or what it sent could not be loaded.
UPDATE support.pull
   SET asked_at = :now, next_at = :next_at, failures = failures + 1, fault = :fault
 WHERE subdistrict_code = :code AND feed = :feed;
