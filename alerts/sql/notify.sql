-- lock_notifying --
-- One at a time in a sub-district decides who is told, whatever number of processes run.
SELECT pg_advisory_xact_lock(hashtextextended('alerts.notify.' || :subdistrict_code, 0));

-- undecided_events --
-- Steps that the stages have not seen yet, oldest first.
SELECT event.id AS event_id, event.change, event.level AS event_level, event.at, event.alert_id, event.detail
  FROM alerting.alert_event AS event
  JOIN alerting.alert ON alert.id = event.alert_id
 WHERE event.routed_at IS NULL AND alert.subdistrict_code = :subdistrict_code
 ORDER BY event.id
 LIMIT :limit;

-- alerts_by_id --
-- What the stages and the texts need of alerts.
SELECT alert.id, alert.rule, alert.rule_name, alert.unit_kind, alert.unit_code, alert.unit_name, alert.letter, alert.level, alert.status, alert.method,
       alert.community_code, community.name AS community, community.name_en AS community_en, cardinality(alert.cells) AS cell_count, alert.observed,
       alert.expected, alert.members, alert.holder, alert.acknowledged_by, alert.raised_at, alert.cleared_at, alert.ended_by, alert.inhibited_by,
       alert.silenced_by
  FROM alerting.alert LEFT JOIN base.community ON community.code = alert.community_code
 WHERE alert.id = ANY (CAST(:ids AS bigint[]));

-- silences_by_id --
SELECT id, reason, expires_at FROM alerting.silence WHERE id = ANY (CAST(:ids AS bigint[]));

-- group_states --
-- What the groups of each route hold and when they told last, of those that hold something or told lately.
SELECT route, group_key, max(due_at) AS due_at, max(told_at) AS told_at
  FROM (SELECT route, group_key, min(due_at) AS due_at, NULL::timestamptz AS told_at
          FROM alerting.notice WHERE subdistrict_code = :subdistrict_code AND state = 'waiting' GROUP BY route, group_key
        UNION ALL
        SELECT route, group_key, NULL, max(composed_at) FROM alerting.notification
         WHERE subdistrict_code = :subdistrict_code AND composed_at > :since GROUP BY route, group_key) AS known
 GROUP BY route, group_key;

-- keep_notices --
-- The decisions on many steps at once.
INSERT INTO alerting.notice (subdistrict_code, event_id, alert_id, route, group_key, state, stages, due_at, decided_at)
SELECT :subdistrict_code, event_id, alert_id, route, group_key, state, stages, due_at, :now
  FROM jsonb_to_recordset(CAST(:rows AS jsonb))
       AS listed(event_id bigint, alert_id bigint, route text, group_key text, state text, stages jsonb, due_at timestamptz);

-- mark_routed --
UPDATE alerting.alert_event SET routed_at = :now WHERE id = ANY (CAST(:ids AS bigint[]));

-- due_notices --
-- Everything that waits in groups of which something is due.
SELECT notice.id, notice.event_id, notice.alert_id, notice.route, notice.group_key, notice.stages, notice.due_at, event.change,
       event.level AS event_level, event.at, event.detail
  FROM alerting.notice
  JOIN alerting.alert_event AS event ON event.id = notice.event_id
 WHERE notice.subdistrict_code = :subdistrict_code AND notice.state = 'waiting'
   AND (notice.route, notice.group_key) IN (SELECT route, group_key FROM alerting.notice
                                             WHERE subdistrict_code = :subdistrict_code AND state = 'waiting' AND due_at <= :now)
 ORDER BY notice.id;

-- last_told --
-- The step each alert was last told with on each route, and its level.
SELECT DISTINCT ON (notice.route, notice.alert_id) notice.route, notice.alert_id, event.id AS event_id, event.level
  FROM alerting.notice JOIN alerting.alert_event AS event ON event.id = notice.event_id
 WHERE notice.alert_id = ANY (CAST(:ids AS bigint[])) AND notice.state = 'sent'
 ORDER BY notice.route, notice.alert_id, notice.event_id DESC;

-- told_lately --
-- How many notifications each route had since :since.
SELECT route, count(*) AS told FROM alerting.notification
 WHERE subdistrict_code = :subdistrict_code AND composed_at > :since GROUP BY route;

-- add_notification --
-- One notification; nothing when the same facts were told on the route before.
INSERT INTO alerting.notification (subdistrict_code, route, channel, group_key, idempotency_key, alert_ids, events, level, title, body, composed_at)
VALUES (:subdistrict_code, :route, :channel, :group_key, :idempotency_key, :alert_ids, :events, :level, :title, :body, :now)
RETURNING id;

-- settle_notices --
-- Notices that were told or stopped, with their last decisions.
UPDATE alerting.notice
   SET state = listed.state, stages = listed.stages, notification_id = listed.notification_id, decided_at = :now
  FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS listed(id bigint, state text, stages jsonb, notification_id bigint)
 WHERE notice.id = listed.id;

-- notices_of --
-- What the stages decided on each step of an alert, oldest first.
SELECT notice.id, notice.event_id, notice.route, notice.state, notice.stages, notice.due_at, notice.notification_id
  FROM alerting.notice WHERE notice.alert_id = :id ORDER BY notice.event_id, notice.id;

-- notifications --
-- What was told, newest first, and how the delivery of each went.
SELECT notification.id, notification.route, notification.channel, notification.level, notification.events, cardinality(notification.alert_ids) AS alerts,
       notification.title, notification.body, notification.composed_at, outbox.status, outbox.attempts, outbox.reason, outbox.settled_at,
       outbox.next_attempt_at, outbox.id AS outbox_id
  FROM alerting.notification
  LEFT JOIN support.outbox ON outbox.idempotency_key = notification.idempotency_key AND outbox.target = notification.route
   AND outbox.channel = 'alert.' || notification.channel
 WHERE notification.subdistrict_code = :subdistrict_code AND (CAST(:route AS text) IS NULL OR notification.route = :route)
 ORDER BY notification.composed_at DESC, notification.id DESC
 LIMIT :limit;
