-- communities --
-- The communities of a sub-district, with their areas where these are known.
SELECT code, name, ST_AsBinary(geom) AS shape
  FROM base.community
 WHERE subdistrict_code = :subdistrict_code
 ORDER BY code;

-- work_grids --
-- The third-level work grids of a sub-district with their areas.
SELECT id, community_code, ST_AsBinary(geom) AS shape
  FROM base.work_grid
 WHERE subdistrict_code = :subdistrict_code AND grid_tier = 3 AND valid_to IS NULL
 ORDER BY code;

-- outline --
-- The sub-district's own area.
SELECT ST_AsBinary(geom) AS shape FROM base.subdistrict WHERE code = :subdistrict_code AND geom IS NOT NULL;

-- places --
-- Everything with a name that an address may name, with its local days. Water answers like a point of interest.
SELECT place.id, place.kind, place.name, place.parent_id, place.community_code, place.address, place.households,
       ST_X(place.point) AS lon, ST_Y(place.point) AS lat,
       (place.valid_from AT TIME ZONE subdistrict.timezone)::date AS valid_from,
       (place.valid_to AT TIME ZONE subdistrict.timezone)::date AS valid_to
  FROM base.place JOIN base.subdistrict ON subdistrict.code = place.subdistrict_code
 WHERE place.subdistrict_code = :subdistrict_code
   AND (place.kind IN ('compound', 'apartment', 'road', 'poi', 'village') OR place.kind = 'water' AND place.point IS NOT NULL)
 ORDER BY place.id;

-- community_points --
-- The communities as entries of the gazetteer.
SELECT code, name, ST_X(label_point) AS lon, ST_Y(label_point) AS lat
  FROM base.community
 WHERE subdistrict_code = :subdistrict_code
 ORDER BY code;

-- aliases --
-- Other names of places and communities with the local days they hold; those taken back were never right.
SELECT alias.place_id, alias.community_code, alias.alias, alias.relation,
       (alias.valid_from AT TIME ZONE subdistrict.timezone)::date AS valid_from,
       (alias.valid_to AT TIME ZONE subdistrict.timezone)::date AS valid_to
  FROM base.place_alias AS alias JOIN base.subdistrict ON subdistrict.code = alias.subdistrict_code
 WHERE alias.subdistrict_code = :subdistrict_code AND alias.withdrawn_at IS NULL
 ORDER BY alias.id;

-- buildings --
-- Every building with the place it stands in.
SELECT id, place_id, number, units, floors, rooms_per_floor, ST_X(geom) AS lon, ST_Y(geom) AS lat
  FROM base.building
 WHERE subdistrict_code = :subdistrict_code AND valid_to IS NULL
 ORDER BY id;

-- junctions --
-- Crossings of two roads of the gazetteer.
SELECT roads[1] AS road_a, roads[2] AS road_b, ST_X(point) AS lon, ST_Y(point) AS lat
  FROM base.place
 WHERE subdistrict_code = :subdistrict_code AND kind = 'junction' AND cardinality(roads) = 2 AND point IS NOT NULL
 ORDER BY id;
