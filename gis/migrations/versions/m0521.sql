-- what alerts count, with every unit a record lies in: the compound by its building, else as placed; the cell of resolution 10
CREATE VIEW alerting.placed_incident WITH (security_invoker = true) AS
SELECT event.id, event.subdistrict_code, event.feed, event.reported_at AS at, event.due_at, event.closed_at, event.status, event.category, event.subcategory,
       event.grade, event.title, event.description, COALESCE(NULLIF(event.subcategory, ''), event.category) AS kind, event.building_id,
       fine.parent_10 AS cell_10, compound.id AS compound_id, event.community_code
  FROM base.incident AS event
  LEFT JOIN base.building ON building.id = event.building_id
  LEFT JOIN base.place AS compound ON compound.id = COALESCE(building.place_id, event.place_id) AND compound.kind IN ('compound', 'apartment')
  LEFT JOIN base.cell AS fine ON fine.cell = event.cell AND fine.subdistrict_code = event.subdistrict_code
 WHERE event.placement = 'placed' AND event.status <> 'withdrawn';
CREATE VIEW alerting.placed_request WITH (security_invoker = true) AS
SELECT event.id, event.subdistrict_code, event.feed, event.requested_at AS at, event.due_at, event.closed_at, event.status, item.topic, event.item_code,
       event.channel, event.title, event.description, COALESCE(item.name, event.item_code) AS kind, event.building_id,
       fine.parent_10 AS cell_10, compound.id AS compound_id, event.community_code
  FROM base.service_request AS event
  LEFT JOIN support.service_item AS item ON item.code = event.item_code AND item.subdistrict_code = event.subdistrict_code
  LEFT JOIN base.building ON building.id = event.building_id
  LEFT JOIN base.place AS compound ON compound.id = COALESCE(building.place_id, event.place_id) AND compound.kind IN ('compound', 'apartment')
  LEFT JOIN base.cell AS fine ON fine.cell = event.cell AND fine.subdistrict_code = event.subdistrict_code
 WHERE event.placement = 'placed' AND event.status <> 'withdrawn';

ALTER TABLE alerting.outside_alert
    ADD COLUMN replaces TEXT[] DEFAULT '{}' NOT NULL,
    DROP CONSTRAINT outside_alert_sender_identifier_sent_key,
    ADD CONSTRAINT outside_alert_subdistrict_code_sender_identifier_sent_key UNIQUE (subdistrict_code, sender, identifier, sent);
COMMENT ON COLUMN alerting.outside_alert.replaces IS 'What an update or a cancellation ends: sender,identifier,sent as written in UTC';
