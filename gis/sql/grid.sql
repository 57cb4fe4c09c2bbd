-- subdistrict_shape --
-- Outline of the sub-district :code, and of its communities and third-level work grids, as WKB in WGS-84.
SELECT 'subdistrict' AS unit_kind, code AS unit_code, ST_AsBinary(geom) AS shape
  FROM base.subdistrict WHERE code = :code AND geom IS NOT NULL
UNION ALL
SELECT 'community', code, ST_AsBinary(geom)
  FROM base.community WHERE subdistrict_code = :code AND geom IS NOT NULL AND valid_to IS NULL
UNION ALL
SELECT 'work_grid', code, ST_AsBinary(geom)
  FROM base.work_grid WHERE subdistrict_code = :code AND grid_tier = 3 AND valid_to IS NULL
 ORDER BY unit_kind, unit_code;

-- make_cell_draft --
-- Where the fresh cells land before they are merged.
CREATE TEMPORARY TABLE cell_draft (LIKE base.cell INCLUDING DEFAULTS) ON COMMIT DROP;

-- make_share_draft --
-- Where the fresh shares land before they are merged.
CREATE TEMPORARY TABLE cell_share_draft (LIKE base.cell_share INCLUDING DEFAULTS) ON COMMIT DROP;

-- drop_drafts --
-- So that the grid can be built twice in one transaction.
DROP TABLE IF EXISTS pg_temp.cell_draft, pg_temp.cell_share_draft;

-- measure_drafts --
-- Fresh tables have no statistics; without them the merges below are planned as nested loops over 50 000 rows.
ANALYZE pg_temp.cell_draft, pg_temp.cell_share_draft, base.cell, base.cell_share;

-- merge_cells --
-- Only what differs is written, so that building twice changes nothing; elevation stays.
INSERT INTO base.cell (cell, subdistrict_code, resolution, parent_9, parent_10, area_m2, share, geom)
SELECT cell, subdistrict_code, resolution, parent_9, parent_10, area_m2, share, geom FROM cell_draft
    ON CONFLICT (cell, subdistrict_code) DO UPDATE
       SET area_m2 = excluded.area_m2, share = excluded.share, geom = excluded.geom
     WHERE (cell.area_m2, cell.share) IS DISTINCT FROM (excluded.area_m2, excluded.share);

-- remove_cells --
-- Cells that a moved boundary left behind.
DELETE FROM base.cell
 WHERE subdistrict_code = :code AND cell NOT IN (SELECT cell FROM cell_draft);

-- merge_shares --
-- Only what differs is written.
INSERT INTO base.cell_share (cell, unit_kind, unit_code, subdistrict_code, share)
SELECT cell, unit_kind, unit_code, subdistrict_code, share FROM cell_share_draft
    ON CONFLICT (cell, unit_kind, unit_code) DO UPDATE SET share = excluded.share
 WHERE cell_share.share IS DISTINCT FROM excluded.share;

-- remove_shares --
-- Shares that a moved boundary left behind.
DELETE FROM base.cell_share AS kept
 WHERE subdistrict_code = :code
   AND NOT EXISTS (SELECT FROM cell_share_draft AS draft
                    WHERE (draft.cell, draft.unit_kind, draft.unit_code) = (kept.cell, kept.unit_kind, kept.unit_code));

-- cells_of --
-- The cells of a sub-district, to be laid over the terrain.
SELECT cell FROM base.cell WHERE subdistrict_code = :code ORDER BY cell;

-- make_value_draft --
-- Where the fresh values of a raster land before they are merged.
CREATE TEMPORARY TABLE value_draft (cell bigint PRIMARY KEY, value float) ON COMMIT DROP;

-- drop_value_draft --
-- So that rasters can be written twice in one transaction.
DROP TABLE IF EXISTS pg_temp.value_draft;

-- merge_elevations --
-- Only what differs is written.
UPDATE base.cell SET elevation_m = draft.value
  FROM value_draft AS draft
 WHERE cell.cell = draft.cell AND cell.subdistrict_code = :code AND cell.elevation_m IS DISTINCT FROM draft.value;

-- forget_measures --
-- Older values of cells that the raster says nothing of.
DELETE FROM base.cell_measure AS kept
 WHERE subdistrict_code = :code AND kind = :kind AND measured_at <= :measured_at
   AND NOT EXISTS (SELECT FROM value_draft AS draft WHERE draft.cell = kept.cell AND draft.value IS NOT NULL);

-- merge_measures --
-- The newest measurement stays, whichever comes in last.
INSERT INTO base.cell_measure AS kept (subdistrict_code, kind, cell, value, measured_at, batch_id)
SELECT :code, :kind, cell, value, :measured_at, :batch_id FROM value_draft WHERE value IS NOT NULL
    ON CONFLICT (subdistrict_code, kind, cell) DO UPDATE
       SET value = excluded.value, measured_at = excluded.measured_at, batch_id = excluded.batch_id
     WHERE kept.measured_at <= excluded.measured_at;
