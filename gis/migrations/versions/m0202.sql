-- The figures of GET /api/status. Asked without a token, so they come from a function of fixed text and not from a right to the rows.
CREATE FUNCTION support.status() RETURNS TABLE (
    communities bigint, compounds bigint, resettlement bigint, apartments bigint, residents bigint, cells bigint, placed bigint, unplaced bigint,
    quarantined bigint, incidents bigint, incidents_open bigint, requests bigint, resources bigint, alerts_open bigint, newest_event_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    WITH places AS (
        SELECT count(*) FILTER (WHERE kind = 'compound') AS compounds,
               count(*) FILTER (WHERE kind = 'compound' AND compound_kind = 'resettlement') AS resettlement,
               count(*) FILTER (WHERE kind = 'apartment') AS apartments
          FROM base.place WHERE counted AND (valid_to IS NULL OR valid_to > now())
    ), people AS (
        SELECT count(*) AS total, count(*) FILTER (WHERE placement = 'placed') AS placed
          FROM base.resident WHERE valid_to IS NULL OR valid_to > now()
    ), incidents AS (
        SELECT count(*) AS total, count(*) FILTER (WHERE placement = 'placed') AS placed,
               count(*) FILTER (WHERE status NOT IN ('closed', 'withdrawn')) AS open
          FROM base.incident
    ), requests AS (
        SELECT count(*) AS total, count(*) FILTER (WHERE placement = 'placed') AS placed FROM base.service_request
    ), resources AS (
        SELECT count(*) AS total, count(*) FILTER (WHERE placement = 'placed') AS placed
          FROM base.resource WHERE valid_to IS NULL OR valid_to > now()
    )
    SELECT (SELECT count(*) FROM base.community WHERE valid_to IS NULL OR valid_to > now()),
           places.compounds, places.resettlement, places.apartments, people.total,
           (SELECT count(*) FROM base.cell WHERE resolution = 10 AND share > 0),
           people.placed + incidents.placed + requests.placed + resources.placed,
           people.total + incidents.total + requests.total + resources.total
               - (people.placed + incidents.placed + requests.placed + resources.placed),
           (SELECT count(*) FROM support.quarantine WHERE released_at IS NULL),
           incidents.total, incidents.open, requests.total, resources.total,
           (SELECT count(*) FROM alerting.alert WHERE status <> 'cleared'),
           (SELECT max(newest_event_at) FROM support.feed)
      FROM places, people, incidents, requests, resources
$$;
REVOKE EXECUTE ON FUNCTION support.status() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION support.status() TO fengqiao_server;

-- so that the counts read an index and not the free text beside it
CREATE INDEX incident_placement_idx ON base.incident (placement, status);
CREATE INDEX service_request_placement_idx ON base.service_request (placement, status);
CREATE INDEX resident_placement_idx ON base.resident (placement, valid_to);
