-- what speaks for a place's risk beyond incidents and requests: what another system sent back, and petitions
CREATE OR REPLACE VIEW alerting.placed_incident WITH (security_invoker = true) AS
SELECT event.id, event.subdistrict_code, event.feed, event.reported_at AS at, event.due_at, event.closed_at, event.status, event.category, event.subcategory,
       event.grade, event.title, event.description, COALESCE(NULLIF(event.subcategory, ''), event.category) AS kind, event.building_id,
       fine.parent_10 AS cell_10, compound.id AS compound_id, event.community_code,
       event.details ? 'returned_at' AS returned_before
  FROM base.incident AS event
  LEFT JOIN base.building ON building.id = event.building_id
  LEFT JOIN base.place AS compound ON compound.id = COALESCE(building.place_id, event.place_id) AND compound.kind IN ('compound', 'apartment')
  LEFT JOIN base.cell AS fine ON fine.cell = event.cell AND fine.subdistrict_code = event.subdistrict_code
 WHERE event.placement = 'placed' AND event.status <> 'withdrawn';
CREATE VIEW alerting.placed_petition WITH (security_invoker = true) AS
SELECT event.id, event.subdistrict_code, event.received_at AS at, event.closed_at, event.building_id, fine.parent_10 AS cell_10,
       compound.id AS compound_id, event.community_code
  FROM base.petition AS event
  LEFT JOIN base.building ON building.id = event.building_id
  LEFT JOIN base.place AS compound ON compound.id = COALESCE(building.place_id, event.place_id) AND compound.kind IN ('compound', 'apartment')
  LEFT JOIN base.cell AS fine ON fine.cell = event.cell AND fine.subdistrict_code = event.subdistrict_code
 WHERE event.placement = 'placed';
