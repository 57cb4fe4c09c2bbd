-- incident_history --
-- Incidents of a rule reported after :since and up to :until, with every unit they count for; `day` is the local day [days since 1970].
SELECT event.id, event.at, (event.at AT TIME ZONE :timezone)::date - DATE '1970-01-01' AS day, event.due_at,
       COALESCE(event.closed_at, CASE WHEN event.status = 'closed' THEN event.at END) AS closed_at, event.kind, event.cell_10 AS cell, event.compound_id AS compound,
       event.community_code AS community
  FROM alerting.placed_incident AS event
 WHERE event.subdistrict_code = :subdistrict_code AND event.at > :since AND event.at <= :until
   AND (cardinality(CAST(:category AS text[])) = 0 OR event.category = ANY(CAST(:category AS text[])))
   AND (cardinality(CAST(:subcategory AS text[])) = 0 OR event.subcategory = ANY(CAST(:subcategory AS text[])))
   AND (cardinality(CAST(:grade AS text[])) = 0 OR event.grade = ANY(CAST(:grade AS text[])))
   AND event.subcategory <> ALL (CAST(:sensitive AS text[]))
 ORDER BY event.at, event.id;

-- service_request_history --
-- As incident_history, of service requests; kinds are the names of the service items.
SELECT event.id, event.at, (event.at AT TIME ZONE :timezone)::date - DATE '1970-01-01' AS day, event.due_at,
       COALESCE(event.closed_at, CASE WHEN event.status = 'closed' THEN event.at END) AS closed_at, event.kind, event.cell_10 AS cell, event.compound_id AS compound,
       event.community_code AS community
  FROM alerting.placed_request AS event
 WHERE event.subdistrict_code = :subdistrict_code AND event.at > :since AND event.at <= :until
   AND (cardinality(CAST(:topic AS text[])) = 0 OR event.topic = ANY(CAST(:topic AS text[])))
   AND (cardinality(CAST(:item_code AS text[])) = 0 OR event.item_code = ANY(CAST(:item_code AS text[])))
 ORDER BY event.at, event.id;

-- escalated --
-- What turned out grave in a period: incidents of grade major or severe, and whoever came or wrote together (集体, 群体, 联名), with
-- every unit they lie in. The truth a rule is tried against.
SELECT event.id, event.at, event.cell_10 AS cell, event.compound_id AS compound, event.community_code AS community
  FROM alerting.placed_incident AS event
 WHERE event.subdistrict_code = :subdistrict_code AND event.at > :since AND event.at <= :until AND event.subcategory <> ALL (CAST(:sensitive AS text[]))
   AND (event.grade IN ('major', 'severe') OR event.title || event.description ~ '集体|群体|联名')
   AND (cardinality(CAST(:category AS text[])) = 0 OR event.category = ANY(CAST(:category AS text[])))
   AND (cardinality(CAST(:subcategory AS text[])) = 0 OR event.subcategory = ANY(CAST(:subcategory AS text[])))
UNION ALL
SELECT event.id, event.at, event.cell_10, event.compound_id, event.community_code
  FROM alerting.placed_request AS event
 WHERE event.subdistrict_code = :subdistrict_code AND event.at > :since AND event.at <= :until AND event.title || event.description ~ '集体|群体|联名'
   AND (cardinality(CAST(:topic AS text[])) = 0 OR event.topic = ANY(CAST(:topic AS text[])))
   AND (cardinality(CAST(:item_code AS text[])) = 0 OR event.item_code = ANY(CAST(:item_code AS text[])))
 ORDER BY 2, 1;

-- feed_arrivals --
-- When the records of a feed happened, in order.
SELECT at FROM (SELECT feed, subdistrict_code, reported_at AS at FROM base.incident
                UNION ALL SELECT feed, subdistrict_code, requested_at FROM base.service_request) AS event
 WHERE subdistrict_code = :subdistrict_code AND feed = :feed AND at > :since AND at <= :until ORDER BY at;

-- homes_of_units --
-- The community of every compound (by its id) and of every cell of resolution 10 (the one that holds most of it).
SELECT CAST(id AS text) AS unit_code, community_code FROM base.place
 WHERE subdistrict_code = :subdistrict_code AND kind IN ('compound', 'apartment') AND community_code IS NOT NULL
UNION ALL
SELECT unit_code, community_code
  FROM (SELECT DISTINCT ON (share.cell) lower(to_hex(share.cell)) AS unit_code, share.unit_code AS community_code
          FROM base.cell_share AS share JOIN base.cell ON cell.cell = share.cell AND cell.resolution = 10
         WHERE share.unit_kind = 'community' AND cell.subdistrict_code = :subdistrict_code ORDER BY share.cell, share.share DESC, share.unit_code) AS held;

-- known_until --
-- Up to when it is known what turned out grave: the newest record.
SELECT max(at) FROM (SELECT max(reported_at) AS at FROM base.incident WHERE subdistrict_code = :subdistrict_code
                     UNION ALL SELECT max(requested_at) FROM base.service_request WHERE subdistrict_code = :subdistrict_code) AS newest;
