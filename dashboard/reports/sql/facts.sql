-- communities --
-- The communities that are reported on, with the persons on file in each. A person counts where the building is.
SELECT community.code, community.name, community.name_en, community.area_km2,
       (SELECT count(*) FROM base.resident
         WHERE resident.subdistrict_code = :subdistrict_code AND resident.community_code = community.code
           AND (resident.valid_to IS NULL OR resident.valid_to > :closes)
           AND NOT EXISTS (SELECT FROM base.person_record WHERE person_record.resident_id = resident.id)) AS persons
  FROM base.community
 WHERE community.subdistrict_code = :subdistrict_code AND community.valid_to IS NULL
   AND (CAST(:community AS text) IS NULL OR community.code = :community)
 ORDER BY community.code;

-- requests --
-- Service requests per community in three months: the reported one, the one before it (环比), the same of last year (同比).
-- Withdrawn ones are left out; a request counts in the month it was asked in.
SELECT community_code AS code,
       count(*) FILTER (WHERE requested_at >= :opens AND requested_at < :closes) AS requests,
       count(*) FILTER (WHERE requested_at >= :before_opens AND requested_at < :opens) AS month_before,
       count(*) FILTER (WHERE requested_at >= :year_opens AND requested_at < :year_closes) AS year_before
  FROM base.service_request
 WHERE subdistrict_code = :subdistrict_code AND placement = 'placed' AND status <> 'withdrawn' AND community_code IS NOT NULL
   AND requested_at >= :year_opens AND requested_at < :closes
   AND (CAST(:community AS text) IS NULL OR community_code = :community)
 GROUP BY community_code;

-- punctuality --
-- Of the requests due in the month, how many were closed in time.
SELECT community_code AS code, count(*) AS due, count(*) FILTER (WHERE closed_at <= due_at) AS in_time
  FROM base.service_request
 WHERE subdistrict_code = :subdistrict_code AND placement = 'placed' AND status <> 'withdrawn' AND community_code IS NOT NULL
   AND due_at >= :opens AND due_at < :closes AND requested_at >= :year_opens AND requested_at < :closes
   AND (CAST(:community AS text) IS NULL OR community_code = :community)
 GROUP BY community_code;

-- unplaced_requests --
-- Requests of the month that are not on the map, and so in no community's figure.
SELECT count(*)
  FROM base.service_request
 WHERE subdistrict_code = :subdistrict_code AND placement <> 'placed' AND status <> 'withdrawn'
   AND requested_at >= :opens AND requested_at < :closes;

-- growing_items --
-- Which service items grew most in a community against the month before, most first.
SELECT COALESCE(item.name, request.item_code) AS name,
       count(*) FILTER (WHERE requested_at >= :opens) AS now_count,
       count(*) FILTER (WHERE requested_at < :opens) AS before_count
  FROM base.service_request AS request
  LEFT JOIN support.service_item AS item ON item.code = request.item_code AND item.subdistrict_code = request.subdistrict_code
 WHERE request.subdistrict_code = :subdistrict_code AND request.placement = 'placed' AND request.status <> 'withdrawn'
   AND request.community_code = :code AND requested_at >= :before_opens AND requested_at < :closes
 GROUP BY 1
HAVING count(*) FILTER (WHERE requested_at >= :opens) > count(*) FILTER (WHERE requested_at < :opens)
 ORDER BY count(*) FILTER (WHERE requested_at >= :opens) - count(*) FILTER (WHERE requested_at < :opens) DESC, 1
 LIMIT 2;

-- cell_demand --
-- Requests of the month and persons on file per cell of resolution 10, with the cell's outline in the district's metric system.
WITH asked AS (
    SELECT fine.parent_10 AS cell, count(*) AS requests
      FROM base.service_request AS request
      JOIN base.cell AS fine ON fine.cell = request.cell AND fine.subdistrict_code = request.subdistrict_code
     WHERE request.subdistrict_code = :subdistrict_code AND request.placement = 'placed' AND request.status <> 'withdrawn'
       AND requested_at >= :opens AND requested_at < :closes
       AND (CAST(:community AS text) IS NULL OR request.community_code = :community)
     GROUP BY fine.parent_10
), living AS (
    SELECT fine.parent_10 AS cell, count(*) AS persons
      FROM base.resident
      JOIN base.cell AS fine ON fine.cell = resident.cell AND fine.subdistrict_code = resident.subdistrict_code
     WHERE resident.subdistrict_code = :subdistrict_code AND (resident.valid_to IS NULL OR resident.valid_to > :closes)
       AND (CAST(:community AS text) IS NULL OR resident.community_code = :community)
       AND NOT EXISTS (SELECT FROM base.person_record WHERE person_record.resident_id = resident.id)
     GROUP BY fine.parent_10
)
SELECT cell.cell, living.persons, COALESCE(asked.requests, 0) AS requests, ST_AsBinary(ST_Transform(cell.geom, CAST(:metric_srid AS integer))) AS outline
  FROM living
  JOIN base.cell ON cell.cell = living.cell AND cell.subdistrict_code = :subdistrict_code
  LEFT JOIN asked ON asked.cell = living.cell
 ORDER BY cell.cell;

