-- feeds --
-- Feeds that are registered.
SELECT name, kind, title, expected_every_s FROM support.feed WHERE subdistrict_code = :code ORDER BY name;

-- delivered --
-- The last delivery of a feed by file that stands and brought something.
SELECT batch.id, batch.feed, coalesce(feed.kind, feed.name) AS kind, feed.title, feed.expected_every_s, batch.source, batch.content_hash, batch.versions,
       batch.finished_at
  FROM support.batch
  JOIN support.feed ON feed.subdistrict_code = batch.subdistrict_code AND feed.name = batch.feed
 WHERE batch.subdistrict_code = :code AND batch.feed = :feed AND batch.origin = 'delivery' AND batch.content_hash IS NOT NULL AND batch.undone_at IS NULL
   AND batch.loaded + batch.unplaced + batch.quarantined > 0
 ORDER BY batch.id DESC
 LIMIT 1;

-- note_quality --
-- How complete a feed is: what was accepted of the last 30 days' deliveries, and what the newest records hold.
WITH brought AS (
    SELECT COALESCE(sum(read), 0) AS read, sum(quarantined)::float / NULLIF(sum(read), 0) AS refused,
           sum(unplaced)::float / NULLIF(sum(loaded) + sum(unplaced), 0) AS unplaced
      FROM support.batch
     WHERE subdistrict_code = :code AND feed = :feed AND undone_at IS NULL AND finished_at > cast(:now AS timestamptz) - interval '30 days'
       AND finished_at <= :now
)
INSERT INTO support.feed_quality AS quality (subdistrict_code, feed, measured_at, read, accepted_share, placed_share, filled_share, required_share, completeness)
SELECT :code, :feed, :now, read, 1 - refused, 1 - unplaced, cast(:filled AS float), cast(:required AS float),
       (1 - refused) * COALESCE(cast(:required AS float), 1)
  FROM brought
ON CONFLICT (subdistrict_code, feed) DO UPDATE
   SET measured_at = excluded.measured_at, read = excluded.read, accepted_share = excluded.accepted_share, placed_share = excluded.placed_share,
       filled_share = excluded.filled_share, required_share = excluded.required_share, completeness = excluded.completeness;
