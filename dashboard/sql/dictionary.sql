-- tables --
-- Tables of ours with how many rows they are estimated to have, as of the last ANALYZE; partitions count with their table.
SELECT namespace.nspname || '.' || class.relname AS table_name, obj_description(class.oid, 'pg_class') AS comment, class.relrowsecurity AS guarded,
       NULLIF(CASE WHEN class.relkind = 'p'
                   THEN (SELECT COALESCE(sum(part.reltuples) FILTER (WHERE part.reltuples >= 0), -1)
                           FROM pg_inherits JOIN pg_class AS part ON part.oid = inhrelid WHERE inhparent = class.oid)
                   ELSE class.reltuples END, -1)::bigint AS rows
  FROM pg_class AS class JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
 WHERE namespace.nspname = ANY (:schemas) AND class.relkind IN ('r', 'p') AND NOT class.relispartition
 ORDER BY 1;

-- columns --
-- Columns with type, whether empty is allowed, key, comment, and the share that is empty as of the last ANALYZE.
SELECT namespace.nspname || '.' || class.relname AS table_name, attribute.attname AS name, format_type(attribute.atttypid, attribute.atttypmod) AS type,
       attribute.attnotnull AS required, col_description(class.oid, attribute.attnum) AS comment,
       EXISTS (SELECT FROM pg_index WHERE indrelid = class.oid AND indisprimary AND attribute.attnum = ANY (indkey)) AS key,
       COALESCE(
           (SELECT null_frac FROM pg_stats WHERE schemaname = namespace.nspname AND tablename = class.relname AND attname = attribute.attname LIMIT 1),
           -- a table of partitions is not analysed as a whole: its partitions weigh by their rows
           CASE WHEN class.relkind = 'p' THEN (
               SELECT sum(stats.null_frac * part.reltuples) / NULLIF(sum(part.reltuples), 0)
                 FROM pg_inherits JOIN pg_class AS part ON part.oid = inhrelid AND part.reltuples > 0
                 JOIN pg_stats AS stats ON stats.schemaname = namespace.nspname AND stats.tablename = part.relname AND stats.attname = attribute.attname
                WHERE inhparent = class.oid) END)::float AS empty_share
  FROM pg_class AS class
  JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
  JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attnum > 0 AND NOT attribute.attisdropped
 WHERE namespace.nspname = ANY (:schemas) AND class.relkind IN ('r', 'p') AND NOT class.relispartition
 ORDER BY 1, attribute.attnum;

-- feeds --
-- Feeds with how fresh and how complete they are.
SELECT feed.name, feed.title, feed.expected_every_s, COALESCE(feed.newest_event_at, feed.last_batch_at) AS newest_at, feed.last_batch_at,
       quality.completeness, quality.accepted_share, quality.placed_share, quality.filled_share, quality.measured_at, interface.table_name,
       interface.fields
  FROM support.feed
  LEFT JOIN support.feed_quality AS quality ON quality.subdistrict_code = feed.subdistrict_code AND quality.feed = feed.name
  LEFT JOIN access.interface ON interface.subdistrict_code = feed.subdistrict_code AND interface.key = 'feed:' || feed.name
 WHERE feed.subdistrict_code = :code
 ORDER BY feed.name;
