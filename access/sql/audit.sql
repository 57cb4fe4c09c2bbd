-- select_audit --
-- The newest entries before :before, those that mention :sought when it is given; row-level security decides who reads any.
SELECT id, at, actor, action, table_name, record_id, changes
  FROM access.audit
 WHERE id < :before
   AND (CAST(:sought AS text) IS NULL OR actor ILIKE :sought OR action ILIKE :sought OR table_name ILIKE :sought
        OR record_id ILIKE :sought OR changes::text ILIKE :sought)
 ORDER BY id DESC
 LIMIT :limit;

-- act_as --
-- Who writes in this transaction, for triggers and events.
SELECT set_config('fengqiao.session', :session_id, true), set_config('fengqiao.actor', :actor, true);

-- note_event --
-- Something happened that is not the change of one row.
SELECT access.note_event(:action, CAST(:changes AS jsonb));
