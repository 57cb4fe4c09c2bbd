-- later --
-- A later delivery of the same feed that brought rows and holds.
SELECT id FROM support.batch
 WHERE subdistrict_code = :code AND feed = :feed AND id > :batch_id AND undone_at IS NULL AND loaded + unplaced > 0
   AND origin IN ('delivery', 'replay') AND replay_of IS DISTINCT FROM :batch_id
 ORDER BY id LIMIT 1;
