-- subdistrict --
-- The sub-district that is served.
SELECT code, name, name_en, timezone, schematic, ST_AsGeoJSON(geom, 6) AS geom FROM base.subdistrict ORDER BY code LIMIT 1;

-- communities --
-- Communities with their outline and where their name stands; without a stated point, in the middle of their homes.
SELECT community.code, community.name, community.name_en, ST_AsGeoJSON(community.geom, 6) AS geom,
       ST_AsGeoJSON(COALESCE(community.label_point, homes.middle, ST_PointOnSurface(community.geom)), 6) AS label
  FROM base.community
  LEFT JOIN LATERAL (
        SELECT ST_SetSRID(ST_MakePoint(avg(ST_X(building.geom)), avg(ST_Y(building.geom))), 4326) AS middle
          FROM base.building
         WHERE building.community_code = community.code AND (building.valid_to IS NULL OR building.valid_to > :now)) AS homes ON true
 WHERE community.subdistrict_code = :code AND (community.valid_to IS NULL OR community.valid_to > :now)
 ORDER BY community.code;

-- cells --
-- Cells of resolution 10 with the community that has most of each.
SELECT cell.cell, ST_AsGeoJSON(cell.geom, 6) AS geom, cell.area_m2, part.unit_code AS community_code
  FROM base.cell
  LEFT JOIN LATERAL (
        SELECT unit_code FROM base.cell_share
         WHERE cell_share.cell = cell.cell AND unit_kind = 'community' ORDER BY cell_share.share DESC LIMIT 1) AS part ON true
 WHERE cell.subdistrict_code = :code AND cell.resolution = 10 AND cell.share > 0
 ORDER BY cell.cell;

-- roads --
-- Roads as the lines they are made of.
SELECT name, road_class, ST_AsGeoJSON(ST_LineMerge(ST_Collect(geom)), 6) AS geom
  FROM base.road_segment WHERE subdistrict_code = :code
 GROUP BY name, road_class ORDER BY sum(length_m) DESC;

-- surroundings --
-- Water and hills, hills by where they begin.
SELECT id, kind, name, subkind, ST_AsGeoJSON(geom, 6) AS geom FROM base.place
 WHERE subdistrict_code = :code AND kind IN ('water', 'hill') AND GeometryType(geom) IN ('POLYGON', 'MULTIPOLYGON')
   AND (valid_to IS NULL OR valid_to > :now)
 ORDER BY kind, subkind NULLS FIRST, id;

-- spots --
-- Compounds the street counts and apartment areas, those with most households first.
SELECT place.id, place.name, COALESCE(place.compound_kind, 'apartment') AS kind, ST_X(place.point) AS lon, ST_Y(place.point) AS lat,
       COALESCE(place.households, 0) AS households, COALESCE(place.community_code, '') AS community_code
  FROM base.place
 WHERE place.subdistrict_code = :code AND place.kind IN ('compound', 'apartment') AND place.counted AND place.point IS NOT NULL
   AND (place.valid_to IS NULL OR place.valid_to > :now)
 ORDER BY place.kind, households DESC, place.id;

-- feeds --
-- How old each feed's newest event is, and how often one is expected. A register has no events: it is as old as its delivery.
SELECT name, title, expected_every_s, extract(epoch FROM COALESCE(newest_event_at, last_batch_at))::float AS newest_at
  FROM support.feed WHERE subdistrict_code = :code ORDER BY name;

-- persons --
-- Persons on file in the whole sub-district.
SELECT total, registered, migrant FROM support.persons_on_file();

-- requests_today --
-- Requests since midnight, and in the same hours a week ago.
SELECT count(*) FILTER (WHERE requested_at >= CAST(:midnight AS timestamptz) AND requested_at <= :now) AS today,
       count(*) FILTER (WHERE requested_at < CAST(:now AS timestamptz) - interval '7 days') AS week_ago,
       (SELECT min(requested_at) < CAST(:midnight AS timestamptz) - interval '7 days' FROM base.service_request WHERE subdistrict_code = :code) AS has_week
  FROM base.service_request
 WHERE subdistrict_code = :code AND status <> 'withdrawn'
   AND ((requested_at >= :midnight AND requested_at <= :now)
        OR (requested_at >= CAST(:midnight AS timestamptz) - interval '7 days' AND requested_at < CAST(:now AS timestamptz) - interval '7 days'));

