-- decided --
-- Which layers have their limits already.
SELECT layer_id, resolution FROM support.layer_class WHERE subdistrict_code = :code;

-- keep --
-- Limits are decided once; somebody who decided at the same time was first.
INSERT INTO support.layer_class (subdistrict_code, layer_id, resolution, limits, window_from, window_to, decided_at)
VALUES (:code, :layer_id, :resolution, :limits, :window_from, :window_to, :now)
    ON CONFLICT DO NOTHING;

-- request_months --
-- Requests on the map by cell of resolution 11, topic and month: window 0 is the last 30 days, 11 the first of twelve.
SELECT request.cell, COALESCE(item.topic, '') AS topic,
       floor(extract(epoch FROM :now - request.requested_at) / (30 * 86400))::integer AS "window", count(*) AS requests
  FROM base.service_request AS request
  LEFT JOIN support.service_item AS item ON item.code = request.item_code AND item.subdistrict_code = request.subdistrict_code
 WHERE request.subdistrict_code = :code AND request.placement = 'placed' AND request.status <> 'withdrawn'
   AND request.requested_at > CAST(:now AS timestamptz) - interval '360 days' AND request.requested_at <= :now
 GROUP BY 1, 2, 3;

-- eligible --
-- Published eligible persons per cell and topic; those not published are left out.
SELECT cell, resolution, topic, eligible FROM topic.demand_published
 WHERE subdistrict_code = :code AND eligible > 0;

-- open_months --
-- Incidents open at the end of each of the last twelve times 30 days, by cell of resolution 11, category and grade. What was open
-- longer than 90 days is left out: it would be counted in every month.
SELECT month AS "window", cell, category, grade, count(*) AS incidents
  FROM generate_series(0, 11) AS month, base.incident
 WHERE subdistrict_code = :code AND placement = 'placed' AND status <> 'withdrawn'
   AND reported_at <= CAST(:now AS timestamptz) - month * interval '30 days'
   AND reported_at > CAST(:now AS timestamptz) - month * interval '30 days' - interval '90 days'
   AND (closed_at IS NULL OR closed_at > CAST(:now AS timestamptz) - month * interval '30 days')
 GROUP BY 1, 2, 3, 4;

-- reported_months --
-- Incidents by cell of resolution 11 and month of :days days, counted back from today.
SELECT cell, (CAST(:today AS date) - day) / CAST(:days AS integer) AS "window", sum(reported)::bigint AS incidents
  FROM topic.incident_day
 WHERE subdistrict_code = :code AND day > CAST(:today AS date) - 360 AND day <= :today
 GROUP BY 1, 2;
