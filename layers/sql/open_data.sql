-- empty_communities --
-- Rows are written anew; readers see the former ones until the transaction ends.
DELETE FROM open.communities;

-- communities --
-- Communities with their published persons.
INSERT INTO open.communities (code, name, name_en, area_km2, residents, households, schematic, geom)
SELECT community.code, community.name, community.name_en, community.area_km2, persons.total, persons.households, community.schematic,
       community.geom
  FROM base.community
  LEFT JOIN topic.unit_population_published AS persons
    ON persons.subdistrict_code = community.subdistrict_code AND persons.unit_kind = 'community' AND persons.unit_code = community.code
 WHERE community.subdistrict_code = :code AND community.geom IS NOT NULL AND (community.valid_to IS NULL OR community.valid_to > now());

-- empty_places --
-- As above.
DELETE FROM open.places;

-- places --
-- Compounds, apartment areas and points of interest; no persons.
INSERT INTO open.places (id, kind, subkind, name, name_en, community, address, schematic, geom)
SELECT place.id, place.kind, COALESCE(place.compound_kind, place.subkind), place.name, place.name_en, community.name, place.address,
       place.schematic, place.point
  FROM base.place LEFT JOIN base.community ON community.code = place.community_code
 WHERE place.subdistrict_code = :code AND place.counted AND place.point IS NOT NULL AND place.kind IN ('compound', 'apartment', 'poi')
   AND (place.valid_to IS NULL OR place.valid_to > now());

-- empty_resources --
-- As above.
DELETE FROM open.resources;

-- resources --
-- Emergency resources and whether they are ready; not why they are not, nor whom to call.
INSERT INTO open.resources (id, kind, name, status, capacity, community, geom)
SELECT resource.id, resource.kind, resource.name, resource.status, resource.capacity, community.name, resource.geom
  FROM base.resource LEFT JOIN base.community ON community.code = resource.community_code
 WHERE resource.subdistrict_code = :code AND resource.placement = 'placed' AND (resource.valid_to IS NULL OR resource.valid_to > now());

-- empty_population_cells --
-- As above.
DELETE FROM open.population_cells;

-- population_cells --
-- Published persons per cell of 9 and 10; cells without any are left out.
INSERT INTO open.population_cells (cell, resolution, residents, registered, migrant, aged_60, aged_80, living_alone, households, geom)
SELECT to_hex(cell.cell), cell.resolution, facts.total, facts.registered, facts.migrant, facts.aged_60, facts.aged_80, facts.living_alone,
       facts.households, cell.geom
  FROM topic.population_published AS facts
  JOIN base.cell ON cell.cell = facts.cell AND cell.subdistrict_code = facts.subdistrict_code
 WHERE facts.subdistrict_code = :code AND facts.resolution IN (9, 10);

-- empty_demand_cells --
-- As above.
DELETE FROM open.demand_cells;

-- demand_cells --
-- Published service demand of the last 30 days per cell of 9 and 10; cells with fewer than five eligible are left out.
INSERT INTO open.demand_cells (cell, resolution, per_1000, eligible, geom)
SELECT to_hex(cell.cell), cell.resolution, facts.per_1000, facts.eligible, cell.geom
  FROM topic.demand_published AS facts
  JOIN base.cell ON cell.cell = facts.cell AND cell.subdistrict_code = facts.subdistrict_code
 WHERE facts.subdistrict_code = :code AND facts.resolution IN (9, 10) AND facts.topic = 'all' AND NOT facts.suppressed AND facts.eligible > 0;
