-- waiting_incident --
-- Incidents that wait for a person, newest first: not placed, or placed by coordinates that their words contradict; nobody has decided.
SELECT 'incident' AS subject, record.id, record.reported_at AS happened_at, record.feed, record.source_key, record.source, record.category,
       record.subcategory, record.title, record.description, record.address, record.status, record.placement, record.details ->> 'stated_community' AS stated_community,
       record.grade, ST_X(record.geom) AS lon, ST_Y(record.geom) AS lat, NULL::bigint AS resident_id
  FROM base.incident AS record
 WHERE record.subdistrict_code = :subdistrict_code AND (CAST(:id AS bigint) IS NULL OR record.id = :id)
   AND (record.placement <> 'placed' AND (record.status IN ('closed', 'withdrawn')) = :past AND record.status <> 'withdrawn'
        OR record.placement = 'placed' AND NOT :past AND record.status NOT IN ('closed', 'withdrawn') AND record.located_by ? 'apart_m')
   AND NOT EXISTS (SELECT FROM support.placement_decision AS decided
                    WHERE decided.subject = 'incident' AND decided.record_id = record.id AND decided.ended_at IS NULL)
 ORDER BY record.reported_at DESC, record.id DESC LIMIT :most;

-- waiting_request --
-- The same for service requests; the item stands for the category.
SELECT 'request' AS subject, record.id, record.requested_at AS happened_at, record.feed, record.source_key, record.channel AS source,
       record.item_code AS category, COALESCE(item.name, '') AS subcategory, record.title, record.description, record.address, record.status,
       record.placement, record.details ->> 'stated_community' AS stated_community, '' AS grade, ST_X(record.geom) AS lon, ST_Y(record.geom) AS lat, record.resident_id
  FROM base.service_request AS record
  LEFT JOIN support.service_item AS item ON item.code = record.item_code AND item.subdistrict_code = record.subdistrict_code
 WHERE record.subdistrict_code = :subdistrict_code AND (CAST(:id AS bigint) IS NULL OR record.id = :id)
   AND (record.placement <> 'placed' AND (record.status IN ('closed', 'withdrawn')) = :past AND record.status <> 'withdrawn'
        OR record.placement = 'placed' AND NOT :past AND record.status NOT IN ('closed', 'withdrawn') AND record.located_by ? 'apart_m')
   AND NOT EXISTS (SELECT FROM support.placement_decision AS decided
                    WHERE decided.subject = 'request' AND decided.record_id = record.id AND decided.ended_at IS NULL)
 ORDER BY record.requested_at DESC, record.id DESC LIMIT :most;

-- waiting_visit --
-- Visits without a place: who is to be visited is not placed either.
SELECT 'visit' AS subject, record.id, record.recorded_from AS happened_at, record.feed, record.source_key, '' AS source, record.kind AS category,
       record.kind AS subcategory, '' AS title, '' AS description, record.address, CASE WHEN record.done_at IS NULL THEN 'reported' ELSE 'closed' END AS status,
       record.placement, NULL::text AS stated_community, '' AS grade, NULL::float AS lon, NULL::float AS lat, record.resident_id
  FROM base.visit AS record
 WHERE record.subdistrict_code = :subdistrict_code AND (CAST(:id AS bigint) IS NULL OR record.id = :id) AND record.placement <> 'placed' AND (record.done_at IS NOT NULL) = :past
   AND NOT EXISTS (SELECT FROM support.placement_decision AS decided
                    WHERE decided.subject = 'visit' AND decided.record_id = record.id AND decided.ended_at IS NULL)
 ORDER BY record.recorded_from DESC, record.id DESC LIMIT :most;

-- waiting_resident --
-- Persons whose building is not on file.
SELECT 'resident' AS subject, record.id, record.recorded_from AS happened_at, record.feed, record.source_key, '' AS source, record.registration AS category,
       '' AS subcategory, '' AS title, '' AS description, record.address, 'reported' AS status, record.placement, NULL::text AS stated_community, '' AS grade,
       NULL::float AS lon, NULL::float AS lat, NULL::bigint AS resident_id
  FROM base.resident AS record
 WHERE record.subdistrict_code = :subdistrict_code AND (CAST(:id AS bigint) IS NULL OR record.id = :id) AND record.placement <> 'placed' AND NOT :past
   AND (record.valid_to IS NULL OR record.valid_to > :now)
   AND NOT EXISTS (SELECT FROM support.placement_decision AS decided
                    WHERE decided.subject = 'resident' AND decided.record_id = record.id AND decided.ended_at IS NULL)
 ORDER BY record.recorded_from DESC, record.id DESC LIMIT :most;

