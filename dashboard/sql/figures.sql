-- residents --
-- Persons on file. Every statement of this file gives the records a figure counts: table, key, feed, batch, when, where and in which state;
-- no name and no text. :community null = the whole sub-district.
SELECT 'base.resident' AS table_name, id, source_key, feed, batch_id, valid_from AS at, community_code, placement AS status
  FROM base.resident
 WHERE subdistrict_code = :code AND (valid_to IS NULL OR valid_to > :now) AND (cast(:community AS text) IS NULL OR community_code = :community);

-- residents_registered --
SELECT 'base.resident' AS table_name, id, source_key, feed, batch_id, valid_from AS at, community_code, placement AS status
  FROM base.resident
 WHERE subdistrict_code = :code AND (valid_to IS NULL OR valid_to > :now) AND registration = 'registered'
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- residents_migrant --
SELECT 'base.resident' AS table_name, id, source_key, feed, batch_id, valid_from AS at, community_code, placement AS status
  FROM base.resident
 WHERE subdistrict_code = :code AND (valid_to IS NULL OR valid_to > :now) AND registration = 'migrant'
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- communities --
SELECT 'base.community' AS table_name, 0::bigint AS id, code AS source_key, feed, batch_id, valid_from AS at, code AS community_code, name AS status
  FROM base.community
 WHERE subdistrict_code = :code AND (valid_to IS NULL OR valid_to > :now) AND (cast(:community AS text) IS NULL OR code = :community);

-- compounds --
SELECT 'base.place' AS table_name, id, source_key, feed, batch_id, valid_from AS at, community_code, name AS status
  FROM base.place
 WHERE subdistrict_code = :code AND kind = 'compound' AND counted AND (valid_to IS NULL OR valid_to > :now)
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- resettlement --
SELECT 'base.place' AS table_name, id, source_key, feed, batch_id, valid_from AS at, community_code, name AS status
  FROM base.place
 WHERE subdistrict_code = :code AND kind = 'compound' AND compound_kind = 'resettlement' AND counted AND (valid_to IS NULL OR valid_to > :now)
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- apartments --
SELECT 'base.place' AS table_name, id, source_key, feed, batch_id, valid_from AS at, community_code, name AS status
  FROM base.place
 WHERE subdistrict_code = :code AND kind = 'apartment' AND counted AND (valid_to IS NULL OR valid_to > :now)
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- resources --
SELECT 'base.resource' AS table_name, id, source_key, feed, batch_id, status_since AS at, community_code, status
  FROM base.resource
 WHERE subdistrict_code = :code AND (valid_to IS NULL OR valid_to > :now) AND (cast(:community AS text) IS NULL OR community_code = :community);

-- resources_ready --
SELECT 'base.resource' AS table_name, id, source_key, feed, batch_id, status_since AS at, community_code, status
  FROM base.resource
 WHERE subdistrict_code = :code AND (valid_to IS NULL OR valid_to > :now) AND status = 'ready'
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- report_resources --
SELECT 'base.resource' AS table_name, id, source_key, feed, batch_id, status_since AS at, community_code, status
  FROM base.resource
 WHERE subdistrict_code = :code AND (valid_to IS NULL OR valid_to > :now) AND placement = 'placed'
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- report_ready --
SELECT 'base.resource' AS table_name, id, source_key, feed, batch_id, status_since AS at, community_code, status
  FROM base.resource
 WHERE subdistrict_code = :code AND (valid_to IS NULL OR valid_to > :now) AND placement = 'placed' AND status = 'ready'
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- month_persons --
SELECT 'base.resident' AS table_name, id, source_key, feed, batch_id, valid_from AS at, community_code, placement AS status
  FROM base.resident
 WHERE subdistrict_code = :code AND (valid_to IS NULL OR valid_to > :closes) AND community_code IS NOT NULL
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- quarantined --
SELECT 'support.quarantine' AS table_name, id, row_number::text AS source_key, feed, batch_id, quarantined_at AS at, NULL AS community_code,
       array_to_string(reasons, ', ') AS status
  FROM support.quarantine
 WHERE subdistrict_code = :code AND released_at IS NULL AND cast(:community AS text) IS NULL;

-- incidents --
SELECT 'base.incident' AS table_name, id, source_key, feed, batch_id, reported_at AS at, community_code, status
  FROM base.incident
 WHERE subdistrict_code = :code AND (cast(:community AS text) IS NULL OR community_code = :community);

-- incidents_open --
SELECT 'base.incident' AS table_name, id, source_key, feed, batch_id, reported_at AS at, community_code, status
  FROM base.incident
 WHERE subdistrict_code = :code AND status NOT IN ('closed', 'withdrawn') AND (cast(:community AS text) IS NULL OR community_code = :community);