-- resources --
-- Emergency resources per community and kind: on file, and ready.
SELECT community_code AS code, kind, count(*) AS on_file, count(*) FILTER (WHERE status = 'ready') AS ready
  FROM base.resource
 WHERE subdistrict_code = :subdistrict_code AND (valid_to IS NULL OR valid_to > :now) AND placement = 'placed'
   AND (CAST(:community AS text) IS NULL OR community_code = :community)
 GROUP BY community_code, kind;

-- resource_points --
SELECT id, kind, name, status, status_reason, community_code AS code, ST_AsBinary(ST_Transform(geom, CAST(:metric_srid AS integer))) AS outline
  FROM base.resource
 WHERE subdistrict_code = :subdistrict_code AND (valid_to IS NULL OR valid_to > :now) AND placement = 'placed'
   AND (CAST(:community AS text) IS NULL OR community_code = :community)
 ORDER BY kind, id;

-- expiring --
-- Batches of stock whose date falls within thirty days after :now, or has passed.
SELECT count(*) FILTER (WHERE expires_on >= CAST(:now AS timestamptz)::date) AS soon, count(*) FILTER (WHERE expires_on < CAST(:now AS timestamptz)::date) AS passed
  FROM base.resource_stock
  JOIN base.resource ON resource.id = resource_stock.resource_id
 WHERE resource_stock.subdistrict_code = :subdistrict_code AND expires_on < CAST(:now AS timestamptz)::date + 30
   AND (CAST(:community AS text) IS NULL OR resource.community_code = :community);

-- living_cells --
-- Where people live: cells of resolution 10 with persons on file, their outline in the metric system, and the walk to the
-- nearest ready resource of :kind as the coverage layer has it.
SELECT fine.parent_10 AS cell, resident.community_code AS code, count(*) AS persons, coverage.minutes, coverage.estimated,
       ST_AsBinary(ST_Transform(cell.geom, CAST(:metric_srid AS integer))) AS outline
  FROM base.resident
  JOIN base.cell AS fine ON fine.cell = resident.cell AND fine.subdistrict_code = resident.subdistrict_code
  JOIN base.cell ON cell.cell = fine.parent_10 AND cell.subdistrict_code = fine.subdistrict_code
  LEFT JOIN topic.coverage ON coverage.cell = cell.cell AND coverage.subdistrict_code = cell.subdistrict_code AND coverage.kind = :kind
 WHERE resident.subdistrict_code = :subdistrict_code AND (resident.valid_to IS NULL OR resident.valid_to > :now)
   AND (CAST(:community AS text) IS NULL OR resident.community_code = :community)
   AND NOT EXISTS (SELECT FROM base.person_record WHERE person_record.resident_id = resident.id)
 GROUP BY fine.parent_10, resident.community_code, cell.geom, coverage.minutes, coverage.estimated
 ORDER BY fine.parent_10;

-- alerts --
-- Alerts raised in the month, gravest first.
SELECT alert.id, alert.rule, alert.rule_name, alert.letter, alert.level, alert.status, alert.unit_kind, alert.unit_name, alert.community_code AS code, alert.observed, alert.expected,
       alert.raised_at, alert.acknowledged_at, alert.cleared_at, alert.replayed, ST_AsBinary(ST_Transform(alert.geom, CAST(:metric_srid AS integer))) AS outline
  FROM alerting.alert
 WHERE alert.subdistrict_code = :subdistrict_code AND alert.raised_at >= :opens AND alert.raised_at < :closes
   AND (CAST(:community AS text) IS NULL OR alert.community_code = :community)
 ORDER BY alert.level, alert.raised_at, alert.id;