-- waiting_activity --
-- Activities without a place, or whose stated point their words contradict; one that is over waits with what is closed.
SELECT 'activity' AS subject, record.id, record.starts_at AS happened_at, record.feed, record.source_key, record.organiser AS source, record.kind AS category,
       record.kind AS subcategory, record.name AS title, '' AS description, record.address,
       CASE WHEN COALESCE(record.ends_at, record.starts_at) <= :now THEN 'closed' ELSE 'reported' END AS status, record.placement,
       community.name AS stated_community, '' AS grade, ST_X(record.geom) AS lon, ST_Y(record.geom) AS lat, NULL::bigint AS resident_id
  FROM base.activity AS record
  LEFT JOIN base.community ON community.code = record.community_code AND community.subdistrict_code = record.subdistrict_code
 WHERE record.subdistrict_code = :subdistrict_code AND (CAST(:id AS bigint) IS NULL OR record.id = :id)
   AND (COALESCE(record.ends_at, record.starts_at) <= :now) = :past AND (record.placement <> 'placed' OR NOT :past AND record.located_by ? 'apart_m')
   AND NOT EXISTS (SELECT FROM support.placement_decision AS decided
                    WHERE decided.subject = 'activity' AND decided.record_id = record.id AND decided.ended_at IS NULL)
 ORDER BY record.starts_at DESC, record.id DESC LIMIT :most;

-- waiting_petition --
-- Petitions without a place, or whose stated point their words contradict; row-level security shows them to few.
SELECT 'petition' AS subject, record.id, record.received_at AS happened_at, record.feed, record.source_key, record.source, record.kind AS category,
       record.kind AS subcategory, record.title, '' AS description, record.address, record.status, record.placement,
       community.name AS stated_community, '' AS grade, ST_X(record.geom) AS lon, ST_Y(record.geom) AS lat, NULL::bigint AS resident_id
  FROM base.petition AS record
  LEFT JOIN base.community ON community.code = record.community_code AND community.subdistrict_code = record.subdistrict_code
 WHERE record.subdistrict_code = :subdistrict_code AND (CAST(:id AS bigint) IS NULL OR record.id = :id)
   AND (record.status = 'closed') = :past AND (record.placement <> 'placed' OR NOT :past AND record.located_by ? 'apart_m')
   AND NOT EXISTS (SELECT FROM support.placement_decision AS decided
                    WHERE decided.subject = 'petition' AND decided.record_id = record.id AND decided.ended_at IS NULL)
 ORDER BY record.received_at DESC, record.id DESC LIMIT :most;

-- waiting_organisation --
-- Organisations and merchants still there whose address leads nowhere, or elsewhere than their stated point.
SELECT 'organisation' AS subject, record.id, record.recorded_from AS happened_at, record.feed, record.source_key, '' AS source, record.kind AS category,
       record.kind AS subcategory, record.name AS title, '' AS description, record.address, 'reported' AS status, record.placement,
       community.name AS stated_community, '' AS grade, ST_X(record.geom) AS lon, ST_Y(record.geom) AS lat, NULL::bigint AS resident_id
  FROM base.organisation AS record
  LEFT JOIN base.community ON community.code = record.community_code AND community.subdistrict_code = record.subdistrict_code
 WHERE record.subdistrict_code = :subdistrict_code AND (CAST(:id AS bigint) IS NULL OR record.id = :id) AND NOT :past
   AND record.state <> 'closed' AND (record.valid_to IS NULL OR record.valid_to > :now) AND (record.placement <> 'placed' OR record.located_by ? 'apart_m')
   AND NOT EXISTS (SELECT FROM support.placement_decision AS decided
                    WHERE decided.subject = 'organisation' AND decided.record_id = record.id AND decided.ended_at IS NULL)
 ORDER BY record.recorded_from DESC, record.id DESC LIMIT :most;

-- past --
-- How many records wait that were closed without a place.
SELECT (SELECT count(*) FROM base.incident AS record WHERE subdistrict_code = :subdistrict_code AND placement <> 'placed' AND status = 'closed'
           AND NOT EXISTS (SELECT FROM support.placement_decision AS decided
                            WHERE decided.subject = 'incident' AND decided.record_id = record.id AND decided.ended_at IS NULL))
     + (SELECT count(*) FROM base.service_request AS record WHERE subdistrict_code = :subdistrict_code AND placement <> 'placed' AND status = 'closed'
           AND NOT EXISTS (SELECT FROM support.placement_decision AS decided
                            WHERE decided.subject = 'request' AND decided.record_id = record.id AND decided.ended_at IS NULL))
     + (SELECT count(*) FROM base.activity AS record WHERE subdistrict_code = :subdistrict_code AND placement <> 'placed' AND COALESCE(ends_at, starts_at) <= :now
           AND NOT EXISTS (SELECT FROM support.placement_decision AS decided
                            WHERE decided.subject = 'activity' AND decided.record_id = record.id AND decided.ended_at IS NULL))
     + (SELECT count(*) FROM base.petition AS record WHERE subdistrict_code = :subdistrict_code AND placement <> 'placed' AND status = 'closed'
           AND NOT EXISTS (SELECT FROM support.placement_decision AS decided
                            WHERE decided.subject = 'petition' AND decided.record_id = record.id AND decided.ended_at IS NULL));