-- incidents_waiting --
SELECT 'base.incident' AS table_name, id, source_key, feed, batch_id, reported_at AS at, community_code, status
  FROM base.incident
 WHERE subdistrict_code = :code AND status NOT IN ('closed', 'withdrawn') AND reported_at > cast(:now AS timestamptz) - interval '120 days'
   AND reported_at <= :now AND (cast(:community AS text) IS NULL OR community_code = :community);

-- incidents_today --
SELECT 'base.incident' AS table_name, id, source_key, feed, batch_id, reported_at AS at, community_code, status
  FROM base.incident
 WHERE subdistrict_code = :code AND status <> 'withdrawn' AND reported_at >= :midnight AND reported_at <= :now
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- incidents_overdue --
SELECT 'base.incident' AS table_name, id, source_key, feed, batch_id, reported_at AS at, community_code, status
  FROM base.incident
 WHERE subdistrict_code = :code AND status NOT IN ('closed', 'withdrawn') AND due_at < :now
   AND reported_at > cast(:now AS timestamptz) - interval '120 days' AND reported_at <= :now
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- requests_day --
SELECT 'base.service_request' AS table_name, id, source_key, feed, batch_id, requested_at AS at, community_code, status
  FROM base.service_request
 WHERE subdistrict_code = :code AND status <> 'withdrawn' AND requested_at >= cast(:now AS timestamptz) - interval '24 hours' AND requested_at < :now
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- requests_weeks --
SELECT 'base.service_request' AS table_name, id, source_key, feed, batch_id, requested_at AS at, community_code, status
  FROM base.service_request
 WHERE subdistrict_code = :code AND status <> 'withdrawn' AND requested_at >= cast(:now AS timestamptz) - interval '57 days' AND requested_at < cast(:now AS timestamptz) - interval '7 days'
   AND mod(extract(epoch FROM cast(:now AS timestamptz) - requested_at)::numeric, 604800) <= 86400 AND mod(extract(epoch FROM cast(:now AS timestamptz) - requested_at)::numeric, 604800) > 0
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- incidents_day --
SELECT 'base.incident' AS table_name, id, source_key, feed, batch_id, reported_at AS at, community_code, status
  FROM base.incident
 WHERE subdistrict_code = :code AND status <> 'withdrawn' AND reported_at >= cast(:now AS timestamptz) - interval '24 hours' AND reported_at < :now
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- incidents_weeks --
SELECT 'base.incident' AS table_name, id, source_key, feed, batch_id, reported_at AS at, community_code, status
  FROM base.incident
 WHERE subdistrict_code = :code AND status <> 'withdrawn' AND reported_at >= cast(:now AS timestamptz) - interval '57 days' AND reported_at < cast(:now AS timestamptz) - interval '7 days'
   AND mod(extract(epoch FROM cast(:now AS timestamptz) - reported_at)::numeric, 604800) <= 86400 AND mod(extract(epoch FROM cast(:now AS timestamptz) - reported_at)::numeric, 604800) > 0
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- incidents_30_days --
SELECT 'base.incident' AS table_name, id, source_key, feed, batch_id, reported_at AS at, community_code, status
  FROM base.incident
 WHERE subdistrict_code = :code AND status <> 'withdrawn' AND reported_at > cast(:now AS timestamptz) - interval '30 days' AND reported_at <= :now
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- incidents_30_open --
SELECT 'base.incident' AS table_name, id, source_key, feed, batch_id, reported_at AS at, community_code, status
  FROM base.incident
 WHERE subdistrict_code = :code AND status <> 'withdrawn' AND reported_at > cast(:now AS timestamptz) - interval '30 days' AND reported_at <= :now AND status <> 'closed'
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- incidents_30_overdue --
SELECT 'base.incident' AS table_name, id, source_key, feed, batch_id, reported_at AS at, community_code, status
  FROM base.incident
 WHERE subdistrict_code = :code AND status <> 'withdrawn' AND reported_at > cast(:now AS timestamptz) - interval '30 days' AND reported_at <= :now AND status <> 'closed' AND due_at < :now
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- requests --
SELECT 'base.service_request' AS table_name, id, source_key, feed, batch_id, requested_at AS at, community_code, status
  FROM base.service_request
 WHERE subdistrict_code = :code AND (cast(:community AS text) IS NULL OR community_code = :community);

-- requests_today --
SELECT 'base.service_request' AS table_name, id, source_key, feed, batch_id, requested_at AS at, community_code, status
  FROM base.service_request
 WHERE subdistrict_code = :code AND status <> 'withdrawn' AND requested_at >= :midnight AND requested_at <= :now
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- unplaced --
SELECT 'base.incident' AS table_name, id, source_key, feed, batch_id, reported_at AS at, community_code, placement AS status
  FROM base.incident
 WHERE subdistrict_code = :code AND placement <> 'placed' AND status NOT IN ('closed', 'withdrawn')
   AND (cast(:community AS text) IS NULL OR community_code = :community)
