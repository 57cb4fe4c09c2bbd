-- buildings --
-- Every building's footprint; where nobody drew one, a square of twelve metres at its point.
SELECT 'b' || building.id AS id, 'p' || building.place_id AS place_id, building.number,
       ST_AsGeoJSON(COALESCE(building.footprint, ST_Envelope(ST_Expand(building.geom, 0.00006))), 6) AS shape
  FROM base.building
 WHERE building.subdistrict_code = :subdistrict_code AND building.valid_to IS NULL
 ORDER BY building.id;
