-- pieces --
-- One row per piece: the part of a cell of resolution 11 inside a third-level work grid, with the households of its
-- buildings, visits due until :visits_until, open incidents, the worker it is published for and the one decided at :now.
-- Records of a cell that the grid's polygon does not reach (a building at its very border) make a piece of their own.
WITH ground AS (
    SELECT work_grid.id AS work_grid_id, work_grid.code, work_grid.community_code
      FROM base.work_grid
     WHERE work_grid.subdistrict_code = :subdistrict_code AND work_grid.grid_tier = 3
       AND (work_grid.valid_to IS NULL OR work_grid.valid_to > :now)
), covered AS (
    SELECT ground.work_grid_id, cell_share.cell
      FROM ground
      JOIN base.cell_share ON cell_share.unit_kind = 'work_grid' AND cell_share.unit_code = ground.code
      JOIN base.cell ON cell.cell = cell_share.cell AND cell.subdistrict_code = :subdistrict_code AND cell.resolution = 11
    UNION
    SELECT building.work_grid_id, building.cell
      FROM base.building
      JOIN ground ON ground.work_grid_id = building.work_grid_id
     WHERE building.valid_to IS NULL OR building.valid_to > :now
), homes AS (
    SELECT building.work_grid_id, building.cell, count(*) AS households
      FROM base.household
      JOIN base.building ON building.id = household.building_id
     WHERE household.subdistrict_code = :subdistrict_code
       AND NOT EXISTS (SELECT FROM base.household_record WHERE household_record.household_id = household.id)
     GROUP BY 1, 2
), calls AS (
    SELECT work_grid_id, cell, count(*) AS visits
      FROM base.visit
     WHERE subdistrict_code = :subdistrict_code AND done_at IS NULL AND due_on <= :visits_until AND placement = 'placed'
     GROUP BY 1, 2
), matters AS (
    SELECT work_grid_id, cell, count(*) AS incidents
      FROM base.incident
     WHERE subdistrict_code = :subdistrict_code AND status NOT IN ('closed', 'withdrawn') AND placement = 'placed'
     GROUP BY 1, 2
), prior AS (
    SELECT work_grid_id, cell, worker_id
      FROM casework.assignment
     WHERE building_id IS NULL AND cover_for IS NULL AND valid_to IS NULL AND subdistrict_code = :subdistrict_code
), decided AS (
    SELECT DISTINCT ON (work_grid_id, cell) work_grid_id, cell, worker_id, reason
      FROM casework.assignment_decision
     WHERE subdistrict_code = :subdistrict_code AND valid_from <= :now AND (valid_to IS NULL OR valid_to > :now)
     ORDER BY work_grid_id, cell, decided_at DESC, id DESC
)
SELECT covered.work_grid_id, covered.cell, coalesce(households, 0) AS households, coalesce(visits, 0) AS visits,
       coalesce(incidents, 0) AS incidents, prior.worker_id AS prior_worker_id, decided.worker_id AS decided_worker_id,
       coalesce(decided.reason, '') AS decision
  FROM covered
  LEFT JOIN homes USING (work_grid_id, cell)
  LEFT JOIN calls USING (work_grid_id, cell)
  LEFT JOIN matters USING (work_grid_id, cell)
  LEFT JOIN prior USING (work_grid_id, cell)
  LEFT JOIN decided USING (work_grid_id, cell)
 ORDER BY covered.work_grid_id, covered.cell;

-- workers --
-- Grid workers who share a third-level work grid, with what people call them and their grid.
SELECT grid_worker.id AS worker_id, grid_worker.work_grid_id, grid_worker.source_key AS number, work_grid.name AS work_grid_name
  FROM base.grid_worker
  JOIN base.work_grid ON work_grid.id = grid_worker.work_grid_id AND work_grid.grid_tier = 3
 WHERE grid_worker.subdistrict_code = :subdistrict_code AND grid_worker.post = 'grid_worker'
   AND (grid_worker.valid_to IS NULL OR grid_worker.valid_to > :now)
 ORDER BY grid_worker.id;

-- buildings --
-- Buildings on the ground of third-level work grids: they go with their cell.
SELECT building.id AS building_id, building.work_grid_id, building.cell
  FROM base.building
  JOIN base.work_grid ON work_grid.id = building.work_grid_id AND work_grid.grid_tier = 3
 WHERE building.subdistrict_code = :subdistrict_code AND (building.valid_to IS NULL OR building.valid_to > :now);

-- absences --
-- Absences not over at :now, in order of their beginning.
SELECT worker_id, cover_worker_id, reason, absent_from, absent_to
  FROM casework.absence
 WHERE subdistrict_code = :subdistrict_code AND absent_to > :now
 ORDER BY absent_from, id;

