-- resource_counts --
-- Emergency resources on the map per cell of resolution 11 and kind.
SELECT cell, kind, count(*) FILTER (WHERE status = 'ready') AS ready, count(*) AS total
  FROM base.resource
 WHERE subdistrict_code = :code AND placement = 'placed' AND (valid_to IS NULL OR valid_to > :now)
 GROUP BY cell, kind;

-- ready_resources --
-- Where help starts from: resources on the map that are ready.
SELECT id, kind, ST_X(geom) AS lon, ST_Y(geom) AS lat
  FROM base.resource
 WHERE subdistrict_code = :code AND placement = 'placed' AND status = 'ready' AND (valid_to IS NULL OR valid_to > :now)
 ORDER BY id;

-- walkable_roads --
-- The road graph for people on foot.
SELECT from_node, to_node, length_m, ST_AsBinary(geom) AS line
  FROM base.road_segment WHERE subdistrict_code = :code AND walkable ORDER BY id;

-- cells --
-- The sub-district's cells.
SELECT cell, resolution FROM base.cell WHERE subdistrict_code = :code ORDER BY cell;

-- finest_coverage --
-- Which class of reach each cell of resolution 11 is in.
SELECT cell, kind, reach FROM topic.coverage WHERE subdistrict_code = :code AND resolution = 11;

-- finest_persons --
-- Exact persons by cell of resolution 11 and community.
SELECT cell, community_code, sum(total)::bigint AS total, sum(total_key)::bigint AS total_key
  FROM topic.population WHERE subdistrict_code = :code AND resolution = 11
 GROUP BY cell, community_code;
