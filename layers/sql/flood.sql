-- heights --
-- Cells whose height is known.
SELECT cell, resolution, elevation_m FROM base.cell
 WHERE subdistrict_code = :code AND elevation_m IS NOT NULL ORDER BY cell;

-- waters --
-- Rivers, lakes and canals.
SELECT ST_AsBinary(geom) FROM base.place
 WHERE subdistrict_code = :code AND kind = 'water' AND geom IS NOT NULL AND (valid_to IS NULL OR valid_to > now());

-- make_draft --
-- Where the fresh values land before they are merged.
CREATE TEMPORARY TABLE ground_draft (cell bigint PRIMARY KEY, value float) ON COMMIT DROP;

-- drop_draft --
-- So that it can be worked out twice in one transaction.
DROP TABLE IF EXISTS pg_temp.ground_draft;

-- remove_ground --
-- Cells that are gone, or whose height is.
DELETE FROM base.cell_measure AS kept
 WHERE subdistrict_code = :code AND kind = 'flood_ground'
   AND NOT EXISTS (SELECT FROM ground_draft WHERE ground_draft.cell = kept.cell);

-- merge_ground --
-- Only what differs is written.
INSERT INTO base.cell_measure AS kept (subdistrict_code, kind, cell, value, measured_at)
SELECT :code, 'flood_ground', cell, value, :now FROM ground_draft
    ON CONFLICT (subdistrict_code, kind, cell) DO UPDATE SET value = excluded.value, measured_at = excluded.measured_at
 WHERE kept.value IS DISTINCT FROM excluded.value;
