-- place_names --
-- Every name a compound or apartment area is written by, its own first.
SELECT name, id FROM (
    SELECT name, id, 1 AS preference FROM base.place
     WHERE subdistrict_code = :code AND kind IN ('compound', 'apartment')
    UNION ALL
    SELECT alias, place.id, 2 FROM base.place_alias JOIN base.place ON place.id = place_alias.place_id
     WHERE place.subdistrict_code = :code AND place.kind IN ('compound', 'apartment') AND relation <> 'resettled_to'
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

-- write_dwellings --
-- Dwellings that are new; one that is there stays.
INSERT INTO base.dwelling (subdistrict_code, building_id, unit, room, floor, community_code, work_grid_id, batch_id)
SELECT DISTINCT ON (building_id, unit, room)
       :code, CAST(building_id AS bigint), unit, room,
       CASE WHEN room ~ '^[0-9]{3,4}$' THEN CAST(left(room, -2) AS smallint) END, community_code, CAST(work_grid_id AS bigint),
       :batch_id
  FROM {homes}
 WHERE building_id IS NOT NULL AND room <> ''
ON CONFLICT (building_id, unit, room) DO NOTHING;

-- write_households --
-- Households that are new, or have moved.
INSERT INTO base.household AS household (subdistrict_code, feed, source_key, dwelling_id, building_id, community_code, work_grid_id,
       batch_id)
SELECT DISTINCT ON (homes.household)
       :code, :feed, homes.household, dwelling.id, CAST(homes.building_id AS bigint), homes.community_code,
       CAST(homes.work_grid_id AS bigint), :batch_id
  FROM {homes}
  LEFT JOIN base.dwelling ON dwelling.building_id = CAST(homes.building_id AS bigint) AND dwelling.unit = homes.unit
   AND dwelling.room = homes.room
 WHERE homes.household <> ''
 ORDER BY homes.household
ON CONFLICT (subdistrict_code, feed, source_key) DO UPDATE
   SET dwelling_id = excluded.dwelling_id, building_id = excluded.building_id, community_code = excluded.community_code,
       work_grid_id = excluded.work_grid_id, batch_id = excluded.batch_id
 WHERE (household.dwelling_id, household.building_id, household.community_code, household.work_grid_id) IS DISTINCT FROM
       (excluded.dwelling_id, excluded.building_id, excluded.community_code, excluded.work_grid_id);

-- dwellings --
-- Ids of dwellings.
SELECT building_id, unit, room, id FROM base.dwelling WHERE subdistrict_code = :code;

-- households --
-- Ids of households.
SELECT source_key, id FROM base.household WHERE subdistrict_code = :code AND feed = :feed;
