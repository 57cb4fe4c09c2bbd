-- write_dwellings --
-- Dwellings that are new; one that is there stays.
INSERT INTO base.dwelling (subdistrict_code, building_id, unit, room, floor, community_code, work_grid_id, batch_id)
SELECT :code, CAST(building_id AS bigint), unit, room,
       CASE WHEN room ~ '^[0-9]{3,4}$' THEN CAST(left(room, -2) AS smallint) END, community_code, CAST(work_grid_id AS bigint),
       :batch_id
  FROM {homes}
ON CONFLICT (building_id, unit, room) DO NOTHING;

-- write_households --
-- Households that are new, or have moved.
INSERT INTO base.household AS household (subdistrict_code, feed, source_key, dwelling_id, building_id, community_code, work_grid_id,
       batch_id)
SELECT :code, :feed, household, CAST(dwelling_id AS bigint), CAST(building_id AS bigint), community_code, CAST(work_grid_id AS bigint),
       :batch_id
  FROM {homes}
ON CONFLICT (subdistrict_code, feed, source_key) DO UPDATE
   SET dwelling_id = excluded.dwelling_id, building_id = excluded.building_id, community_code = excluded.community_code,
       work_grid_id = excluded.work_grid_id, batch_id = excluded.batch_id
 WHERE (household.dwelling_id, household.building_id, household.community_code, household.work_grid_id) IS DISTINCT FROM
       (excluded.dwelling_id, excluded.building_id, excluded.community_code, excluded.work_grid_id);

-- dwelling_ids --
-- Ids of some dwellings.
SELECT dwelling.building_id, dwelling.unit, dwelling.room, dwelling.id
  FROM {homes} JOIN base.dwelling ON dwelling.building_id = CAST(homes.building_id AS bigint) AND dwelling.unit = homes.unit
   AND dwelling.room = homes.room;

-- household_ids --
-- Ids of some households of a feed.
SELECT household.source_key, household.id
  FROM {homes} JOIN base.household ON household.source_key = homes.household
 WHERE household.subdistrict_code = :code AND household.feed = :feed;
