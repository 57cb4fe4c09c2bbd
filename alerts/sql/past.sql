-- daily_incidents --
-- Incidents of a rule per unit and local day; the ids and kinds of days that may hold a finding. {unit} as in judge.sql.
SELECT {unit} AS unit_code, (event.at AT TIME ZONE :zone)::date AS day, count(*) AS observed,
       CASE WHEN count(*) >= :least THEN array_agg(event.id ORDER BY event.id) END AS member_ids,
       CASE WHEN count(*) >= :least THEN array_agg(event.kind ORDER BY event.id) END AS kinds
  FROM alerting.placed_incident AS event
 WHERE event.subdistrict_code = :subdistrict_code AND event.at >= :opens AND event.at < :closes
   AND (cardinality(CAST(:category AS text[])) = 0 OR event.category = ANY (CAST(:category AS text[])))
   AND (cardinality(CAST(:subcategory AS text[])) = 0 OR event.subcategory = ANY (CAST(:subcategory AS text[])))
   AND (cardinality(CAST(:grade AS text[])) = 0 OR event.grade = ANY (CAST(:grade AS text[])))
   AND {unit} IS NOT NULL
 GROUP BY unit_code, day;

-- daily_service_requests --
-- As daily_incidents, of service requests; kinds are the names of the service items.
SELECT {unit} AS unit_code, (event.at AT TIME ZONE :zone)::date AS day, count(*) AS observed,
       CASE WHEN count(*) >= :least THEN array_agg(event.id ORDER BY event.id) END AS member_ids,
       CASE WHEN count(*) >= :least THEN array_agg(event.kind ORDER BY event.id) END AS kinds
  FROM alerting.placed_request AS event
 WHERE event.subdistrict_code = :subdistrict_code AND event.at >= :opens AND event.at < :closes
   AND (cardinality(CAST(:topic AS text[])) = 0 OR event.topic = ANY (CAST(:topic AS text[])))
   AND (cardinality(CAST(:item_code AS text[])) = 0 OR event.item_code = ANY (CAST(:item_code AS text[])))
   AND {unit} IS NOT NULL
 GROUP BY unit_code, day;

-- span --
-- From the first record on, until the first alert that was judged at its time.
SELECT (SELECT min(reported_at) FROM base.incident WHERE subdistrict_code = :subdistrict_code) AS opens,
       (SELECT min(raised_at) FROM alerting.alert WHERE subdistrict_code = :subdistrict_code AND NOT replayed) AS closes;

-- any_replayed --
SELECT EXISTS (SELECT FROM alerting.alert WHERE subdistrict_code = :subdistrict_code AND replayed);

-- forget_events --
DELETE FROM alerting.alert_event USING alerting.alert WHERE alert.id = alert_id AND alert.subdistrict_code = :subdistrict_code AND alert.replayed;

-- forget_alerts --
DELETE FROM alerting.alert WHERE subdistrict_code = :subdistrict_code AND replayed;

-- keep_alert --
INSERT INTO alerting.alert (id, subdistrict_code, rule, rule_name, unit_kind, unit_code, unit_name, letter, level, status, community_code, cells, geom, observed,
                            expected, expected_low, expected_high, method, window_from, window_to, member_ids, members, reasons, exposure, raised_at,
                            updated_at, held_at, cleared_at, ended_by, fingerprint, grading, holder, opened_at, held_by_at, replayed)
VALUES (:id, :subdistrict_code, :rule, CAST(:rule_name AS jsonb), :unit_kind, :unit_code, :unit_name, '', :level, 'cleared', :community_code, :cells, :geom, :observed,
        :expected, :expected_low, :expected_high, :method, :window_from, :window_to, :member_ids, :members, CAST(:reasons AS jsonb), CAST(:exposure AS jsonb), :raised_at,
        :cleared_at, :held_at, :cleared_at, 'gone', :fingerprint, CAST(:grading AS jsonb), :holder, :raised_at, :raised_at, true);

-- keep_event --
-- A step that was judged afterwards: nobody is told of it.
INSERT INTO alerting.alert_event (alert_id, at, change, level, observed, actor, cells, detail, routed_at)
VALUES (:alert_id, :at, :change, :level, :observed, 'judge', :cells, CAST(:detail AS jsonb), :now);
