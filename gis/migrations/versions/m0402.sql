-- The ground of a grid worker at one time: own and covered pieces of the published assignment; where there is none (nothing published
-- yet, or a grid leader), the whole of the third-level grids given. One row per piece; cells are of resolution 11.
CREATE FUNCTION casework.ground(worker bigint, grids bigint[], at timestamptz) RETURNS TABLE (
    work_grid_id bigint, cell bigint, cover_for bigint, reason text, decision text, since timestamptz, until timestamptz)
    LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    WITH assigned AS (
        SELECT assignment.work_grid_id, assignment.cell, assignment.cover_for, assignment.reason, assignment.decision,
               assignment.valid_from, assignment.valid_to
          FROM casework.assignment
         WHERE assignment.worker_id = worker AND assignment.building_id IS NULL
           AND assignment.valid_from <= at AND (assignment.valid_to IS NULL OR assignment.valid_to > at)
    )
    SELECT * FROM assigned
    UNION ALL
    SELECT work_grid.id, cell_share.cell, NULL, 'whole', '', NULL, NULL
      FROM base.work_grid
      JOIN base.cell_share ON cell_share.unit_kind = 'work_grid' AND cell_share.unit_code = work_grid.code
      JOIN base.cell ON cell.cell = cell_share.cell AND cell.subdistrict_code = work_grid.subdistrict_code AND cell.resolution = 11
     WHERE work_grid.id = ANY (grids) AND work_grid.grid_tier = 3 AND NOT EXISTS (SELECT 1 FROM assigned)
$$;
REVOKE EXECUTE ON FUNCTION casework.ground(bigint, bigint[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION casework.ground(bigint, bigint[], timestamptz) TO fengqiao_server;
