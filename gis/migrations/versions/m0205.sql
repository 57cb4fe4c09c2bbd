-- GET /api/status in two parts: what is cheap is counted at every call, the big tables only when they changed.

-- Whether residents, incidents and requests changed: every insert draws from a sequence of theirs, and every update or delete
-- from record_version's (trigger keep_version). settled: nobody is writing at this moment, so nothing drawn is still to come.
CREATE FUNCTION support.status_key() RETURNS TABLE (key text, snapshot text, settled boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT concat_ws(' ', COALESCE(pg_sequence_last_value('base.resident_id_seq'), 0), COALESCE(pg_sequence_last_value('base.incident_id_seq'), 0),
                     COALESCE(pg_sequence_last_value('base.service_request_id_seq'), 0), COALESCE(pg_sequence_last_value('support.record_version_id_seq'), 0)),
           snapshot::text, pg_snapshot_xmin(snapshot) = pg_snapshot_xmax(snapshot)
      FROM pg_current_snapshot() AS snapshot
$$;

CREATE FUNCTION support.status_counts() RETURNS TABLE (
    residents bigint, incidents bigint, incidents_open bigint, requests bigint, placed bigint, total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH people AS (
        SELECT count(*) AS total, count(*) FILTER (WHERE placement = 'placed') AS placed
          FROM base.resident WHERE valid_to IS NULL OR valid_to > now()
    ), incidents AS (
        SELECT count(*) AS total, count(*) FILTER (WHERE placement = 'placed') AS placed,
               count(*) FILTER (WHERE status NOT IN ('closed', 'withdrawn')) AS open
          FROM base.incident
    ), requests AS (
        SELECT count(*) AS total, count(*) FILTER (WHERE placement = 'placed') AS placed FROM base.service_request
    )
    SELECT people.total, incidents.total, incidents.open, requests.total, people.placed + incidents.placed + requests.placed,
           people.total + incidents.total + requests.total
      FROM people, incidents, requests
$$;

CREATE FUNCTION support.status_places() RETURNS TABLE (
    communities bigint, compounds bigint, resettlement bigint, apartments bigint, cells bigint, quarantined bigint, resources bigint,
    resources_placed bigint, alerts_open bigint, newest_event_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH places AS (
        SELECT count(*) FILTER (WHERE kind = 'compound') AS compounds,
               count(*) FILTER (WHERE kind = 'compound' AND compound_kind = 'resettlement') AS resettlement,
               count(*) FILTER (WHERE kind = 'apartment') AS apartments
          FROM base.place WHERE counted AND (valid_to IS NULL OR valid_to > now())
    ), resources AS (
        SELECT count(*) AS total, count(*) FILTER (WHERE placement = 'placed') AS placed
          FROM base.resource WHERE valid_to IS NULL OR valid_to > now()
    )
    SELECT (SELECT count(*) FROM base.community WHERE valid_to IS NULL OR valid_to > now()),
           places.compounds, places.resettlement, places.apartments,
           (SELECT count(*) FROM base.cell WHERE resolution = 10 AND share > 0),
           (SELECT count(*) FROM support.quarantine WHERE released_at IS NULL),
           resources.total, resources.placed,
           (SELECT count(*) FROM alerting.alert WHERE status <> 'cleared'),
           (SELECT max(newest_event_at) FROM support.feed)
      FROM places, resources
$$;

DROP FUNCTION support.status();
REVOKE EXECUTE ON FUNCTION support.status_key(), support.status_counts(), support.status_places() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION support.status_key(), support.status_counts(), support.status_places() TO fengqiao_server;
