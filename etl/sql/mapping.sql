-- decided --
-- The mapping of a heading set, when an operator has decided it; its stamp changes with every decision.
SELECT id, source, mapping, defaults, "values" AS words, keys, id || '@' || to_char(decided_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS') AS stamp
  FROM support.heading_mapping
 WHERE subdistrict_code = :code AND feed = :feed AND fingerprint = :fingerprint AND decided_at IS NOT NULL;

-- still --
-- Whether a mapping is as it was when a file was read by it.
SELECT EXISTS (
    SELECT FROM support.heading_mapping
     WHERE id || '@' || to_char(decided_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS') = :stamp);

-- note --
-- Headings that nobody knows, for an operator to match.
INSERT INTO support.heading_mapping (subdistrict_code, feed, fingerprint, source, headings, samples, seen_at)
VALUES (:code, :feed, :fingerprint, :source, :headings, CAST(:samples AS jsonb), :now)
ON CONFLICT (subdistrict_code, feed, fingerprint) DO UPDATE SET samples = excluded.samples;

-- select --
-- Headings within sight: those that wait first, then the newest decisions.
SELECT id, feed, source, headings, samples, seen_at, mapping, defaults, "values" AS words, keys, decided_at, decided_by
  FROM support.heading_mapping
 ORDER BY decided_at IS NOT NULL, COALESCE(decided_at, seen_at) DESC;

-- communities --
-- Communities within sight.
SELECT code, name FROM base.community;

-- decide --
-- Save a decision; the one before it is in the audit.
UPDATE support.heading_mapping
   SET mapping = CAST(:mapping AS jsonb), defaults = CAST(:defaults AS jsonb), "values" = CAST(:words AS jsonb), keys = :keys,
       decided_at = :now, decided_by = :actor
 WHERE id = :id;
