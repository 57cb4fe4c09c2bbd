-- Persons on file in the whole sub-district, as GET /api/status tells everybody. Walls read no row of a person, so the three totals
-- come from a function of fixed text and not from a right to the rows.
CREATE FUNCTION support.persons_on_file() RETURNS TABLE (total bigint, registered bigint, migrant bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT count(*), count(*) FILTER (WHERE registration = 'registered'), count(*) FILTER (WHERE registration = 'migrant')
      FROM base.resident WHERE valid_to IS NULL OR valid_to > now()
$$;
REVOKE EXECUTE ON FUNCTION support.persons_on_file() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION support.persons_on_file() TO fengqiao_server, fengqiao_wall;
