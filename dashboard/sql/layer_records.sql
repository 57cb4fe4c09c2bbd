-- persons --
-- Persons that a layer of persons counts. Every statement of this file gives the records behind a layer's value in a unit, in the columns of figures.sql:
-- in the cells :cells of resolution 11, the community :community or the place :place, null = everywhere.
SELECT 'base.resident' AS table_name, id, source_key, feed, batch_id, valid_from AS at, community_code, placement AS status
  FROM base.resident
 WHERE subdistrict_code = :code AND placement = 'placed' AND alive AND (valid_to IS NULL OR valid_to > :now) AND {measure}
   AND NOT EXISTS (SELECT FROM base.person_record WHERE person_record.resident_id = resident.id)
   AND (cast(:cells AS bigint[]) IS NULL OR cell = ANY (cast(:cells AS bigint[]))) AND (cast(:community AS text) IS NULL OR community_code = :community)
   AND (cast(:place AS bigint) IS NULL OR place_id = :place)

-- requests --
-- Requests of the last 30 days, today included, of one topic or of all.
SELECT 'base.service_request' AS table_name, request.id, source_key, feed, request.batch_id, requested_at AS at, community_code, status
  FROM base.service_request AS request
  LEFT JOIN support.service_item AS item ON item.code = request.item_code AND item.subdistrict_code = request.subdistrict_code
 WHERE request.subdistrict_code = :code AND placement = 'placed' AND status <> 'withdrawn' AND requested_at >= :window_from AND requested_at <= :now
   AND (cast(:topic AS text) = 'all' OR item.topic = :topic)
   AND (cast(:cells AS bigint[]) IS NULL OR cell = ANY (cast(:cells AS bigint[]))) AND (cast(:community AS text) IS NULL OR community_code = :community)
   AND cast(:place AS bigint) IS NULL

-- incidents_open --
-- Incidents on the map that wait to be closed, sensitive kinds left out.
SELECT 'base.incident' AS table_name, id, source_key, feed, batch_id, reported_at AS at, community_code, status
  FROM base.incident
 WHERE subdistrict_code = :code AND placement = 'placed' AND status NOT IN ('closed', 'withdrawn') AND subcategory <> ALL (:sensitive)
   AND (cast(:category AS text) IS NULL OR category = :category) AND (cast(:grade AS text) IS NULL OR grade = :grade)
   AND (cast(:cells AS bigint[]) IS NULL OR cell = ANY (cast(:cells AS bigint[]))) AND (cast(:community AS text) IS NULL OR community_code = :community)
   AND (cast(:place AS bigint) IS NULL OR place_id = :place)

-- incidents_reported --
-- Incidents on the map of the last :days local days up to the newest there is, sensitive kinds left out.
SELECT 'base.incident' AS table_name, id, source_key, feed, batch_id, reported_at AS at, community_code, status
  FROM base.incident
 WHERE subdistrict_code = :code AND placement = 'placed' AND status <> 'withdrawn' AND subcategory <> ALL (:sensitive)
   AND (reported_at AT TIME ZONE :timezone)::date > (SELECT max(day) FROM topic.incident_day WHERE subdistrict_code = :code) - cast(:days AS integer)
   AND (cast(:cells AS bigint[]) IS NULL OR cell = ANY (cast(:cells AS bigint[]))) AND (cast(:community AS text) IS NULL OR community_code = :community)
   AND (cast(:place AS bigint) IS NULL OR place_id = :place)

-- resources --
-- Emergency resources on the map, ready or not.
SELECT 'base.resource' AS table_name, id, source_key, feed, batch_id, status_since AS at, community_code, status
  FROM base.resource
 WHERE subdistrict_code = :code AND placement = 'placed' AND (valid_to IS NULL OR valid_to > :now)
   AND (cast(:cells AS bigint[]) IS NULL OR cell = ANY (cast(:cells AS bigint[]))) AND (cast(:community AS text) IS NULL OR community_code = :community)
   AND cast(:place AS bigint) IS NULL

-- reach --
-- What every walking time starts from, wherever the unit is: ready resources of the kind.
SELECT 'base.resource' AS table_name, id, source_key, feed, batch_id, status_since AS at, community_code, status
  FROM base.resource
 WHERE subdistrict_code = :code AND placement = 'placed' AND status = 'ready' AND kind = :resource AND (valid_to IS NULL OR valid_to > :now)

-- roads --
-- The road graph that walking times are taken on.
SELECT 'base.road_segment' AS table_name, id, source_key, feed, batch_id, recorded_from AS at, NULL::text AS community_code, road_class AS status
  FROM base.road_segment WHERE subdistrict_code = :code AND walkable

-- raster --
-- The delivery of a raster that the cells' values come from: the newest that stands and wrote any.
(SELECT 'support.batch' AS table_name, batch.id, batch.source AS source_key, batch.feed, batch.id AS batch_id, batch.finished_at AS at, NULL::text AS community_code,
        NULL::text AS status
   FROM support.batch JOIN support.feed ON feed.subdistrict_code = batch.subdistrict_code AND feed.name = batch.feed
  WHERE batch.subdistrict_code = :code AND coalesce(feed.kind, feed.name) = '{feed}' AND batch.undone_at IS NULL AND batch.loaded > 0
  ORDER BY batch.id DESC LIMIT 1)

-- waters --
-- Water that flood risk rests on.
SELECT 'base.place' AS table_name, id, source_key, feed, batch_id, valid_from AS at, community_code, name AS status
  FROM base.place WHERE subdistrict_code = :code AND kind = 'water' AND geom IS NOT NULL AND (valid_to IS NULL OR valid_to > :now)

-- unit_population --
-- Persons of a unit as published.
SELECT {measure}::float AS value, {measure} IS NULL AS suppressed FROM topic.unit_population_published
 WHERE subdistrict_code = :code AND unit_kind = :unit_kind AND unit_code = :unit_code;

-- unit_demand --
-- Requests per 1 000 eligible of a unit as published.
SELECT per_1000 AS value, per_1000 IS NULL AS suppressed FROM topic.unit_demand_published
 WHERE subdistrict_code = :code AND unit_kind = :unit_kind AND unit_code = :unit_code AND topic = :topic;

-- cell_value --
-- What a layer shows in one cell, by its own statement.
SELECT shown.value, shown.suppressed, shown.estimated FROM ({cells}) AS shown WHERE shown.cell = :cell;

-- compounds --
-- Compounds and apartment areas, by name.
SELECT id, name FROM base.place
 WHERE subdistrict_code = :code AND kind IN ('compound', 'apartment') AND counted AND (valid_to IS NULL OR valid_to > now()) ORDER BY name;
