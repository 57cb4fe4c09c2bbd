-- feeds --
-- Feeds with their newest event and delivery, and what came of the rows of 30 days.
SELECT feed.name, COALESCE(feed.newest_event_at, feed.last_batch_at) AS newest_at, feed.last_batch_at,
       COALESCE(brought.read, 0) AS read, COALESCE(brought.quarantined, 0) AS quarantined
  FROM support.feed
  LEFT JOIN LATERAL (SELECT sum(read)::bigint AS read, sum(quarantined)::bigint AS quarantined FROM support.batch
                      WHERE batch.subdistrict_code = feed.subdistrict_code AND batch.feed = feed.name
                        AND batch.started_at > cast(:now AS timestamptz) - interval '30 days') AS brought ON true
 WHERE feed.subdistrict_code = :code;
