-- GET /api/status in two parts: what is cheap is counted at every call, the big tables only when they changed.

-- Whether residents, incidents and requests changed: every insert draws from a sequence of theirs, and every update or delete
-- from record_version's (trigger keep_version). settled: nobody who drew before is still writing, so nothing is to come for this
-- key; asked second, and by the locks that writers hold, since a snapshot does not tell of the newest writer.
CREATE FUNCTION support.status_key() RETURNS TABLE (key text, snapshot text, settled boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    key := concat_ws(' ', COALESCE(pg_sequence_last_value('base.resident_id_seq'), 0), COALESCE(pg_sequence_last_value('base.incident_id_seq'), 0),
                     COALESCE(pg_sequence_last_value('base.service_request_id_seq'), 0), COALESCE(pg_sequence_last_value('support.record_version_id_seq'), 0));
    settled := NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND pid <> pg_backend_pid());
    snapshot := pg_current_snapshot()::text;
    RETURN NEXT;
END $$;

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
