-- lock_feed --
-- One load of a feed at a time; freed at the end of the transaction.
SELECT pg_advisory_xact_lock(hashtext(:subdistrict_code || '/' || :feed));

-- newest_batch --
-- The newest whole delivery of a feed by file that holds: one that was undone may come again.
SELECT id, content_hash, read, counted, versions
  FROM support.batch
 WHERE subdistrict_code = :subdistrict_code AND feed = :feed AND origin IN ('delivery', 'replay') AND finished_at IS NOT NULL
   AND undone_at IS NULL
 ORDER BY id DESC
 LIMIT 1;

-- open_batch --
-- A batch begins; its counts follow in the same transaction.
INSERT INTO support.batch (subdistrict_code, feed, source, content_hash, actor, versions, started_at, origin, replay_of)
VALUES (:subdistrict_code, :feed, :source, :content_hash, :actor, CAST(:versions AS jsonb), coalesce(:started_at, now()), :origin, :replay_of)
RETURNING id;

-- close_batch --
-- What became of its rows.
UPDATE support.batch
   SET read = :read, loaded = :loaded, unchanged = :unchanged, quarantined = :quarantined, unplaced = :unplaced,
       levels = CAST(:levels AS jsonb), seconds = :seconds, finished_at = :finished_at, counted = :counted, pixels = :pixels
 WHERE id = :id;

-- register_feed --
-- What a feed is called, how it is delivered, how often it is expected.
INSERT INTO support.feed AS feed (subdistrict_code, name, kind, title, expected_every_s, config)
VALUES (:subdistrict_code, :feed, :kind, :title, :expected_every_s, CAST(:config AS jsonb))
ON CONFLICT (subdistrict_code, name) DO UPDATE
   SET kind = excluded.kind, title = excluded.title, expected_every_s = excluded.expected_every_s, config = excluded.config
 WHERE (feed.kind, feed.title, feed.expected_every_s, feed.config) IS DISTINCT FROM
       (excluded.kind, excluded.title, excluded.expected_every_s, excluded.config);

-- note_delivery --
-- How fresh a feed is: the time of its newest event never goes back.
UPDATE support.feed
   SET newest_event_at = greatest(newest_event_at, :newest_event_at), last_batch_at = greatest(last_batch_at, :last_batch_at)
 WHERE subdistrict_code = :subdistrict_code AND name = :feed;

-- tell --
-- Everybody who listens hears of it when the transaction is done.
SELECT support.tell(CAST(:message AS jsonb));

-- gazetteer_version --
-- The newest batch that changed what texts are placed by, and how often people taught or took back a name.
SELECT coalesce(max(batch.id), 0) AS batch,
       (SELECT count(*) + count(withdrawn_at) FROM base.place_alias
         WHERE subdistrict_code = :subdistrict_code AND feed = 'learned') AS learned
  FROM support.batch
  JOIN support.feed ON feed.subdistrict_code = batch.subdistrict_code AND feed.name = batch.feed
 WHERE batch.subdistrict_code = :subdistrict_code AND coalesce(feed.kind, feed.name) = ANY(:feeds) AND loaded > 0 AND undone_at IS NULL;

-- delivered_all --
-- Every row of a feed as last delivered, its hash and then its key, a few thousand of them joined in each block.
SELECT string_agg(encode(row_hash, 'hex') || source_key, :end)
  FROM support.delivered
 WHERE subdistrict_code = :subdistrict_code AND feed = :feed
 GROUP BY hashtext(source_key) & 255;

-- delivered_some --
-- Some rows of a feed as last delivered.
SELECT source_key, row_hash FROM support.delivered
 WHERE subdistrict_code = :subdistrict_code AND feed = :feed AND source_key = ANY(:keys);

-- batches --
-- The ledger, newest first.
SELECT batch.id, batch.feed, coalesce(feed.title, batch.feed) AS title, coalesce(feed.kind, batch.feed) AS kind, source, content_hash, origin,
       read, counted, loaded, unchanged, quarantined, unplaced, levels, seconds, actor, versions, started_at, finished_at, undone_at, undone_by,
       replay_of, pixels
  FROM support.batch
  LEFT JOIN support.feed ON feed.subdistrict_code = batch.subdistrict_code AND feed.name = batch.feed
 WHERE batch.subdistrict_code = :subdistrict_code AND (:feed = '' OR batch.feed = :feed) AND (:reports OR origin <> 'report')
 ORDER BY batch.id DESC
 LIMIT :most;
