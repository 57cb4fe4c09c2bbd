-- place_names --
-- Every name a compound or apartment area is written by, its own first.
SELECT name, id FROM (
    SELECT name, id, 1 AS preference FROM base.place
     WHERE subdistrict_code = :code AND kind IN ('compound', 'apartment')
    UNION ALL
    SELECT alias, place.id, 2 FROM base.place_alias JOIN base.place ON place.id = place_alias.place_id
     WHERE place.subdistrict_code = :code AND place.kind IN ('compound', 'apartment') AND relation <> 'resettled_to' AND withdrawn_at IS NULL
    UNION ALL
    SELECT source_key, id, 3 FROM base.place
     WHERE subdistrict_code = :code AND kind IN ('compound', 'apartment')
) AS named
 ORDER BY name, preference, id;

-- buildings --
-- Buildings by the place people write them under: their own, or the estate over it when the number is the only one.
WITH standing AS (
    SELECT building.id, building.place_id, place.parent_id, upper(number) AS number, building.geom, building.cell,
           building.community_code, building.work_grid_id
      FROM base.building JOIN base.place ON place.id = building.place_id
     WHERE building.subdistrict_code = :code AND building.valid_to IS NULL
), single AS (
    SELECT parent_id, number FROM standing WHERE parent_id IS NOT NULL GROUP BY parent_id, number HAVING count(*) = 1
)
SELECT place_id AS written_under, number, id, place_id, CAST(geom AS text) AS geom, cell, community_code, work_grid_id
  FROM standing
UNION ALL
SELECT standing.parent_id, standing.number, id, place_id, CAST(geom AS text), cell, community_code, work_grid_id
  FROM standing JOIN single USING (parent_id, number);
