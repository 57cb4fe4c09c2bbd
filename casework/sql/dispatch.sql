-- waiting --
-- Placed incidents that wait to be dispatched, the gravest first, then the oldest, with the worker whose place it is.
SELECT record.id, record.reported_at, record.source, record.category, record.subcategory, record.grade, record.address, record.title, record.description,
       record.due_at, community.name AS community, work_grid.id AS work_grid_id, work_grid.name AS work_grid, suggested.worker_id, suggested.found_by
  FROM base.incident AS record
  LEFT JOIN base.community ON community.code = record.community_code AND community.subdistrict_code = record.subdistrict_code
  LEFT JOIN base.work_grid ON work_grid.id = record.work_grid_id
  LEFT JOIN LATERAL casework.worker_of(record.work_grid_id, record.cell, record.building_id, :now) AS suggested ON true
 WHERE record.subdistrict_code = :subdistrict_code AND record.status = 'reported' AND record.placement = 'placed' AND record.reported_at > :since
 ORDER BY array_position(ARRAY['severe', 'major', 'larger', 'general'], record.grade), record.reported_at
 LIMIT :most;

-- workers --
-- The workers of work grids, with what each of them has in hand.
SELECT worker.id, worker.source_key AS number, worker.name, worker.work_grid_id, worker.on_leave,
       (SELECT count(*) FROM casework.dispatch WHERE dispatch.worker_id = worker.id AND dispatch.ended_at IS NULL) AS in_hand
  FROM base.grid_worker AS worker
 WHERE worker.work_grid_id = ANY(:grids) AND worker.post = 'grid_worker' AND (worker.valid_to IS NULL OR worker.valid_to > :now)
    OR worker.id = ANY(:workers)
 ORDER BY worker.source_key;
