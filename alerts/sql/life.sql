-- lock_judging --
-- One judge at a time in a sub-district, whatever number of processes run.
SELECT pg_advisory_xact_lock(hashtextextended('alerts.judge.' || :subdistrict_code, 0));

-- standing_alerts --
-- Alerts that are not cleared, worst first.
SELECT id, rule, unit_kind, unit_code, unit_name, letter, level, status, community_code, cells, observed, expected, expected_low, expected_high, method,
       window_from, window_to, member_ids, members, reasons, exposure, raised_at, updated_at, held_at, acknowledged_at, acknowledged_by, note,
       cleared_at, recurrence_days, rule_name, ST_AsGeoJSON(geom, 6)::jsonb AS shape
  FROM alerting.alert
 WHERE subdistrict_code = :subdistrict_code AND status <> 'cleared'
 ORDER BY level, raised_at, id;

-- raise_alert --
-- A new alert; its first event is written with it.
WITH raised AS (
    INSERT INTO alerting.alert (subdistrict_code, rule, unit_kind, unit_code, unit_name, letter, level, community_code, cells, geom, observed, expected,
                                expected_low, expected_high, method, window_from, window_to, member_ids, members, reasons, exposure, raised_at, updated_at, held_at, recurrence_days, rule_name)
    VALUES (:subdistrict_code, :rule, :unit_kind, :unit_code, :unit_name, :letter, :level, :community_code, :cells, :geom, :observed, :expected,
            :expected_low, :expected_high, :method, :window_from, :window_to, :member_ids, :members, CAST(:reasons AS jsonb), CAST(:exposure AS jsonb), :now, :now, :now, :recurrence_days, CAST(:rule_name AS jsonb))
    RETURNING id, level, observed
), noted AS (
    INSERT INTO alerting.alert_event (alert_id, at, change, level, observed, actor) SELECT id, :now, 'raised', level, observed, 'judge' FROM raised
)
SELECT id FROM raised;

-- update_alert --
-- An alert whose condition still holds, with what holds now. A new level is an event of its own; a graver one asks for acknowledgement anew.
WITH before AS (
    SELECT id, level, observed FROM alerting.alert WHERE id = :id
), updated AS (
    UPDATE alerting.alert
       SET level = :level, observed = :observed, expected = :expected, expected_low = :expected_low, expected_high = :expected_high,
           window_from = :window_from, window_to = :window_to, member_ids = :member_ids, reasons = CAST(:reasons AS jsonb), held_at = :now, recurrence_days = :recurrence_days,
           updated_at = CASE WHEN alert.level <> :level OR alert.observed <> :observed THEN :now ELSE alert.updated_at END,
           status = CASE WHEN :level < alert.level THEN 'open' ELSE alert.status END
     WHERE id = :id
)
INSERT INTO alerting.alert_event (alert_id, at, change, level, observed, actor)
SELECT id, :now, CASE WHEN level <> :level THEN 'level' ELSE 'updated' END, :level, :observed, 'judge'
  FROM before WHERE level <> :level OR observed < :observed
RETURNING change;

-- clear_alert --
WITH cleared AS (
    UPDATE alerting.alert SET status = 'cleared', cleared_at = :now, updated_at = :now WHERE id = :id AND status <> 'cleared' RETURNING id, level, observed
)
INSERT INTO alerting.alert_event (alert_id, at, change, level, observed, actor) SELECT id, :now, 'cleared', level, observed, 'judge' FROM cleared;

-- acknowledge_alert --
-- A post takes the alert on; only an open one can be taken.
WITH taken AS (
    UPDATE alerting.alert SET status = 'acknowledged', acknowledged_at = :now, acknowledged_by = :post, note = :note, updated_at = :now
     WHERE id = :id AND status = 'open' RETURNING id, level, observed
)
INSERT INTO alerting.alert_event (alert_id, at, change, level, observed, actor, note) SELECT id, :now, 'acknowledged', level, observed, :post, :note FROM taken
RETURNING alert_id;

-- alert_status --
SELECT status FROM alerting.alert WHERE id = :id;

-- alert_events --
-- What happened to an alert, oldest first.
SELECT at, change, level, observed, actor, note FROM alerting.alert_event WHERE alert_id = :id ORDER BY at, id;

-- tell --
SELECT support.tell(jsonb_build_object('kind', 'alert', 'id', CAST(:id AS bigint), 'change', CAST(:change AS text)));