-- alert_counts --
-- Alerts raised per community in the three months.
SELECT community_code AS code,
       count(*) FILTER (WHERE raised_at >= :opens AND raised_at < :closes) AS raised,
       count(*) FILTER (WHERE raised_at >= :before_opens AND raised_at < :opens) AS month_before,
       count(*) FILTER (WHERE raised_at >= :year_opens AND raised_at < :year_closes) AS year_before,
       count(*) FILTER (WHERE raised_at >= :opens AND raised_at < :closes AND acknowledged_at IS NOT NULL) AS acknowledged
  FROM alerting.alert
 WHERE subdistrict_code = :subdistrict_code AND raised_at >= :year_opens AND raised_at < :closes
   AND (CAST(:community AS text) IS NULL OR community_code = :community)
 GROUP BY community_code;

-- incidents --
-- Incidents per community in the three months, and those of the month that were closed here and not handed to another authority.
SELECT community_code AS code,
       count(*) FILTER (WHERE reported_at >= :opens AND reported_at < :closes) AS incidents,
       count(*) FILTER (WHERE reported_at >= :before_opens AND reported_at < :opens) AS month_before,
       count(*) FILTER (WHERE reported_at >= :year_opens AND reported_at < :year_closes) AS year_before,
       count(*) FILTER (WHERE reported_at >= :opens AND reported_at < :closes AND status = 'closed' AND details ->> 'handed_over' IS NULL) AS closed
  FROM base.incident
 WHERE subdistrict_code = :subdistrict_code AND placement = 'placed' AND status <> 'withdrawn' AND community_code IS NOT NULL
   AND reported_at >= :year_opens AND reported_at < :closes
   AND (CAST(:community AS text) IS NULL OR community_code = :community)
 GROUP BY community_code;

-- ground --
-- What every map stands on, in the metric system, bottom first.
SELECT 'district' AS part, name, name_en, '' AS subkind, ST_AsBinary(ST_Transform(geom, CAST(:metric_srid AS integer))) AS outline
  FROM base.subdistrict WHERE code = :subdistrict_code AND geom IS NOT NULL
UNION ALL
SELECT 'community', name, name_en, code, ST_AsBinary(ST_Transform(geom, CAST(:metric_srid AS integer)))
  FROM base.community WHERE subdistrict_code = :subdistrict_code AND valid_to IS NULL AND geom IS NOT NULL
UNION ALL
SELECT kind, name, '', COALESCE(subkind, ''), ST_AsBinary(ST_Transform(geom, CAST(:metric_srid AS integer)))
  FROM base.place WHERE subdistrict_code = :subdistrict_code AND kind IN ('water', 'hill') AND valid_to IS NULL AND geom IS NOT NULL
UNION ALL
SELECT 'road', name, '', road_class, ST_AsBinary(ST_Transform(ST_LineMerge(ST_Collect(geom)), CAST(:metric_srid AS integer)))
  FROM base.road_segment WHERE subdistrict_code = :subdistrict_code GROUP BY name, road_class
UNION ALL
SELECT 'apartment', name, '', '', ST_AsBinary(ST_Transform(point, CAST(:metric_srid AS integer)))
  FROM base.place WHERE subdistrict_code = :subdistrict_code AND kind = 'apartment' AND valid_to IS NULL AND point IS NOT NULL;

-- class_limits --
-- The limits between the five classes of a layer, decided once and the same tomorrow.
SELECT limits FROM support.layer_class WHERE subdistrict_code = :subdistrict_code AND layer_id = :layer_id AND resolution = 10;

-- district --
SELECT code, name, name_en, metric_srid, timezone, schematic FROM base.subdistrict ORDER BY code LIMIT 1;

-- community_code --
-- A community by code or by name.
SELECT code, name, name_en FROM base.community WHERE subdistrict_code = :subdistrict_code AND (code = :asked OR name = :asked OR name = :asked || '社区');

-- snapshot --
-- Up to when the data reach, and how many batches they came in.
SELECT max(finished_at) AS loaded_at, count(*) AS batches FROM support.batch WHERE subdistrict_code = :subdistrict_code AND finished_at IS NOT NULL;

-- community_names --
SELECT code, name, name_en FROM base.community WHERE subdistrict_code = :subdistrict_code AND valid_to IS NULL ORDER BY code;

-- first_request --
SELECT min(requested_at) FROM base.service_request WHERE subdistrict_code = :subdistrict_code;
