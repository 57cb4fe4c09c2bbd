-- taken_incidents --
-- What is stored of one reported incident.
SELECT id, reported_at, placement, ST_X(geom) AS lon, ST_Y(geom) AS lat, match_level, confidence, cell, community_code,
       work_grid_id, located_by
  FROM base.incident
 WHERE subdistrict_code = :code AND feed = 'incidents' AND source_key = :key
 ORDER BY reported_at DESC LIMIT 1;

-- taken_requests --
-- What is stored of one service request.
SELECT id, requested_at AS reported_at, placement, ST_X(geom) AS lon, ST_Y(geom) AS lat, match_level, confidence, cell,
       community_code, work_grid_id, located_by
  FROM base.service_request
 WHERE subdistrict_code = :code AND feed = 'requests' AND source_key = :key
 ORDER BY requested_at DESC LIMIT 1;
