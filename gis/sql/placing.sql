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
-- Everything with a name that an address may name. Water answers like a point of interest.
SELECT id, kind, name, parent_id, community_code, address, households, ST_X(point) AS lon, ST_Y(point) AS lat,
       valid_from::date AS valid_from, valid_to::date AS valid_to
  FROM base.place
 WHERE subdistrict_code = :subdistrict_code
   AND (kind IN ('compound', 'apartment', 'road', 'poi', 'village') OR kind = 'water' AND point IS NOT NULL)
 ORDER BY id;

-- community_points --
-- The communities as entries of the gazetteer.
SELECT code, name, ST_X(label_point) AS lon, ST_Y(label_point) AS lat
  FROM base.community
 WHERE subdistrict_code = :subdistrict_code
 ORDER BY code;

-- aliases --
-- Other names of places and communities.
SELECT place_id, community_code, alias, relation
  FROM base.place_alias
 WHERE subdistrict_code = :subdistrict_code AND valid_to IS NULL
 ORDER BY id;

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
