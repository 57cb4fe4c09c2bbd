-- incident_days --
-- Rows of topic.incident_day: incidents on the map per cell of resolution 11, local day, community, work grid and category; those
-- withdrawn and the sensitive kinds left out. What is put beside the table keeps to the cells and days that changed.
SELECT base.cell_parent(incident.cell, 5) AS region, subdistrict_code, incident.cell, 11 AS resolution,
       (reported_at AT TIME ZONE :timezone)::date AS day,
       COALESCE(community_code, '') AS community_code, COALESCE(work_grid_id, 0) AS work_grid_id, category, count(*) AS reported
  FROM base.incident {touched}
 WHERE subdistrict_code = :code AND placement = 'placed' AND status <> 'withdrawn' AND subcategory <> ALL (:sensitive)
 GROUP BY 2, 3, 5, 6, 7, 8;

-- incidents_open --
-- Rows of topic.incident_open: incidents on the map that wait to be closed, per cell of resolution 11, community, work grid, category
-- and grade.
SELECT base.cell_parent(cell, 5) AS region, subdistrict_code, cell, 11 AS resolution, COALESCE(community_code, '') AS community_code,
       COALESCE(work_grid_id, 0) AS work_grid_id, category, grade, count(*) AS open
  FROM base.incident
 WHERE subdistrict_code = :code AND placement = 'placed' AND status NOT IN ('closed', 'withdrawn') AND subcategory <> ALL (:sensitive)
   AND (CAST(:cells AS bigint[]) IS NULL OR cell = ANY (CAST(:cells AS bigint[])))
 GROUP BY 2, 3, 5, 6, 7, 8;

-- touched --
-- Joins to incidents the cells and local days that changed: a few records of each are read by the index on cell and event time.
JOIN unnest(CAST(:cells AS bigint[]), CAST(:days AS date[])) AS touched (cell, day)
  ON incident.cell = touched.cell
 AND reported_at >= CAST(touched.day AS timestamp) AT TIME ZONE :timezone
 AND reported_at < CAST(touched.day + 1 AS timestamp) AT TIME ZONE :timezone;

-- changed_by_batch --
-- Cells of resolution 11 that incidents of a batch lie in or lay in before it, with the local days of their event times.
SELECT DISTINCT cell, (reported_at AT TIME ZONE :timezone)::date AS day
  FROM (SELECT cell, reported_at FROM base.incident
         WHERE subdistrict_code = :code AND batch_id = :batch_id AND cell IS NOT NULL
        UNION ALL
        SELECT (record ->> 'cell')::bigint, incident.reported_at
          FROM support.record_version
          JOIN base.incident ON incident.id = record_version.record_id AND incident.batch_id = :batch_id
         WHERE table_name = 'base.incident' AND record_version.recorded_to = incident.recorded_from AND record ->> 'cell' IS NOT NULL
       ) AS changed;

-- changed_incident --
-- Cells of resolution 11 that one incident lies in and ever lay in, with the local day of its event time.
SELECT DISTINCT cell, (reported_at AT TIME ZONE :timezone)::date AS day
  FROM (SELECT cell, reported_at FROM base.incident WHERE id = :id AND cell IS NOT NULL
        UNION ALL
        SELECT (record ->> 'cell')::bigint, (record ->> 'reported_at')::timestamptz FROM support.record_version
         WHERE table_name = 'base.incident' AND record_id = :id AND record ->> 'cell' IS NOT NULL) AS changed;