-- open_incidents --
-- Incidents that wait to be closed now, an hour ago and yesterday; older than a year they are another matter.
WITH kept AS (
    SELECT reported_at, due_at, closed_at, status FROM base.incident
     WHERE subdistrict_code = :code AND status <> 'withdrawn' AND reported_at > CAST(:now AS timestamptz) - interval '120 days' AND reported_at <= :now
       AND (status <> 'closed' OR closed_at > CAST(:now AS timestamptz) - interval '1 day')
)
SELECT count(*) FILTER (WHERE status <> 'closed') AS open,
       count(*) FILTER (WHERE reported_at >= :midnight) AS today,
       count(*) FILTER (WHERE reported_at <= CAST(:now AS timestamptz) - interval '1 hour'
                          AND (status <> 'closed' OR closed_at > CAST(:now AS timestamptz) - interval '1 hour')) AS hour_ago,
       count(*) FILTER (WHERE status <> 'closed' AND due_at < :now) AS overdue,
       count(*) FILTER (WHERE reported_at <= CAST(:now AS timestamptz) - interval '1 day' AND due_at < CAST(:now AS timestamptz) - interval '1 day') AS overdue_yesterday
  FROM kept;

-- unplaced --
-- Records that wait to be put on the map; those already closed apart, and without those a person judged (outside, not to be placed).
SELECT (SELECT count(*) FROM base.incident AS record
         WHERE subdistrict_code = :code AND placement <> 'placed' AND status NOT IN ('closed', 'withdrawn')
           AND NOT EXISTS (SELECT FROM support.placement_decision AS decided
                            WHERE decided.subject = 'incident' AND decided.record_id = record.id AND decided.ended_at IS NULL)) AS incidents,
       (SELECT count(*) FROM base.service_request AS record
         WHERE subdistrict_code = :code AND placement <> 'placed' AND status NOT IN ('closed', 'withdrawn')
           AND NOT EXISTS (SELECT FROM support.placement_decision AS decided
                            WHERE decided.subject = 'request' AND decided.record_id = record.id AND decided.ended_at IS NULL)) AS requests,
       (SELECT count(*) FROM base.service_request WHERE subdistrict_code = :code AND placement <> 'placed' AND status <> 'withdrawn'
           AND requested_at > CAST(:now AS timestamptz) - interval '30 days') AS requests_30_days,
       (SELECT count(*) FROM base.incident WHERE subdistrict_code = :code AND placement <> 'placed' AND status <> 'withdrawn'
           AND reported_at > CAST(:now AS timestamptz) - interval '30 days') AS incidents_30_days;

-- resources --
-- Emergency resources in force.
SELECT resource.id, resource.kind, resource.name, resource.status, resource.status_reason, resource.status_since, resource.status_until,
       ST_X(resource.geom) AS lon, ST_Y(resource.geom) AS lat, community.name AS community, community.name_en AS community_en
  FROM base.resource LEFT JOIN base.community ON community.code = resource.community_code
 WHERE resource.subdistrict_code = :code AND (resource.valid_to IS NULL OR resource.valid_to > :now)
 ORDER BY resource.kind, resource.id;

-- request_hours --
-- Requests per hour of the last 24 hours (week 0) and of the same hours of each of the eight weeks before; hour 23 ends now.
SELECT week, floor(extract(epoch FROM request.requested_at - (CAST(:now AS timestamptz) - week * interval '7 days' - interval '24 hours')) / 3600)::integer AS hour,
       count(*) AS events
  FROM generate_series(0, 8) AS week
  JOIN base.service_request AS request
    ON request.requested_at >= CAST(:now AS timestamptz) - week * interval '7 days' - interval '24 hours'
   AND request.requested_at < CAST(:now AS timestamptz) - week * interval '7 days'
 WHERE request.subdistrict_code = :code AND request.status <> 'withdrawn'
 GROUP BY week, hour;

-- incident_hours --
-- Incidents per hour, as request_hours.
SELECT week, floor(extract(epoch FROM incident.reported_at - (CAST(:now AS timestamptz) - week * interval '7 days' - interval '24 hours')) / 3600)::integer AS hour,
       count(*) AS events
  FROM generate_series(0, 8) AS week
  JOIN base.incident
    ON incident.reported_at >= CAST(:now AS timestamptz) - week * interval '7 days' - interval '24 hours'
   AND incident.reported_at < CAST(:now AS timestamptz) - week * interval '7 days'
 WHERE incident.subdistrict_code = :code AND incident.status <> 'withdrawn'
 GROUP BY week, hour;

-- incident_points --
-- Where the open incidents on the map are; no text of any kind.
SELECT ST_X(geom) AS lon, ST_Y(geom) AS lat, id, category FROM base.incident
 WHERE subdistrict_code = :code AND placement = 'placed' AND status NOT IN ('closed', 'withdrawn') AND subcategory <> ALL (:sensitive)
   AND reported_at > CAST(:now AS timestamptz) - interval '120 days'
 ORDER BY reported_at DESC LIMIT 1500;

