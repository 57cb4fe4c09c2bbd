-- select_audit --
-- The newest entries before :before, those that mention :sought when it is given; row-level security decides who reads any.
SELECT id, at, actor, action, table_name, record_id, changes
  FROM access.audit
 WHERE id < :before
   AND (CAST(:sought AS text) IS NULL OR actor ILIKE :sought OR action ILIKE :sought OR table_name ILIKE :sought
        OR record_id ILIKE :sought OR changes::text ILIKE :sought)
 ORDER BY id DESC
 LIMIT :limit;
