-- ping --
-- Whether the database answers.
SELECT 1;

-- key --
-- Whether the big tables changed since they were counted.
SELECT key, snapshot, settled FROM support.status_key();

-- counts --
-- Residents, incidents and requests; the function is in gis/migrations/versions/m0205.sql.
SELECT residents, incidents, incidents_open, requests, placed, total FROM support.status_counts();

-- places --
-- Everything that is cheap to count.
SELECT communities, compounds, resettlement, apartments, cells, quarantined, resources, resources_placed, alerts_open, newest_event_at
  FROM support.status_places();