-- new_incidents --
-- Incidents just told of, those on the map with their point.
SELECT id, ST_X(geom) AS lon, ST_Y(geom) AS lat, placement, status, extract(epoch FROM reported_at)::float AS at, subcategory <> ALL (:sensitive) AS shown
  FROM base.incident WHERE id = ANY (:ids) AND subdistrict_code = :code ORDER BY id;

-- newest_records --
-- The newest record of each kind; what is newer was not seen.
SELECT (SELECT max(id) FROM base.incident WHERE subdistrict_code = :code) AS incident,
       (SELECT max(id) FROM base.service_request WHERE subdistrict_code = :code) AS request;

-- records_after --
-- How many records came after the newest that a page has seen.
SELECT (SELECT count(*) FROM base.incident WHERE id > :incident AND subdistrict_code = :code)
     + (SELECT count(*) FROM base.service_request WHERE id > :request AND subdistrict_code = :code) AS records;

-- community_demand --
-- Published requests and rates of 30 days per community and of the whole.
SELECT unit_kind, unit_code, requests, per_1000 FROM topic.unit_demand_published
 WHERE subdistrict_code = :code AND topic = :topic AND unit_kind IN ('community', 'subdistrict');

-- community_persons --
-- Published persons per community and of the whole.
SELECT unit_kind, unit_code, total, registered, migrant, aged_60, living_alone FROM topic.unit_population_published
 WHERE subdistrict_code = :code AND unit_kind IN ('community', 'subdistrict');

-- community_reach --
-- Published persons by walking time to each kind of resource.
SELECT unit_kind, unit_code, kind, within_5, within_10, within_15, gap, persons FROM topic.unit_coverage_published
 WHERE subdistrict_code = :code;

-- gap_cells --
-- Cells beyond 15 minutes of a kind with the persons published for each.
SELECT coverage.cell, persons.total
  FROM topic.coverage
  JOIN topic.population_published AS persons ON persons.cell = coverage.cell AND persons.subdistrict_code = coverage.subdistrict_code AND persons.resolution = 10
 WHERE coverage.subdistrict_code = :code AND coverage.resolution = 10 AND coverage.kind = :kind AND coverage.reach IS NULL AND persons.total IS NOT NULL;

-- categories --
-- Incidents of 30 days by category: reported, open, overdue.
SELECT category, count(*) AS reported, count(*) FILTER (WHERE status <> 'closed') AS open,
       count(*) FILTER (WHERE status <> 'closed' AND due_at < :now) AS overdue
  FROM base.incident
 WHERE subdistrict_code = :code AND status <> 'withdrawn' AND reported_at > CAST(:now AS timestamptz) - interval '30 days' AND reported_at <= :now
 GROUP BY category ORDER BY reported DESC, category;

-- fact_times --
-- When the facts of each topic were last brought up to date.
SELECT topic, version, extract(epoch FROM refreshed_at)::float AS refreshed_at FROM support.layer_state WHERE subdistrict_code = :code;

-- open_alerts --
-- Alerts that are not cleared and that no larger one explains, with when the first of what they count happened; real ones before those of a drill, gravest first, then oldest; how many
-- each explains, its cells and count an hour ago (or when it was raised since), and how many there are in all.
SELECT alert.id, alert.rule, alert.rule_name, alert.unit_kind, alert.unit_code, alert.unit_name, alert.letter, alert.level, alert.status,
       alert.community_code, ST_AsGeoJSON(alert.geom, 6) AS geom, cardinality(alert.cells) AS cell_count, alert.observed, alert.expected,
       alert.expected_low, alert.expected_high, alert.method, alert.recurrence_days, alert.window_from, alert.window_to, alert.reasons, alert.exposure,
       alert.members, cardinality(alert.member_ids) AS member_count, alert.raised_at, alert.due_at, alert.holder, alert.held_by_at, alert.silenced_by, alert.exercise,
       alert.acknowledged_at, alert.acknowledged_by, community.name AS community, community.name_en AS community_en,
       (SELECT max(at) FROM alerting.shown_event WHERE alert_id = alert.id AND change IN ('raised', 'level')) AS graded_at,
       (SELECT count(*) FROM alerting.alert AS other WHERE other.inhibited_by = alert.id AND other.status <> 'cleared') AS explains,
       CASE WHEN alert.members = 'incident' THEN (SELECT min(reported_at) FROM base.incident WHERE id = ANY (alert.member_ids))
            WHEN alert.members = 'service_request' THEN (SELECT min(requested_at) FROM base.service_request WHERE id = ANY (alert.member_ids)) END AS first_at,
       former.observed AS observed_before, shaped.cell_count AS cells_before, count(*) OVER () AS total
  FROM alerting.shown_alert AS alert
  LEFT JOIN base.community ON community.code = alert.community_code
  LEFT JOIN LATERAL (SELECT observed FROM alerting.shown_event WHERE alert_id = alert.id
                      ORDER BY at > CAST(:now AS timestamptz) - interval '1 hour', CASE WHEN at > CAST(:now AS timestamptz) - interval '1 hour' THEN at END,
                               at DESC, id LIMIT 1) AS former ON true
  LEFT JOIN LATERAL (SELECT cardinality(cells) AS cell_count FROM alerting.shown_event WHERE alert_id = alert.id AND cells IS NOT NULL
                      ORDER BY at > CAST(:now AS timestamptz) - interval '1 hour', CASE WHEN at > CAST(:now AS timestamptz) - interval '1 hour' THEN at END,
                               at DESC, id LIMIT 1) AS shaped ON true
 WHERE alert.subdistrict_code = :code AND alert.status <> 'cleared' AND alert.inhibited_by IS NULL
 ORDER BY alert.exercise, alert.level, alert.raised_at, alert.id
 LIMIT 100;