-- decided_today --
-- What people decided since local midnight and did not take back, by outcome.
SELECT count(*) FILTER (WHERE outcome = 'placed') AS placed, count(*) FILTER (WHERE outcome = 'outside') AS outside,
       count(*) FILTER (WHERE outcome = 'given_up') AS given_up
  FROM support.placement_decision
 WHERE subdistrict_code = :subdistrict_code AND decided_at >= :midnight AND ended_at IS NULL;

-- similar --
-- Incidents of the last 30 days by cell of resolution 11 and category.
SELECT cell, category, count(*) AS incidents
  FROM base.incident
 WHERE subdistrict_code = :subdistrict_code AND placement = 'placed' AND reported_at > CAST(:now AS timestamptz) - interval '30 days'
 GROUP BY cell, category;

-- homes --
-- Where persons live, as far as the asker may see persons.
SELECT id, building_id, place_id, radius_m, ST_X(geom) AS lon, ST_Y(geom) AS lat FROM base.resident WHERE id = ANY(:ids) AND placement = 'placed';

-- work_grids --
-- Names of third-level work grids.
SELECT id, name FROM base.work_grid WHERE subdistrict_code = :subdistrict_code AND grid_tier = 3 AND valid_to IS NULL;

-- insert_decision --
INSERT INTO support.placement_decision (
    subdistrict_code, subject, record_id, feed, source_key, outcome, reason, words, chosen, candidates, located, located_before, alias_id, community_code,
    work_grid_id, account_id, actor, decided_at)
VALUES (:subdistrict_code, :subject, :record_id, :feed, :source_key, :outcome, :reason, :words, :chosen, CAST(:candidates AS jsonb), CAST(:located AS jsonb),
        CAST(:located_before AS jsonb), :alias_id, :community_code, :work_grid_id, :account_id, :actor, :decided_at)
RETURNING id;

-- decision --
-- One decision, locked.
SELECT id, subject, record_id, outcome, located, located_before, alias_id, ended_at, ended_by, actor
  FROM support.placement_decision WHERE id = :id FOR UPDATE;

-- end_decision --
UPDATE support.placement_decision SET ended_at = :now, ended_by = :actor WHERE id = :id;

-- move_visits --
-- A visit is where its person lives: those that a person was to be seen at follow the home, but for those put somewhere by hand.
UPDATE base.visit AS visit
   SET placement = home.placement, geom = home.geom, radius_m = home.radius_m, match_level = home.match_level, confidence = home.confidence,
       located_by = home.located_by, cell = home.cell, community_code = home.community_code, work_grid_id = home.work_grid_id, building_id = home.building_id
  FROM base.resident AS home
 WHERE home.id = :id AND visit.resident_id = home.id AND visit.subdistrict_code = home.subdistrict_code
   AND NOT EXISTS (SELECT FROM support.placement_decision AS decided
                    WHERE decided.subject = 'visit' AND decided.record_id = visit.id AND decided.ended_at IS NULL);

-- learn --
-- A name that a decision teaches.
INSERT INTO base.place_alias (subdistrict_code, feed, source_key, place_id, community_code, alias, relation, decided_by, valid_from)
VALUES (:subdistrict_code, 'learned', :source_key, :place_id, NULL, :alias, 'learned', :actor, :now)
RETURNING id;

-- withdraw --
-- A learned name that was wrong.
UPDATE base.place_alias SET withdrawn_at = :now WHERE id = :id AND feed = 'learned' AND withdrawn_at IS NULL RETURNING alias;

-- learned --
-- Names that people taught, newest first.
SELECT alias.id, alias.alias, place.name AS place, alias.decided_by, alias.valid_from AS learned_at, alias.withdrawn_at
  FROM base.place_alias AS alias JOIN base.place ON place.id = alias.place_id
 WHERE alias.subdistrict_code = :subdistrict_code AND alias.feed = 'learned'
 ORDER BY alias.id DESC LIMIT :most;

-- decisions --
-- What was decided last, newest first.
SELECT decision.id, subject, record_id, outcome, reason, words, actor, decided_at, decision.ended_at, ended_by, alias.alias
  FROM support.placement_decision AS decision LEFT JOIN base.place_alias AS alias ON alias.id = decision.alias_id
 WHERE decision.subdistrict_code = :subdistrict_code
 ORDER BY decision.id DESC LIMIT :most;

-- tell --
SELECT support.tell(jsonb_build_object('kind', CAST(:subject AS text), 'id', CAST(:record_id AS bigint), 'change', 'placed'));
