-- boundary --
-- The sub-district's outline.
SELECT code AS id, geom, name, name_en, schematic FROM base.subdistrict WHERE code = :code AND geom IS NOT NULL;

-- communities --
-- Communities, with the persons published for each and where the name stands.
SELECT community.code AS id, community.geom, community.name, community.name_en, community.schematic,
       round(community.area_km2::numeric, 3) AS area_km2, persons.total AS residents, persons.households,
       round(ST_X(community.label_point)::numeric, 6) AS label_lon, round(ST_Y(community.label_point)::numeric, 6) AS label_lat
  FROM base.community
  LEFT JOIN topic.unit_population_published AS persons
    ON persons.subdistrict_code = community.subdistrict_code AND persons.unit_kind = 'community' AND persons.unit_code = community.code
 WHERE community.subdistrict_code = :code AND community.geom IS NOT NULL AND (community.valid_to IS NULL OR community.valid_to > now());

-- work_grids --
-- Work grids of one tier.
SELECT id, geom, code, name, kind, community_code FROM base.work_grid
 WHERE subdistrict_code = :code AND grid_tier = :tier AND (valid_to IS NULL OR valid_to > now());

-- compounds --
-- Compounds the street counts, of one kind, with the persons published for each.
SELECT place.id, place.point AS geom, place.name, place.compound_kind, place.community_code, place.households, place.buildings,
       persons.total AS residents, place.schematic
  FROM base.place
  LEFT JOIN topic.unit_population_published AS persons
    ON persons.subdistrict_code = place.subdistrict_code AND persons.unit_kind = 'place' AND persons.unit_code = place.id::text
 WHERE place.subdistrict_code = :code AND place.kind = 'compound' AND place.counted AND place.point IS NOT NULL
   AND place.compound_kind = :compound_kind AND (place.valid_to IS NULL OR place.valid_to > now());

-- apartments --
-- Migrant workers' apartments with their beds and who lives there; occupancy from published persons.
SELECT place.id, place.point AS geom, place.name, place.community_code, place.beds, place.buildings, persons.total AS residents,
       round(persons.total::numeric / NULLIF(place.beds, 0), 3) AS occupancy, place.schematic
  FROM base.place
  LEFT JOIN topic.unit_population_published AS persons
    ON persons.subdistrict_code = place.subdistrict_code AND persons.unit_kind = 'place' AND persons.unit_code = place.id::text
 WHERE place.subdistrict_code = :code AND place.kind = 'apartment' AND place.point IS NOT NULL
   AND (place.valid_to IS NULL OR place.valid_to > now());

-- buildings --
-- Buildings by point.
SELECT building.id, building.geom, building.number, building.floors, building.units, place.name AS place_name, place.kind AS place_kind
  FROM base.building JOIN base.place ON place.id = building.place_id
 WHERE building.subdistrict_code = :code AND (building.valid_to IS NULL OR building.valid_to > now());

-- resources --
-- Emergency resources of one kind; what is not ready says why.
SELECT id, geom, kind, name, status, status_reason, status_until, capacity, community_code FROM base.resource
 WHERE subdistrict_code = :code AND kind = :kind AND placement = 'placed' AND (valid_to IS NULL OR valid_to > now());

-- incidents --
-- Open incidents on the map; no free text, sensitive kinds left out.
SELECT id, geom, category, subcategory, grade, status, reported_at, due_at, community_code FROM base.incident
 WHERE subdistrict_code = :code AND placement = 'placed' AND status NOT IN ('closed', 'withdrawn')
   AND subcategory NOT IN ('家庭暴力', '精神障碍', '社区矫正', '未成年人保护');

-- alerts --
-- Alerts that are not cleared.
SELECT id, geom, rule, letter, level, status, unit_kind, unit_name, community_code, observed, expected, raised_at FROM alerting.alert
 WHERE subdistrict_code = :code AND status <> 'cleared' AND geom IS NOT NULL;

-- outside_alerts --
-- CAP alerts of others that hold now: weather, the district.
SELECT id, geom, level, event, headline, source_name, effective_at, expires_at FROM alerting.outside_alert
 WHERE subdistrict_code = :code AND status = 'Actual' AND msg_type IN ('Alert', 'Update') AND ended_at IS NULL AND expires_at > now() AND geom IS NOT NULL;

-- risk_points --
-- Contradiction risk points that somebody has confirmed and that hold now; which of them comes back is decided by row-level security.
SELECT id, geom, unit_kind, unit_name, community_code, round(probability::numeric, 2) AS probability, round(base_rate::numeric, 2) AS base_rate, valid_to
  FROM alerting.risk_point
 WHERE subdistrict_code = :code AND status = 'confirmed' AND valid_to > now() AND geom IS NOT NULL;

-- roads --
-- Road segments with their class.
SELECT id, geom, name, road_class FROM base.road_segment WHERE subdistrict_code = :code;

-- water --
-- Rivers and lakes.
SELECT id, geom, name, subkind FROM base.place
 WHERE subdistrict_code = :code AND kind = 'water' AND geom IS NOT NULL AND (valid_to IS NULL OR valid_to > now());

-- hills --
-- Hills, by the height they begin at.
SELECT id, geom, name, subkind FROM base.place
 WHERE subdistrict_code = :code AND kind = 'hill' AND geom IS NOT NULL AND (valid_to IS NULL OR valid_to > now());

-- labels --
-- Names and where they stand, communities first.
SELECT 'community-' || code AS id, label_point AS geom, name, 'community' AS kind, 1 AS rank FROM base.community
 WHERE subdistrict_code = :code AND label_point IS NOT NULL AND (valid_to IS NULL OR valid_to > now())
UNION ALL
SELECT 'place-' || id, point, name, kind, CASE kind WHEN 'apartment' THEN 2 WHEN 'compound' THEN 3 WHEN 'water' THEN 4 ELSE 5 END FROM base.place
 WHERE subdistrict_code = :code AND point IS NOT NULL AND counted AND kind IN ('apartment', 'compound', 'water', 'hill', 'road')
   AND (valid_to IS NULL OR valid_to > now());