-- running_drill --
SELECT title FROM alerting.drill WHERE subdistrict_code = :code AND ended_at IS NULL;

-- outside_alerts --
-- CAP alerts of others that hold now, gravest first.
SELECT id, event, headline, source_name, level, area_desc, sent, effective_at, expires_at,
       ST_AsGeoJSON(ST_Intersection(geom, (SELECT geom FROM base.subdistrict WHERE code = :code)), 6) AS geom
  FROM alerting.outside_alert
 WHERE subdistrict_code = :code AND status = 'Actual' AND msg_type IN ('Alert', 'Update') AND ended_at IS NULL AND expires_at > :now
 ORDER BY level, sent DESC, id
 LIMIT 20;

-- alert_events --
-- What happened to an alert.
SELECT at, change, level, detail FROM alerting.shown_event WHERE alert_id = :id ORDER BY at, id;

-- alert_area_m2 --
-- True area of an alert's cells.
SELECT COALESCE(sum(cell.area_m2), 0) FROM alerting.shown_alert AS alert JOIN base.cell ON cell.cell = ANY (alert.cells) WHERE alert.id = :id;

-- alert_members --
-- Where the incidents lie that an alert counted; sensitive kinds left out.
SELECT ST_X(incident.geom) AS lon, ST_Y(incident.geom) AS lat
  FROM alerting.alert JOIN base.incident ON incident.id = ANY (alert.member_ids)
 WHERE alert.id = :id AND alert.members = 'incident' AND incident.placement = 'placed' AND incident.subcategory <> ALL (:sensitive);

-- alert_buildings --
-- Buildings within 900 m of an alert's shape: outline, and whether it lies inside.
SELECT ST_AsGeoJSON(building.footprint, 6) AS geom, ST_Intersects(building.geom, alert.geom) AS inside
  FROM alerting.shown_alert AS alert
  JOIN base.building ON ST_DWithin(building.geom::geography, alert.geom::geography, 900)
 WHERE alert.id = :id AND building.footprint IS NOT NULL AND (building.valid_to IS NULL OR building.valid_to > :now)
 LIMIT 2500;

-- alert_help --
-- The nearest team, police post, clinic and micro fire station to an alert's middle, as the crow flies.
SELECT DISTINCT ON (resource.kind) resource.kind, resource.name, resource.status, ST_X(resource.geom) AS lon, ST_Y(resource.geom) AS lat,
       ST_Distance(resource.geom::geography, ST_Centroid(alert.geom)::geography) AS distance_m
  FROM alerting.shown_alert AS alert
  JOIN base.resource ON resource.subdistrict_code = alert.subdistrict_code AND resource.placement = 'placed'
   AND resource.kind IN ('team', 'police_post', 'clinic', 'fire_station') AND (resource.valid_to IS NULL OR resource.valid_to > :now)
 WHERE alert.id = :id
 ORDER BY resource.kind, distance_m;

-- alert_unplaced --
-- Records waiting to be put on the map that are known to lie in the alert's community: some of them may belong to it.
SELECT (SELECT count(*) FROM base.incident WHERE subdistrict_code = alert.subdistrict_code AND placement <> 'placed' AND community_code = alert.community_code
           AND status NOT IN ('closed', 'withdrawn'))
     + (SELECT count(*) FROM base.service_request WHERE subdistrict_code = alert.subdistrict_code AND placement <> 'placed'
           AND community_code = alert.community_code AND status NOT IN ('closed', 'withdrawn'))
  FROM alerting.shown_alert AS alert WHERE alert.id = :id;

-- inhabited --
-- Cells of resolution 10 with anybody on file, fewer than five included.
SELECT cell FROM topic.population_published WHERE subdistrict_code = :code AND resolution = 10 AND (total IS NULL OR total > 0);
