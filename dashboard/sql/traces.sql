-- by_batch --
-- How many records came in which batch, newest first; the records are those of a statement of figures.sql.
WITH traced AS ({records}), counted AS (
    SELECT batch_id, count(*) AS records FROM traced GROUP BY batch_id
)
SELECT counted.batch_id, counted.records, batch.feed, batch.source, batch.started_at, batch.finished_at, batch.versions, batch.actor
  FROM counted LEFT JOIN support.batch ON batch.id = counted.batch_id
 ORDER BY counted.batch_id DESC NULLS LAST;

-- rows --
-- The records themselves, newest first, within the rights of who asks; the records are those of a statement of figures.sql.
WITH traced AS ({records})
SELECT table_name, id, source_key, feed, batch_id, at, community_code, status
  FROM traced
 ORDER BY at DESC NULLS LAST, table_name, id DESC, source_key
 LIMIT :limit OFFSET :offset;

-- readable --
-- How many of the records who asks may read; the records are those of a statement of figures.sql.
WITH traced AS ({records}) SELECT count(*) FROM traced;

-- feeds --
-- How old the feeds of these names or kinds are: a register without events is as old as its newest delivery.
SELECT name, title, expected_every_s, COALESCE(newest_event_at, last_batch_at) AS newest_at, last_batch_at
  FROM support.feed WHERE subdistrict_code = :code AND (name = ANY (:feeds) OR kind = ANY (:feeds)) ORDER BY name;