UNION ALL
SELECT 'base.service_request', id, source_key, feed, batch_id, requested_at, community_code, placement
  FROM base.service_request
 WHERE subdistrict_code = :code AND placement <> 'placed' AND status NOT IN ('closed', 'withdrawn')
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- alerts_open --
SELECT 'alerting.alert' AS table_name, id, letter AS source_key, rule AS feed, NULL::bigint AS batch_id, raised_at AS at, community_code, status
  FROM alerting.alert
 WHERE subdistrict_code = :code AND status <> 'cleared' AND (cast(:community AS text) IS NULL OR community_code = :community);

-- month_requests --
SELECT 'base.service_request' AS table_name, id, source_key, feed, batch_id, requested_at AS at, community_code, status
  FROM base.service_request
 WHERE subdistrict_code = :code AND placement = 'placed' AND status <> 'withdrawn' AND community_code IS NOT NULL
   AND requested_at >= :opens AND requested_at < :closes AND (cast(:community AS text) IS NULL OR community_code = :community);

-- month_unplaced --
SELECT 'base.service_request' AS table_name, id, source_key, feed, batch_id, requested_at AS at, community_code, placement AS status
  FROM base.service_request
 WHERE subdistrict_code = :code AND placement <> 'placed' AND status <> 'withdrawn' AND requested_at >= :opens AND requested_at < :closes
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- month_due --
SELECT 'base.service_request' AS table_name, id, source_key, feed, batch_id, requested_at AS at, community_code, status
  FROM base.service_request
 WHERE subdistrict_code = :code AND placement = 'placed' AND status <> 'withdrawn' AND community_code IS NOT NULL
   AND due_at >= :opens AND due_at < :closes AND requested_at >= :year_opens AND requested_at < :closes
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- month_in_time --
SELECT 'base.service_request' AS table_name, id, source_key, feed, batch_id, requested_at AS at, community_code, status
  FROM base.service_request
 WHERE subdistrict_code = :code AND placement = 'placed' AND status <> 'withdrawn' AND community_code IS NOT NULL AND closed_at <= due_at
   AND due_at >= :opens AND due_at < :closes AND requested_at >= :year_opens AND requested_at < :closes
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- month_incidents --
SELECT 'base.incident' AS table_name, id, source_key, feed, batch_id, reported_at AS at, community_code, status
  FROM base.incident
 WHERE subdistrict_code = :code AND placement = 'placed' AND status <> 'withdrawn' AND community_code IS NOT NULL
   AND reported_at >= :opens AND reported_at < :closes AND (cast(:community AS text) IS NULL OR community_code = :community);

-- month_closed --
SELECT 'base.incident' AS table_name, id, source_key, feed, batch_id, reported_at AS at, community_code, status
  FROM base.incident
 WHERE subdistrict_code = :code AND placement = 'placed' AND status = 'closed' AND community_code IS NOT NULL AND details ->> 'handed_over' IS NULL
   AND reported_at >= :opens AND reported_at < :closes AND (cast(:community AS text) IS NULL OR community_code = :community);

-- month_alerts --
SELECT 'alerting.alert' AS table_name, id, letter AS source_key, rule AS feed, NULL::bigint AS batch_id, raised_at AS at, community_code, status
  FROM alerting.alert
 WHERE subdistrict_code = :code AND raised_at >= :opens AND raised_at < :closes AND (cast(:community AS text) IS NULL OR community_code = :community);

-- month_acknowledged --
SELECT 'alerting.alert' AS table_name, id, letter AS source_key, rule AS feed, NULL::bigint AS batch_id, raised_at AS at, community_code, status
  FROM alerting.alert
 WHERE subdistrict_code = :code AND raised_at >= :opens AND raised_at < :closes AND acknowledged_at IS NOT NULL
   AND (cast(:community AS text) IS NULL OR community_code = :community);

-- stock_expiring --
SELECT 'base.resource_stock' AS table_name, resource_stock.id, resource_stock.source_key, resource_stock.feed, resource_stock.batch_id,
       resource_stock.expires_on::timestamptz AS at, resource.community_code, resource_stock.item AS status
  FROM base.resource_stock
  JOIN base.resource ON resource.id = resource_stock.resource_id
 WHERE resource_stock.subdistrict_code = :code AND expires_on >= cast(:now AS timestamptz)::date AND expires_on < cast(:now AS timestamptz)::date + 30
   AND (cast(:community AS text) IS NULL OR resource.community_code = :community);
