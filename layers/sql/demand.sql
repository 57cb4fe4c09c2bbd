-- items --
-- Service items with their topic and who may ask for them.
SELECT code, topic, eligibility FROM support.service_item WHERE subdistrict_code = :code ORDER BY code;

-- requests_in_window --
-- Requests on the map since :window_from, those withdrawn left out, per cell of resolution 11, community, work grid and topic; beside
-- each count the sum of the requests' record keys. A request for an item nobody knows has no topic.
SELECT request.cell, COALESCE(request.community_code, '') AS community_code, COALESCE(request.work_grid_id, 0) AS work_grid_id,
       COALESCE(item.topic, '') AS topic, count(*) AS requests,
       sum(hashint8extended(request.id, CAST(:seed AS bigint)) & 4294967295) AS requests_key
  FROM base.service_request AS request
  LEFT JOIN support.service_item AS item ON item.code = request.item_code AND item.subdistrict_code = request.subdistrict_code
 WHERE request.subdistrict_code = :code AND request.placement = 'placed' AND request.status <> 'withdrawn'
   AND request.requested_at >= :window_from AND request.requested_at <= :now
   AND (CAST(:cells AS bigint[]) IS NULL OR request.cell = ANY (CAST(:cells AS bigint[])))
 GROUP BY 1, 2, 3, 4;

-- finest_demand --
-- The exact facts at resolution 11.
SELECT * FROM topic.demand WHERE subdistrict_code = :code AND resolution = 11;

-- priors --
-- What rates are drawn to today.
SELECT resolution, topic, mean, variance FROM support.demand_prior WHERE subdistrict_code = :code;

-- cells_of_batch --
-- Cells of resolution 11 that requests of a batch lie in, and those they lay in before it.
SELECT DISTINCT cell FROM base.service_request WHERE subdistrict_code = :code AND batch_id = :batch_id AND cell IS NOT NULL
UNION
SELECT DISTINCT (record ->> 'cell')::bigint
  FROM support.record_version
  JOIN base.service_request AS request ON request.id = record_version.record_id AND request.batch_id = :batch_id
 WHERE table_name = 'base.service_request' AND record_version.recorded_to = request.recorded_from AND record ->> 'cell' IS NOT NULL;

-- cells_of_request --
-- Cells of resolution 11 that one request lies in and ever lay in.
SELECT cell FROM base.service_request WHERE id = :id AND cell IS NOT NULL
UNION
SELECT (record ->> 'cell')::bigint FROM support.record_version
 WHERE table_name = 'base.service_request' AND record_id = :id AND record ->> 'cell' IS NOT NULL;
