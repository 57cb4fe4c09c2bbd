-- issued_alerts --
-- Alerts, real or of drills, that others are told of: those that stand, and those that ended after :since.
SELECT alert.id FROM alerting.shown_alert AS alert
 WHERE alert.subdistrict_code = :subdistrict_code AND alert.exercise = :exercise AND NOT alert.replayed
   AND (alert.status <> 'cleared' OR alert.cleared_at > :since)
 ORDER BY alert.updated_at DESC, alert.id DESC
 LIMIT :limit;

-- cap_alerts --
-- What messages about alerts are made of; the shape of a community is its own, others are their cells.
SELECT alert.id, alert.subdistrict_code, alert.rule, alert.rule_name, alert.unit_kind, alert.unit_name, alert.level, alert.status, alert.community_code,
       community.name AS community, community.name_en AS community_en, alert.cells, alert.observed, alert.expected, alert.expected_low, alert.expected_high,
       alert.method, alert.window_from, alert.window_to, alert.reasons, alert.exposure, alert.grading, alert.raised_at, alert.exercise,
       CASE WHEN alert.unit_kind = 'community' THEN ST_AsGeoJSON(ST_SimplifyPreserveTopology(alert.geom, 0.0001), 6) END AS shape,
       CASE WHEN alert.exercise THEN (SELECT drill.title FROM alerting.drill JOIN alerting.drill_alert ON drill_alert.drill_id = drill.id
                                       WHERE drill_alert.id = alert.id) ELSE '' END AS drill,
       COALESCE((SELECT array_agg(DISTINCT unit_code ORDER BY unit_code) FROM base.cell_share
                  WHERE cell_share.cell = ANY (alert.cells) AND unit_kind = 'community' AND share >= 0.2), '{}') AS communities
  FROM alerting.shown_alert AS alert
  LEFT JOIN base.community ON community.code = alert.community_code
 WHERE alert.id = ANY (CAST(:ids AS bigint[])) AND alert.subdistrict_code = :subdistrict_code;

-- cap_events --
-- The steps of alerts that others are told of, oldest first.
SELECT id, alert_id, at, change, level, observed, cells, detail FROM alerting.shown_event
 WHERE alert_id = ANY (CAST(:ids AS bigint[])) AND change IN ('raised', 'level', 'grown', 'updated', 'renewed', 'cleared')
 ORDER BY alert_id, at, id;

-- known_message --
SELECT id FROM alerting.outside_alert WHERE subdistrict_code = :subdistrict_code AND sender = :sender AND identifier = :identifier AND sent = :sent;

-- add_message --
-- A message from outside, with its area: polygons as well-known text, empty where it names places only. It is over when it comes after what
-- replaced or cancelled it, as from a feed that is read newest first.
INSERT INTO alerting.outside_alert (subdistrict_code, sender, identifier, sent, status, msg_type, source_name, event, headline, description, instruction,
                                    level, urgency, severity, certainty, area_desc, geom, effective_at, expires_at, message, received_at, received_by, replaces, ended_at)
VALUES (:subdistrict_code, :sender, :identifier, :sent, :status, :msg_type, :source_name, :event, :headline, :description, :instruction,
        :level, :urgency, :severity, :certainty, :area_desc, ST_Multi(ST_CollectionExtract(ST_MakeValid(ST_GeomFromText(:area, 4326)), 3)),
        :effective_at, :expires_at, :message, :now, :post, CAST(:replaces AS text[]),
        CASE WHEN :msg_type = 'Cancel'
               OR EXISTS (SELECT FROM alerting.outside_alert AS later
                           WHERE later.subdistrict_code = :subdistrict_code AND later.status = :status AND CAST(:named AS text) = ANY (later.replaces))
             THEN CAST(:now AS timestamptz) END)
RETURNING id;

-- end_referred --
-- What an update or a cancellation is about; an exercise ends nothing that is meant.
UPDATE alerting.outside_alert SET ended_at = :now
 WHERE subdistrict_code = :subdistrict_code AND status = :status AND sender = :sender AND identifier = :identifier AND sent = :sent AND ended_at IS NULL;

-- standing_outside --
-- Messages from outside that hold now and are meant, gravest first.
SELECT id, sender, identifier, sent, source_name, event, headline, description, instruction, level, urgency, severity, certainty, area_desc,
       ST_AsGeoJSON(geom, 6)::jsonb AS shape, effective_at, expires_at, received_at, received_by
  FROM alerting.outside_alert
 WHERE subdistrict_code = :subdistrict_code AND status = 'Actual' AND msg_type IN ('Alert', 'Update') AND ended_at IS NULL AND expires_at > :now
 ORDER BY level, sent DESC, id;

-- tell_outside --
SELECT support.tell(jsonb_build_object('kind', 'alert', 'id', NULL, 'change', 'outside'));
