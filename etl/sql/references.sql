-- homes --
-- Where persons live, by their key in the register of residents.
SELECT source_key, id, dwelling_id, building_id, place_id, placement, CAST(geom AS text) AS geom, radius_m, match_level,
       confidence, cell, community_code, work_grid_id
  FROM base.resident
 WHERE subdistrict_code = :code AND feed = 'residents' AND source_key = ANY(:keys);

-- service_topics --
-- Service items with the category they belong to.
SELECT code, topic FROM support.service_item WHERE subdistrict_code = :code;
