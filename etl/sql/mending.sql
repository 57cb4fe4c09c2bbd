-- feed --
-- How a feed's files are read.
SELECT coalesce(kind, name) AS kind, name AS feed, title, expected_every_s, config
  FROM support.feed WHERE subdistrict_code = :code AND name = :feed;

-- waiting --
-- Bad rows that wait to be mended, in the order they came.
SELECT quarantine.id, batch_id, row_number, row_hash, raw, sealed, headings, reasons, quarantined_at, batch.versions ->> 'config' AS config,
       batch.source
  FROM support.quarantine
  JOIN support.batch ON batch.id = quarantine.batch_id
 WHERE quarantine.subdistrict_code = :code AND quarantine.feed = :feed AND released_at IS NULL
   AND (CAST(:ids AS bigint[]) IS NULL OR quarantine.id = ANY(CAST(:ids AS bigint[])))
 ORDER BY batch_id, row_number, quarantine.id
 LIMIT CAST(:limit AS bigint);

-- feeds_waiting --
-- Feeds with rows in quarantine, and how many.
SELECT quarantine.feed, coalesce(feed.title, quarantine.feed) AS title, count(*) AS rows, min(quarantined_at) AS since
  FROM support.quarantine
  LEFT JOIN support.feed ON feed.subdistrict_code = quarantine.subdistrict_code AND feed.name = quarantine.feed
 WHERE quarantine.subdistrict_code = :code AND released_at IS NULL
 GROUP BY quarantine.feed, feed.title
 ORDER BY count(*) DESC, quarantine.feed;

-- reasons_waiting --
-- Rows in quarantine by feed and reason; a row with several counts at each.
SELECT feed, reason, count(*) AS rows
  FROM support.quarantine, unnest(reasons) AS reason
 WHERE subdistrict_code = :code AND released_at IS NULL
 GROUP BY feed, reason
 ORDER BY count(*) DESC, feed, reason;

-- release --
-- Rows that passed leave the quarantine.
UPDATE support.quarantine SET released_at = :now, released_batch_id = :batch_id
 WHERE id = ANY(CAST(:ids AS bigint[])) AND released_at IS NULL;

-- replace --
-- Rows that were mended and did not pass are followed by what they are now.
UPDATE support.quarantine AS former
   SET released_at = :now, released_batch_id = :batch_id, replaced_by = latter.id
  FROM unnest(CAST(:ids AS bigint[]), CAST(:numbers AS integer[])) AS mended(id, row_number)
  JOIN support.quarantine AS latter ON latter.batch_id = :batch_id AND latter.row_number = mended.row_number
 WHERE former.id = mended.id AND former.released_at IS NULL;
