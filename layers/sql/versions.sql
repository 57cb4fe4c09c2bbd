-- facts_version --
-- Version of a topic's facts, and of the layer's class limits.
SELECT COALESCE((SELECT version || '.' || extract(epoch FROM changed_at)::bigint FROM support.layer_state
                  WHERE subdistrict_code = :code AND topic = :topic), '0')
       || '-' || COALESCE((SELECT extract(epoch FROM max(decided_at))::bigint FROM support.layer_class
                            WHERE subdistrict_code = :code AND layer_id = :layer_id), 0);

-- flood_version --
-- Version of what rasters say, and the newest rain that still counts.
SELECT COALESCE((SELECT version || '.' || extract(epoch FROM changed_at)::bigint FROM support.layer_state
                  WHERE subdistrict_code = :code AND topic = 'rasters'), '0')
       || '-' || COALESCE((SELECT extract(epoch FROM max(measured_at))::bigint FROM base.cell_measure
                            WHERE subdistrict_code = :code AND kind = 'rain' AND measured_at > now() - interval '1 day'), 0);

-- places_version --
-- The newest batch of a feed of places, with the state of the facts that places carry.
SELECT COALESCE((SELECT max(id) FROM support.batch
                  WHERE subdistrict_code = :code AND feed NOT IN ('incidents', 'requests', 'residents', 'visits')), 0)
       || '-' || COALESCE((SELECT version || '.' || extract(epoch FROM changed_at)::bigint FROM support.layer_state
                            WHERE subdistrict_code = :code AND topic = 'population'), '0');

-- alerts_version --
-- The newest change of an alert.
SELECT COALESCE(max(extract(epoch FROM updated_at)), 0) || '-' || count(*) FROM alerting.alert WHERE subdistrict_code = :code;

-- outside_alerts_version --
-- The newest message from outside, and how many hold now.
SELECT COALESCE(max(extract(epoch FROM received_at)), 0) || '-' || count(*) FILTER (WHERE ended_at IS NULL AND expires_at > now())
  FROM alerting.outside_alert WHERE subdistrict_code = :code;

-- risk_points_version --
-- The risk points the asker may see, by name: two askers with different rights have different versions.
SELECT md5(COALESCE(string_agg(id::text, ',' ORDER BY id), '')) FROM alerting.risk_point
 WHERE subdistrict_code = :code AND status = 'confirmed' AND valid_to > now();

-- incidents_version --
-- The newest change of an open incident, and how many are open.
SELECT COALESCE(max(extract(epoch FROM recorded_from)), 0) || '-' || count(*)
  FROM base.incident WHERE subdistrict_code = :code AND status NOT IN ('closed', 'withdrawn');

-- resources_version --
-- The newest change of a resource.
SELECT COALESCE(max(extract(epoch FROM recorded_from)), 0) || '-' || count(*) FROM base.resource WHERE subdistrict_code = :code;
