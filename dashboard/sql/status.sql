-- ping --
-- Whether the database answers.
SELECT 1;

-- snapshot --
-- What this statement may see; as long as it stays the same nothing was written.
SELECT pg_current_snapshot()::text;

-- status --
-- The figures of the whole sub-district; the function is in gis/migrations/versions/m0202.sql.
SELECT communities, compounds, resettlement, apartments, residents, cells, placed, unplaced, quarantined, incidents, incidents_open, requests, resources,
       alerts_open, newest_event_at
  FROM support.status();
