-- last_run --
-- The newest time records were placed again: what the gazetteer was then.
SELECT gazetteer, engine, started_at FROM support.placing_run WHERE subdistrict_code = :subdistrict_code ORDER BY id DESC LIMIT 1;

-- first_placed --
-- When the oldest record that was placed by a text got its place; nothing the gazetteer knew by then can change it.
SELECT least((SELECT min(recorded_from) FROM base.incident WHERE subdistrict_code = :subdistrict_code),
             (SELECT min(recorded_from) FROM base.service_request WHERE subdistrict_code = :subdistrict_code),
             (SELECT min(recorded_from) FROM base.activity WHERE subdistrict_code = :subdistrict_code),
             (SELECT min(recorded_from) FROM base.petition WHERE subdistrict_code = :subdistrict_code),
             (SELECT min(recorded_from) FROM base.organisation WHERE subdistrict_code = :subdistrict_code));

-- kind --
-- What a feed delivers.
SELECT kind FROM support.feed WHERE subdistrict_code = :subdistrict_code AND name = :feed;

-- changed_places --
-- Places whose entry, other name or building was written after :since: ids, with the estate over them and the roads of a crossing.
WITH touched AS (
    SELECT place.id, place.parent_id, place.roads FROM base.place
     WHERE place.subdistrict_code = :subdistrict_code AND place.recorded_from > :since
    UNION
    SELECT place.id, place.parent_id, place.roads FROM base.place_alias AS alias JOIN base.place ON place.id = alias.place_id
     WHERE alias.subdistrict_code = :subdistrict_code AND alias.recorded_from > :since
    UNION
    SELECT place.id, place.parent_id, place.roads FROM base.building JOIN base.place ON place.id = building.place_id
     WHERE building.subdistrict_code = :subdistrict_code AND building.recorded_from > :since
)
SELECT id FROM touched UNION SELECT parent_id FROM touched WHERE parent_id IS NOT NULL UNION SELECT unnest(roads) FROM touched;

-- changed_communities --
-- Communities whose entry or other name was written after :since.
SELECT code FROM base.community WHERE subdistrict_code = :subdistrict_code AND recorded_from > :since
UNION
SELECT community_code FROM base.place_alias
 WHERE subdistrict_code = :subdistrict_code AND community_code IS NOT NULL AND recorded_from > :since;

-- texts --
-- Every different text that records are placed by.
SELECT DISTINCT {words} AS words FROM {table} AS record WHERE subdistrict_code = :subdistrict_code;

-- could_change --
-- Records whose place may be another now: those that wait, those at a changed place, and those whose text holds a changed name;
-- never one that a person has judged.
SELECT record.id, record.{happened} AS happened_at, record.feed, record.source_key, {words} AS words, record.placement, record.match_level,
       ST_X(record.geom) AS lon, ST_Y(record.geom) AS lat, record.place_id, record.building_id, record.community_code, record.work_grid_id,
       record.confidence, record.located_by ->> 'by' = 'coordinates' OR record.located_by ? 'stated' AS stated,
       {stated_community} AS stated_community
  FROM {table} AS record
 WHERE record.subdistrict_code = :subdistrict_code
   AND (:everything OR record.placement <> 'placed' OR record.place_id = ANY(:places) OR {words} = ANY(:texts))
   AND NOT EXISTS (SELECT FROM support.placement_decision AS decided
                    WHERE decided.subject = :subject AND decided.record_id = record.id AND decided.ended_at IS NULL)
 ORDER BY record.id;

-- put --
-- New places of records.
UPDATE {table} AS record
   SET placement = moved.placement, geom = CAST(moved.geom AS geometry), radius_m = CAST(moved.radius_m AS float), match_level = moved.match_level,
       confidence = CAST(moved.confidence AS float), located_by = CAST(moved.located_by AS jsonb), cell = CAST(moved.cell AS bigint),
       community_code = moved.community_code, work_grid_id = CAST(moved.work_grid_id AS bigint), place_id = CAST(moved.place_id AS bigint),
       building_id = CAST(moved.building_id AS bigint), batch_id = :batch_id
  FROM {moved}
 WHERE record.id = CAST(moved.id AS bigint) AND record.{happened} = CAST(moved.happened_at AS timestamptz);

-- note_run --
-- Records were placed again by a state of the gazetteer.
INSERT INTO support.placing_run (subdistrict_code, gazetteer, engine, actor, read, changed, levels, started_at, finished_at)
VALUES (:subdistrict_code, :gazetteer, :engine, :actor, :read, :changed, CAST(:levels AS jsonb), :started_at, clock_timestamp());
