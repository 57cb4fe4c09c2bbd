-- lock_judging --
-- One judge at a time in a sub-district, whatever number of processes run.
SELECT pg_advisory_xact_lock(hashtextextended('alerts.judge.' || :subdistrict_code, 0));

-- standing_alerts --
-- Alerts that are not cleared, worst first; how many cells each had an hour ago, or when it was raised since.
SELECT alert.id, rule, unit_kind, unit_code, unit_name, letter, level, status, community_code, cells, observed, expected, expected_low, expected_high,
       method, window_from, window_to, member_ids, members, reasons, exposure, raised_at, updated_at, held_at, acknowledged_at, acknowledged_by, note,
       cleared_at, fingerprint, grading, holder, opened_at, held_by_at, due_at, inhibited_by, silenced_by, recurrence_days,
       rule_name, ST_AsGeoJSON(geom, 6)::jsonb AS shape
  FROM alerting.alert
 WHERE subdistrict_code = :subdistrict_code AND status <> 'cleared'
 ORDER BY level, raised_at, id;

-- taken_letters --
SELECT letter FROM alerting.shown_alert WHERE subdistrict_code = :subdistrict_code AND status <> 'cleared';

-- raise_alert --
-- A new alert.
INSERT INTO alerting.alert (id, subdistrict_code, rule, unit_kind, unit_code, unit_name, letter, level, community_code, cells, geom, observed, expected,
                            expected_low, expected_high, method, window_from, window_to, member_ids, members, reasons, exposure, raised_at, updated_at,
                            held_at, fingerprint, grading, holder, opened_at, held_by_at, recurrence_days, rule_name)
VALUES (:id, :subdistrict_code, :rule, :unit_kind, :unit_code, :unit_name, :letter, :level, :community_code, :cells, :geom, :observed, :expected,
        :expected_low, :expected_high, :method, :window_from, :window_to, :member_ids, :members, CAST(:reasons AS jsonb), CAST(:exposure AS jsonb), :now, :now,
        :now, :fingerprint, CAST(:grading AS jsonb), :holder, :now, :now, :recurrence_days, CAST(:rule_name AS jsonb));

-- new_ids --
-- Ids for so many new alerts, in ascending order.
SELECT nextval(pg_get_serial_sequence('alerting.alert', 'id')) AS id FROM generate_series(1, :number) ORDER BY 1;

-- update_alert --
-- An alert whose condition still holds, with what holds now. A graver level asks for acknowledgement anew, of the post that holds it.
UPDATE alerting.alert
   SET level = :level, observed = :observed, expected = :expected, expected_low = :expected_low, expected_high = :expected_high,
       window_from = :window_from, window_to = :window_to, member_ids = :member_ids, reasons = CAST(:reasons AS jsonb), held_at = :now,
       grading = CAST(:grading AS jsonb), recurrence_days = :recurrence_days, cells = :cells, geom = COALESCE(CAST(:geom AS geometry), geom), exposure = CAST(:exposure AS jsonb), unit_kind = :unit_kind,
       unit_code = :unit_code, unit_name = :unit_name, community_code = :community_code, fingerprint = :fingerprint,
       updated_at = CASE WHEN :changed THEN :now ELSE updated_at END,
       status = CASE WHEN :level < level THEN 'open' ELSE status END,
       opened_at = CASE WHEN :level < level THEN :now ELSE opened_at END,
       held_by_at = CASE WHEN :level < level THEN :now ELSE held_by_at END,
       due_at = CASE WHEN :level < level THEN NULL ELSE due_at END
 WHERE id = :id;

-- note_event --
INSERT INTO alerting.alert_event (alert_id, at, change, level, observed, actor, note, cells, detail)
VALUES (:alert_id, :now, :change, :level, :observed, :actor, :note, :cells, CAST(:detail AS jsonb));

-- end_alert --
UPDATE alerting.alert SET status = 'cleared', cleared_at = :now, updated_at = :now, ended_by = :ended_by, merged_into = :merged_into, due_at = NULL
 WHERE id = :id AND status <> 'cleared';

-- explain_alert --
-- Which larger alert explains this one; empty = none. Whoever holds it has their whole time once it is told again.
UPDATE alerting.alert SET inhibited_by = :inhibited_by, updated_at = :now, held_by_at = :now WHERE id = :id;

-- acknowledge_alert --
-- A post takes the alert on; only an open one can be taken.
UPDATE {alert} SET status = 'acknowledged', acknowledged_at = :now, acknowledged_by = :post, note = :note, updated_at = :now, due_at = :due_at
 WHERE id = :id AND status = 'open'
RETURNING level, observed;

-- follow_up --
-- Something followed: whoever holds it has until the next :due_at.
UPDATE {alert} SET due_at = :due_at, updated_at = :now WHERE id = :id AND status = 'acknowledged'
RETURNING level, observed;

