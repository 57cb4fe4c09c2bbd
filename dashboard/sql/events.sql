-- incidents --
-- Incidents the asker may see, newest first. Pages follow the key (reported_at, id), so that a page stays right while rows arrive.
SELECT id, reported_at, feed, source_key, category, subcategory, source, grade, title, description, address, status, due_at, closed_at, placement,
       match_level, confidence, ST_X(geom) AS lon, ST_Y(geom) AS lat, to_hex(cell) AS cell, community_code, work_grid_id
  FROM base.incident
 WHERE (cast(:status AS text) IS NULL OR status = :status)
   AND (NOT cast(:open AS boolean) OR status NOT IN ('closed', 'withdrawn'))
   AND (cast(:category AS text) IS NULL OR category = :category)
   AND (cast(:community_code AS text) IS NULL OR community_code = :community_code)
   AND (cast(:placement AS text) IS NULL OR placement = :placement)
   AND reported_at >= COALESCE(cast(:since AS timestamptz), '-infinity') AND reported_at < COALESCE(cast(:until AS timestamptz), 'infinity')
   AND (cast(:after_at AS timestamptz) IS NULL OR (reported_at, id) < (:after_at, cast(:after_id AS bigint)))
 ORDER BY reported_at DESC, id DESC
 LIMIT :limit;

-- incidents_at --
-- As "incidents", in the form each was known in at :known_at; open means not closed by :as_of, and nothing later is told of. Row-level
-- security judges each form by itself.
WITH known AS (
    SELECT incident.* FROM base.incident WHERE recorded_from <= :known_at
    UNION ALL
    SELECT former.*
      FROM support.record_version AS version
     CROSS JOIN LATERAL jsonb_populate_record(CAST(NULL AS base.incident), version.record) AS former
     WHERE version.table_name = 'base.incident' AND version.recorded_from <= :known_at AND version.recorded_to > :known_at
)
SELECT id, reported_at, feed, source_key, category, subcategory, source, grade, title, description, address, status, due_at, closed_at, placement,
       match_level, confidence, ST_X(geom) AS lon, ST_Y(geom) AS lat, to_hex(cell) AS cell, community_code, work_grid_id
  FROM known
 WHERE (cast(:status AS text) IS NULL OR status = :status)
   AND (NOT cast(:open AS boolean) OR (status <> 'withdrawn' AND coalesce(closed_at > :as_of, status <> 'closed')))
   AND (cast(:category AS text) IS NULL OR category = :category)
   AND (cast(:community_code AS text) IS NULL OR community_code = :community_code)
   AND (cast(:placement AS text) IS NULL OR placement = :placement)
   AND reported_at <= :as_of
   AND reported_at >= COALESCE(cast(:since AS timestamptz), '-infinity') AND reported_at < COALESCE(cast(:until AS timestamptz), 'infinity')
   AND (cast(:after_at AS timestamptz) IS NULL OR (reported_at, id) < (:after_at, cast(:after_id AS bigint)))
 ORDER BY reported_at DESC, id DESC
 LIMIT :limit;

-- incident --
-- One incident, if the asker may see it.
SELECT id, reported_at, feed, source_key, category, subcategory, source, grade, title, description, address, status, due_at, closed_at, placement,
       match_level, confidence, ST_X(geom) AS lon, ST_Y(geom) AS lat, to_hex(cell) AS cell, community_code, work_grid_id
  FROM base.incident
 WHERE id = :id;

-- requests --
-- Service requests the asker may see, newest first; pages as for incidents.
SELECT id, requested_at, feed, source_key, item_code, channel, title, description, address, status, due_at, closed_at, placement,
       match_level, confidence, ST_X(geom) AS lon, ST_Y(geom) AS lat, to_hex(cell) AS cell, community_code, work_grid_id
  FROM base.service_request
 WHERE (cast(:status AS text) IS NULL OR status = :status)
   AND (NOT cast(:open AS boolean) OR status NOT IN ('closed', 'withdrawn'))
   AND (cast(:item_code AS text) IS NULL OR item_code = :item_code)
   AND (cast(:community_code AS text) IS NULL OR community_code = :community_code)
   AND (cast(:placement AS text) IS NULL OR placement = :placement)
   AND requested_at >= COALESCE(cast(:since AS timestamptz), '-infinity') AND requested_at < COALESCE(cast(:until AS timestamptz), 'infinity')
   AND (cast(:after_at AS timestamptz) IS NULL OR (requested_at, id) < (:after_at, cast(:after_id AS bigint)))
 ORDER BY requested_at DESC, id DESC
 LIMIT :limit;

-- request --
-- One service request, if the asker may see it.
SELECT id, requested_at, feed, source_key, item_code, channel, title, description, address, status, due_at, closed_at, placement,
       match_level, confidence, ST_X(geom) AS lon, ST_Y(geom) AS lat, to_hex(cell) AS cell, community_code, work_grid_id
  FROM base.service_request
 WHERE id = :id;
