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