-- lock --
-- One publication at a time, to the end of the transaction.
SELECT pg_advisory_xact_lock(hashtext('casework.assignment'));

-- insert_plan --
INSERT INTO casework.assignment_plan (subdistrict_code, digest, published_at, actor, figures)
VALUES (:subdistrict_code, :digest, :now, :actor, CAST(:figures AS jsonb)) RETURNING id;

-- drop_draft --
DROP TABLE IF EXISTS assignment_draft;

-- make_draft --
CREATE TEMPORARY TABLE assignment_draft (
    work_grid_id bigint, worker_id bigint, cell bigint, building_id bigint, cover_for bigint, reason text, decision text,
    valid_from timestamptz, valid_to timestamptz
) ON COMMIT DROP;

-- end_changed --
-- What is no longer so ends now; what stays the same keeps its row and its beginning.
UPDATE casework.assignment
   SET valid_to = :now
 WHERE subdistrict_code = :subdistrict_code AND cover_for IS NULL AND valid_to IS NULL
   AND NOT EXISTS (
       SELECT 1 FROM assignment_draft AS draft
        WHERE draft.cover_for IS NULL AND draft.work_grid_id = assignment.work_grid_id AND draft.cell = assignment.cell
          AND draft.building_id IS NOT DISTINCT FROM assignment.building_id AND draft.worker_id = assignment.worker_id
          AND (draft.reason = 'decided') = (assignment.reason = 'decided') AND draft.decision = assignment.decision);

-- insert_changed --
INSERT INTO casework.assignment (subdistrict_code, plan_id, work_grid_id, worker_id, cell, building_id, reason, decision, valid_from)
SELECT :subdistrict_code, :plan_id, draft.work_grid_id, draft.worker_id, draft.cell, draft.building_id, draft.reason, draft.decision, :now
  FROM assignment_draft AS draft
 WHERE draft.cover_for IS NULL
   AND NOT EXISTS (
       SELECT 1 FROM casework.assignment
        WHERE assignment.cover_for IS NULL AND assignment.valid_to IS NULL AND assignment.work_grid_id = draft.work_grid_id
          AND assignment.cell = draft.cell AND assignment.building_id IS NOT DISTINCT FROM draft.building_id);

-- end_covers --
-- Cover that was planned anew: what had begun ends now, what had not begun never was.
UPDATE casework.assignment SET valid_to = :now
 WHERE subdistrict_code = :subdistrict_code AND cover_for IS NOT NULL AND valid_from < :now AND valid_to > :now;

-- drop_covers --
DELETE FROM casework.assignment
 WHERE subdistrict_code = :subdistrict_code AND cover_for IS NOT NULL AND valid_from >= :now;

-- insert_covers --
INSERT INTO casework.assignment (
    subdistrict_code, plan_id, work_grid_id, worker_id, cell, building_id, cover_for, reason, decision, valid_from, valid_to)
SELECT :subdistrict_code, :plan_id, work_grid_id, worker_id, cell, building_id, cover_for, reason, decision, valid_from, valid_to
  FROM assignment_draft
 WHERE cover_for IS NOT NULL;

-- tell --
SELECT support.tell(jsonb_build_object('kind', 'assignment', 'plan_id', CAST(:plan_id AS bigint)));

-- find_worker --
SELECT id, work_grid_id FROM base.grid_worker
 WHERE subdistrict_code = :subdistrict_code AND source_key = :number AND (valid_to IS NULL OR valid_to > :now);

-- find_building --
SELECT building.id, building.work_grid_id, building.cell
  FROM base.building
 WHERE building.subdistrict_code = :subdistrict_code AND building.source_key = :key AND (valid_to IS NULL OR valid_to > :now);

-- insert_decision --
INSERT INTO casework.assignment_decision (
    subdistrict_code, worker_id, work_grid_id, cell, building_id, reason, actor, decided_at, valid_from, valid_to)
VALUES (:subdistrict_code, :worker_id, :work_grid_id, :cell, :building_id, :reason, :actor, :now, :now, :valid_to)
RETURNING id;

-- withdraw_decision --
UPDATE casework.assignment_decision SET valid_to = :now
 WHERE id = :id AND subdistrict_code = :subdistrict_code AND (valid_to IS NULL OR valid_to > :now);

-- insert_absence --
INSERT INTO casework.absence (subdistrict_code, worker_id, cover_worker_id, reason, actor, absent_from, absent_to)
VALUES (:subdistrict_code, :worker_id, :cover_worker_id, :reason, :actor, :absent_from, :absent_to) RETURNING id;