-- note_act --
INSERT INTO {event} (alert_id, at, change, level, observed, actor, note, detail)
VALUES (:alert_id, :now, :change, :level, :observed, :actor, :note, CAST(:detail AS jsonb));

-- act_of --
-- By when something was to follow, as an entry of this key was answered.
SELECT detail ->> 'due_at' FROM alerting.shown_event WHERE alert_id = :id AND detail ->> 'client_key' = :client_key LIMIT 1;

-- alert_state --
SELECT status, level FROM alerting.shown_alert WHERE id = :id;

-- alert_events --
-- What happened to an alert, oldest first.
SELECT id, at, change, level, observed, actor, note, cardinality(cells) AS cell_count, detail FROM alerting.shown_event WHERE alert_id = :id ORDER BY at, id;

-- late_acknowledged --
-- Acknowledged alerts after which nothing followed in time.
SELECT id, level, observed, holder, unit_kind, acknowledged_by FROM alerting.alert
 WHERE subdistrict_code = :subdistrict_code AND status = 'acknowledged' AND due_at <= :now
   FOR UPDATE;

-- fall_back --
UPDATE alerting.alert SET status = 'open', opened_at = :now, held_by_at = :now, due_at = NULL, updated_at = :now WHERE id = :id;

-- waiting_alerts --
-- Open alerts that are told to people, with who has them since when.
SELECT id, level, observed, holder, held_by_at FROM alerting.alert
 WHERE subdistrict_code = :subdistrict_code AND status = 'open' AND inhibited_by IS NULL AND silenced_by IS NULL
   FOR UPDATE;

-- hand_up --
UPDATE alerting.alert SET holder = :holder, held_by_at = :held_by_at, updated_at = :now WHERE id = :id;

-- unconfirmed_alerts --
-- Alerts that no judgement has confirmed or ended since :before.
SELECT id, level, observed FROM alerting.alert WHERE subdistrict_code = :subdistrict_code AND status <> 'cleared' AND held_at < :before
   FOR UPDATE;

-- ageing_alerts --
-- Alerts that still hold and of which other systems heard last before :before.
SELECT id, level, observed, cells FROM alerting.alert
 WHERE subdistrict_code = :subdistrict_code AND status <> 'cleared' AND held_at > :before
   AND NOT EXISTS (SELECT FROM alerting.alert_event AS event
                    WHERE event.alert_id = alert.id AND event.at > :before AND event.change IN ('raised', 'level', 'grown', 'updated', 'renewed'))
   FOR UPDATE;

-- tell --
SELECT support.tell(jsonb_build_object('kind', 'alert', 'id', CAST(:id AS bigint), 'change', CAST(:change AS text)));

-- tell_many --
-- Many changes at once are told as one: whoever listens looks at all of them.
SELECT support.tell(jsonb_build_object('kind', 'alert', 'id', NULL, 'change', 'many'));

-- recent_alerts --
-- Alerts that stand or were raised after :since, real ones, judged afterwards, and of drills, each with the larger one that explains it or that it became
-- part of; those that stand first, gravest first, then the newest.
SELECT alert.id, alert.rule, alert.rule_name, alert.unit_kind, alert.unit_code, alert.unit_name, alert.letter, alert.level, alert.status, alert.method,
       alert.community_code, community.name AS community, community.name_en AS community_en, cardinality(alert.cells) AS cell_count, alert.observed,
       alert.expected, alert.expected_low, alert.expected_high, alert.recurrence_days, alert.reasons, alert.exposure, alert.grading, alert.holder,
       alert.acknowledged_by, alert.note, alert.raised_at, alert.cleared_at, alert.due_at, alert.ended_by, alert.inhibited_by, alert.silenced_by,
       alert.merged_into, alert.replayed, alert.exercise, cause.id AS cause_id, cause.letter AS cause_letter, cause.level AS cause_level,
       cause.rule AS cause_rule, cause.rule_name AS cause_rule_name
  FROM alerting.shown_alert AS alert LEFT JOIN base.community ON community.code = alert.community_code
  LEFT JOIN alerting.alert AS cause ON cause.id = COALESCE(alert.inhibited_by, alert.merged_into)
 WHERE alert.subdistrict_code = :subdistrict_code AND (CAST(:id AS bigint) IS NULL OR alert.id = :id)
   AND (CAST(:id AS bigint) IS NOT NULL OR alert.status <> 'cleared' OR alert.raised_at > :since)
 ORDER BY (alert.status = 'cleared'), CASE WHEN alert.status <> 'cleared' THEN alert.exercise END, CASE WHEN alert.status <> 'cleared' THEN alert.level END,
          alert.raised_at DESC, alert.id DESC
 LIMIT 2000;
