-- The topic library: facts per cell, exact and published (layers/tables.py).

CREATE TABLE topic.population (
    region BIGINT NOT NULL,
    subdistrict_code TEXT NOT NULL,
    cell BIGINT NOT NULL,
    resolution SMALLINT NOT NULL,
    community_code TEXT DEFAULT '' NOT NULL,
    work_grid_id BIGINT DEFAULT '0' NOT NULL,
    place_id BIGINT DEFAULT '0' NOT NULL,
    total INTEGER NOT NULL,
    registered INTEGER NOT NULL,
    migrant INTEGER NOT NULL,
    aged_60 INTEGER NOT NULL,
    aged_80 INTEGER NOT NULL,
    living_alone INTEGER NOT NULL,
    minors INTEGER NOT NULL,
    disabled INTEGER NOT NULL,
    low_income INTEGER NOT NULL,
    pregnant INTEGER NOT NULL,
    chronic_illness INTEGER NOT NULL,
    households INTEGER NOT NULL,
    total_key BIGINT NOT NULL,
    registered_key BIGINT NOT NULL,
    migrant_key BIGINT NOT NULL,
    aged_60_key BIGINT NOT NULL,
    aged_80_key BIGINT NOT NULL,
    living_alone_key BIGINT NOT NULL,
    minors_key BIGINT NOT NULL,
    disabled_key BIGINT NOT NULL,
    low_income_key BIGINT NOT NULL,
    pregnant_key BIGINT NOT NULL,
    chronic_illness_key BIGINT NOT NULL,
    households_key BIGINT NOT NULL,
    CONSTRAINT population_pkey PRIMARY KEY (region, cell, subdistrict_code, community_code, work_grid_id, place_id)
)
 PARTITION BY LIST (region);
CREATE INDEX population_community_idx ON topic.population (community_code);
COMMENT ON TABLE topic.population IS 'Exact counts of persons by the building they live in; row-level security';
COMMENT ON COLUMN topic.population.region IS 'H3 parent of resolution 5; gives the partition';
COMMENT ON COLUMN topic.population.resolution IS '9, 10 or 11';
COMMENT ON COLUMN topic.population.community_code IS 'Of the building or point; empty = none';
COMMENT ON COLUMN topic.population.work_grid_id IS 'Of the building or point; 0 = none';
COMMENT ON COLUMN topic.population.place_id IS 'Compound or apartment area; 0 = none';
COMMENT ON COLUMN topic.population.total IS '[persons]';
COMMENT ON COLUMN topic.population.registered IS '[persons]';
COMMENT ON COLUMN topic.population.migrant IS '[persons]';
COMMENT ON COLUMN topic.population.aged_60 IS '[persons]';
COMMENT ON COLUMN topic.population.aged_80 IS '[persons]';
COMMENT ON COLUMN topic.population.living_alone IS '[persons]';
COMMENT ON COLUMN topic.population.minors IS '[persons]';
COMMENT ON COLUMN topic.population.disabled IS '[persons]';
COMMENT ON COLUMN topic.population.low_income IS '[persons]';
COMMENT ON COLUMN topic.population.pregnant IS '[persons]';
COMMENT ON COLUMN topic.population.chronic_illness IS '[persons]';
COMMENT ON COLUMN topic.population.households IS '[households]';
COMMENT ON COLUMN topic.population.total_key IS 'Sum of the members'' record keys';
COMMENT ON COLUMN topic.population.registered_key IS 'Sum of the members'' record keys';
COMMENT ON COLUMN topic.population.migrant_key IS 'Sum of the members'' record keys';
COMMENT ON COLUMN topic.population.aged_60_key IS 'Sum of the members'' record keys';
COMMENT ON COLUMN topic.population.aged_80_key IS 'Sum of the members'' record keys';
COMMENT ON COLUMN topic.population.living_alone_key IS 'Sum of the members'' record keys';
COMMENT ON COLUMN topic.population.minors_key IS 'Sum of the members'' record keys';
COMMENT ON COLUMN topic.population.disabled_key IS 'Sum of the members'' record keys';
COMMENT ON COLUMN topic.population.low_income_key IS 'Sum of the members'' record keys';
COMMENT ON COLUMN topic.population.pregnant_key IS 'Sum of the members'' record keys';
COMMENT ON COLUMN topic.population.chronic_illness_key IS 'Sum of the members'' record keys';
COMMENT ON COLUMN topic.population.households_key IS 'Sum of the members'' record keys';

CREATE TABLE topic.population_published (
    region BIGINT NOT NULL,
    subdistrict_code TEXT NOT NULL,
    cell BIGINT NOT NULL,
    resolution SMALLINT NOT NULL,
    total INTEGER,
    registered INTEGER,
    migrant INTEGER,
    aged_60 INTEGER,
    aged_80 INTEGER,
    living_alone INTEGER,
    households INTEGER,
    CONSTRAINT population_published_pkey PRIMARY KEY (region, cell, subdistrict_code)
)
 PARTITION BY LIST (region);
COMMENT ON TABLE topic.population_published IS 'Counts of persons per cell as anybody may see them (docs/decisions/0301-cell-keys.md)';
COMMENT ON COLUMN topic.population_published.region IS 'H3 parent of resolution 5; gives the partition';
COMMENT ON COLUMN topic.population_published.resolution IS '9, 10 or 11';
COMMENT ON COLUMN topic.population_published.total IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN topic.population_published.registered IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN topic.population_published.migrant IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN topic.population_published.aged_60 IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN topic.population_published.aged_80 IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN topic.population_published.living_alone IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN topic.population_published.households IS 'Perturbed; empty = fewer than five, not published';

CREATE TABLE topic.unit_population_published (
    subdistrict_code TEXT NOT NULL,
    unit_kind TEXT NOT NULL,
    unit_code TEXT NOT NULL,
    total INTEGER,
    registered INTEGER,
    migrant INTEGER,
    aged_60 INTEGER,
    aged_80 INTEGER,
    living_alone INTEGER,
    households INTEGER,
    CONSTRAINT unit_population_published_pkey PRIMARY KEY (subdistrict_code, unit_kind, unit_code)
);
COMMENT ON TABLE topic.unit_population_published IS 'Counts of persons per unit as anybody may see them';
COMMENT ON COLUMN topic.unit_population_published.unit_kind IS 'subdistrict, community, work_grid or place';
COMMENT ON COLUMN topic.unit_population_published.unit_code IS 'Code; of a place and of a work grid its id';
COMMENT ON COLUMN topic.unit_population_published.total IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN topic.unit_population_published.registered IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN topic.unit_population_published.migrant IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN topic.unit_population_published.aged_60 IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN topic.unit_population_published.aged_80 IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN topic.unit_population_published.living_alone IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN topic.unit_population_published.households IS 'Perturbed; empty = fewer than five, not published';

CREATE TABLE topic.demand (
    region BIGINT NOT NULL,
    subdistrict_code TEXT NOT NULL,
    cell BIGINT NOT NULL,
    resolution SMALLINT NOT NULL,
    community_code TEXT DEFAULT '' NOT NULL,
    work_grid_id BIGINT DEFAULT '0' NOT NULL,
    topic TEXT NOT NULL,
    requests INTEGER NOT NULL,
    requests_key BIGINT NOT NULL,
    eligible INTEGER NOT NULL,
    eligible_key BIGINT NOT NULL,
    CONSTRAINT demand_pkey PRIMARY KEY (region, cell, subdistrict_code, community_code, work_grid_id, topic)
)
 PARTITION BY LIST (region);
COMMENT ON TABLE topic.demand IS 'Exact requests and eligible residents by cell of resolution 11; row-level security';
COMMENT ON COLUMN topic.demand.region IS 'H3 parent of resolution 5; gives the partition';
COMMENT ON COLUMN topic.demand.resolution IS '9, 10 or 11';
COMMENT ON COLUMN topic.demand.community_code IS 'Of the building or point; empty = none';
COMMENT ON COLUMN topic.demand.work_grid_id IS 'Of the building or point; 0 = none';
COMMENT ON COLUMN topic.demand.topic IS 'Topic of service items, or all';
COMMENT ON COLUMN topic.demand.requests IS 'In the last 30 days [requests]';
COMMENT ON COLUMN topic.demand.requests_key IS 'Sum of the requests'' record keys';
COMMENT ON COLUMN topic.demand.eligible IS 'Residents for whom at least one item of the topic exists [persons]';
COMMENT ON COLUMN topic.demand.eligible_key IS 'Sum of their record keys';

CREATE TABLE topic.demand_published (
    region BIGINT NOT NULL,
    subdistrict_code TEXT NOT NULL,
    cell BIGINT NOT NULL,
    resolution SMALLINT NOT NULL,
    topic TEXT NOT NULL,
    requests INTEGER,
    eligible INTEGER,
    per_1000 FLOAT,
    suppressed BOOLEAN NOT NULL,
    CONSTRAINT demand_published_pkey PRIMARY KEY (region, cell, subdistrict_code, topic)
)
 PARTITION BY LIST (region);
COMMENT ON TABLE topic.demand_published IS 'Service demand as anybody may see it, from perturbed counts';
COMMENT ON COLUMN topic.demand_published.region IS 'H3 parent of resolution 5; gives the partition';
COMMENT ON COLUMN topic.demand_published.resolution IS '9, 10 or 11';
COMMENT ON COLUMN topic.demand_published.topic IS 'Topic of service items, or all';
COMMENT ON COLUMN topic.demand_published.requests IS 'Perturbed; empty = one to four, not published';
COMMENT ON COLUMN topic.demand_published.eligible IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN topic.demand_published.per_1000 IS '[requests per 1 000 eligible], drawn to the mean (Marshall 1991); empty = not published, or nobody eligible';
COMMENT ON COLUMN topic.demand_published.suppressed IS 'Fewer than five eligible';

CREATE TABLE topic.unit_demand_published (
    subdistrict_code TEXT NOT NULL,
    unit_kind TEXT NOT NULL,
    unit_code TEXT NOT NULL,
    topic TEXT NOT NULL,
    requests INTEGER,
    eligible INTEGER,
    per_1000 FLOAT,
    CONSTRAINT unit_demand_published_pkey PRIMARY KEY (subdistrict_code, unit_kind, unit_code, topic)
);
COMMENT ON TABLE topic.unit_demand_published IS 'Service demand per unit as anybody may see it';
COMMENT ON COLUMN topic.unit_demand_published.unit_kind IS 'subdistrict, community or work_grid';
COMMENT ON COLUMN topic.unit_demand_published.requests IS 'Perturbed; empty = one to four, not published';
COMMENT ON COLUMN topic.unit_demand_published.eligible IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN topic.unit_demand_published.per_1000 IS '[requests per 1 000 eligible], plain rate';

CREATE TABLE topic.incident_day (
    region BIGINT NOT NULL,
    subdistrict_code TEXT NOT NULL,
    cell BIGINT NOT NULL,
    resolution SMALLINT NOT NULL,
    day DATE NOT NULL,
    community_code TEXT DEFAULT '' NOT NULL,
    work_grid_id BIGINT DEFAULT '0' NOT NULL,
    category TEXT NOT NULL,
    reported INTEGER NOT NULL,
    CONSTRAINT incident_day_pkey PRIMARY KEY (region, cell, subdistrict_code, day, community_code, work_grid_id, category)
)
 PARTITION BY LIST (region);
CREATE INDEX incident_day_day_idx ON topic.incident_day (day);
COMMENT ON TABLE topic.incident_day IS 'Incidents by cell of resolution 11 and day; coarser cells by their index';
COMMENT ON COLUMN topic.incident_day.region IS 'H3 parent of resolution 5; gives the partition';
COMMENT ON COLUMN topic.incident_day.resolution IS '9, 10 or 11';
COMMENT ON COLUMN topic.incident_day.day IS 'Local day of the report';
COMMENT ON COLUMN topic.incident_day.community_code IS 'Of the building or point; empty = none';
COMMENT ON COLUMN topic.incident_day.work_grid_id IS 'Of the building or point; 0 = none';
COMMENT ON COLUMN topic.incident_day.reported IS '[incidents]';

CREATE TABLE topic.incident_open (
    region BIGINT NOT NULL,
    subdistrict_code TEXT NOT NULL,
    cell BIGINT NOT NULL,
    resolution SMALLINT NOT NULL,
    community_code TEXT DEFAULT '' NOT NULL,
    work_grid_id BIGINT DEFAULT '0' NOT NULL,
    category TEXT NOT NULL,
    grade TEXT NOT NULL,
    open INTEGER NOT NULL,
    CONSTRAINT incident_open_pkey PRIMARY KEY (region, cell, subdistrict_code, community_code, work_grid_id, category, grade)
)
 PARTITION BY LIST (region);
COMMENT ON TABLE topic.incident_open IS 'Open incidents by cell of resolution 11';
COMMENT ON COLUMN topic.incident_open.region IS 'H3 parent of resolution 5; gives the partition';
COMMENT ON COLUMN topic.incident_open.resolution IS '9, 10 or 11';
COMMENT ON COLUMN topic.incident_open.community_code IS 'Of the building or point; empty = none';
COMMENT ON COLUMN topic.incident_open.work_grid_id IS 'Of the building or point; 0 = none';
COMMENT ON COLUMN topic.incident_open.open IS '[incidents]';

CREATE TABLE topic.resource_count (
    region BIGINT NOT NULL,
    subdistrict_code TEXT NOT NULL,
    cell BIGINT NOT NULL,
    resolution SMALLINT NOT NULL,
    kind TEXT NOT NULL,
    ready INTEGER NOT NULL,
    total INTEGER NOT NULL,
    CONSTRAINT resource_count_pkey PRIMARY KEY (region, cell, subdistrict_code, kind)
)
 PARTITION BY LIST (region);
COMMENT ON TABLE topic.resource_count IS 'Emergency resources per cell';
COMMENT ON COLUMN topic.resource_count.region IS 'H3 parent of resolution 5; gives the partition';
COMMENT ON COLUMN topic.resource_count.resolution IS '9, 10 or 11';
COMMENT ON COLUMN topic.resource_count.ready IS '[resources]';
COMMENT ON COLUMN topic.resource_count.total IS '[resources]';

CREATE TABLE topic.coverage (
    region BIGINT NOT NULL,
    subdistrict_code TEXT NOT NULL,
    cell BIGINT NOT NULL,
    resolution SMALLINT NOT NULL,
    kind TEXT NOT NULL,
    minutes FLOAT,
    reach SMALLINT,
    estimated BOOLEAN NOT NULL,
    resource_id BIGINT,
    CONSTRAINT coverage_pkey PRIMARY KEY (region, cell, subdistrict_code, kind),
    CONSTRAINT coverage_reach_check CHECK (reach IN (5, 10, 15))
)
 PARTITION BY LIST (region);
COMMENT ON TABLE topic.coverage IS 'Walking time to the nearest ready resource of each kind';
COMMENT ON COLUMN topic.coverage.region IS 'H3 parent of resolution 5; gives the partition';
COMMENT ON COLUMN topic.coverage.resolution IS '9, 10 or 11';
COMMENT ON COLUMN topic.coverage.minutes IS 'On foot from the cell''s centre to the nearest ready resource [min]; empty = there is none';
COMMENT ON COLUMN topic.coverage.reach IS '5, 10 or 15 [min]; empty = gap';
COMMENT ON COLUMN topic.coverage.estimated IS 'Straight line x 1.3 and not over the road graph: shown as 估算';
COMMENT ON COLUMN topic.coverage.resource_id IS 'The nearest ready resource';

CREATE TABLE topic.unit_coverage_published (
    subdistrict_code TEXT NOT NULL,
    unit_kind TEXT NOT NULL,
    unit_code TEXT NOT NULL,
    kind TEXT NOT NULL,
    within_5 INTEGER,
    within_10 INTEGER,
    within_15 INTEGER,
    gap INTEGER,
    persons INTEGER,
    CONSTRAINT unit_coverage_published_pkey PRIMARY KEY (subdistrict_code, unit_kind, unit_code, kind)
);
COMMENT ON TABLE topic.unit_coverage_published IS 'Persons by walking time to the nearest ready resource, as anybody may see it';
COMMENT ON COLUMN topic.unit_coverage_published.unit_kind IS 'subdistrict or community';
COMMENT ON COLUMN topic.unit_coverage_published.within_5 IS 'Perturbed [persons]; empty = one to four';
COMMENT ON COLUMN topic.unit_coverage_published.within_10 IS 'Those within 5 included, perturbed [persons]';
COMMENT ON COLUMN topic.unit_coverage_published.within_15 IS 'Those within 10 included, perturbed [persons]';
COMMENT ON COLUMN topic.unit_coverage_published.gap IS 'Beyond 15 minutes, perturbed [persons]';
COMMENT ON COLUMN topic.unit_coverage_published.persons IS 'All, perturbed [persons]';

CREATE TABLE support.layer_class (
    subdistrict_code TEXT NOT NULL,
    layer_id TEXT NOT NULL,
    resolution SMALLINT NOT NULL,
    limits FLOAT[] NOT NULL,
    window_from DATE,
    window_to DATE NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT layer_class_pkey PRIMARY KEY (subdistrict_code, layer_id, resolution)
);
COMMENT ON TABLE support.layer_class IS 'Class limits of layers: decided once, the same tomorrow';
COMMENT ON COLUMN support.layer_class.limits IS 'Four limits between five classes; a value on a limit belongs to the upper class';
COMMENT ON COLUMN support.layer_class.window_from IS 'First day of the values the quintiles were taken from';
COMMENT ON COLUMN support.layer_class.window_to IS 'Last day';

CREATE TABLE support.layer_state (
    subdistrict_code TEXT NOT NULL,
    topic TEXT NOT NULL,
    version BIGINT DEFAULT '1' NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    refreshed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    window_from DATE,
    CONSTRAINT layer_state_pkey PRIMARY KEY (subdistrict_code, topic)
);
COMMENT ON TABLE support.layer_state IS 'How fresh the facts of each topic are';
COMMENT ON COLUMN support.layer_state.topic IS 'population, demand, incidents or resources';
COMMENT ON COLUMN support.layer_state.version IS 'Grows whenever a published fact changed';
COMMENT ON COLUMN support.layer_state.window_from IS 'First local day of the facts, where they are of a window';

CREATE TABLE support.demand_prior (
    subdistrict_code TEXT NOT NULL,
    resolution SMALLINT NOT NULL,
    topic TEXT NOT NULL,
    mean FLOAT NOT NULL,
    variance FLOAT NOT NULL,
    CONSTRAINT demand_prior_pkey PRIMARY KEY (subdistrict_code, resolution, topic)
);
COMMENT ON TABLE support.demand_prior IS 'What rates are drawn to: fixed for a day, so that one request changes one cell';
COMMENT ON COLUMN support.demand_prior.mean IS 'Requests per eligible person in the whole sub-district';
COMMENT ON COLUMN support.demand_prior.variance IS 'Of the rate between cells, without the chance of small numbers';

-- facts of one H3 parent lie together: a partition per parent of resolution 5, made when its first cell arrives
CREATE FUNCTION topic.ensure_region(parent bigint) RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    fact text;
    part text;
    made integer := 0;
BEGIN
    FOREACH fact IN ARRAY ARRAY['population', 'population_published', 'demand', 'demand_published', 'incident_day', 'incident_open',
                                'resource_count', 'coverage'] LOOP
        part := format('%s_%s', fact, to_hex(parent));
        IF to_regclass('topic.' || quote_ident(part)) IS NULL THEN
            PERFORM pg_advisory_xact_lock(hashtext(part));
            IF to_regclass('topic.' || quote_ident(part)) IS NULL THEN
                EXECUTE format('CREATE TABLE topic.%I PARTITION OF topic.%I FOR VALUES IN (%L)', part, fact, parent);
                made := made + 1;
            END IF;
        END IF;
    END LOOP;
    RETURN made;
END $$;
REVOKE EXECUTE ON FUNCTION topic.ensure_region(bigint) FROM PUBLIC;

-- the seed of record keys: drawn once per installation, read by the owner alone. Whoever had it could undo the perturbation
CREATE TABLE support.perturbation_seed (
    only_one BOOLEAN DEFAULT true NOT NULL,
    seed BIGINT NOT NULL,
    CONSTRAINT perturbation_seed_pkey PRIMARY KEY (only_one),
    CONSTRAINT perturbation_seed_only_one_check CHECK (only_one)
);
COMMENT ON TABLE support.perturbation_seed IS 'Seed of the record keys behind published counts; owner only';
INSERT INTO support.perturbation_seed (seed) VALUES (('x' || encode(gen_random_bytes(8), 'hex'))::bit(64)::bigint);

-- a cell's parent by its index alone, as gis.cells.parents computes it
CREATE FUNCTION base.cell_parent(cell bigint, resolution integer) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (cell & ~(15::bigint << 52)) | (resolution::bigint << 52) | ((1::bigint << (3 * (15 - resolution))) - 1)
$$;

-- exact counts of persons: by the rights to the rows they were counted from
ALTER TABLE topic.population ENABLE ROW LEVEL SECURITY;
ALTER TABLE topic.demand ENABLE ROW LEVEL SECURITY;
CREATE POLICY people_read ON topic.population FOR SELECT TO fengqiao_server USING (
    subdistrict_code = (SELECT access.subdistrict()) AND (SELECT access.scope_persons()) AND (
        (SELECT access.scope_all())
        OR community_code = ANY ((SELECT access.scope_communities())::text[])
        OR work_grid_id = ANY ((SELECT access.scope_work_grids())::bigint[])));
CREATE POLICY people_read ON topic.demand FOR SELECT TO fengqiao_server USING (
    subdistrict_code = (SELECT access.subdistrict()) AND (SELECT access.scope_persons()) AND (
        (SELECT access.scope_all())
        OR community_code = ANY ((SELECT access.scope_communities())::text[])
        OR work_grid_id = ANY ((SELECT access.scope_work_grids())::bigint[])));
-- the keys stay with the owner
GRANT SELECT (region, subdistrict_code, cell, resolution, community_code, work_grid_id, place_id, total, registered, migrant, aged_60, aged_80,
    living_alone, minors, disabled, low_income, pregnant, chronic_illness, households) ON topic.population TO fengqiao_server;
GRANT SELECT (region, subdistrict_code, cell, resolution, community_code, work_grid_id, topic, requests, eligible) ON topic.demand TO fengqiao_server;

-- what anybody who is signed in may see, walls included
GRANT SELECT ON topic.population_published, topic.unit_population_published, topic.demand_published, topic.unit_demand_published,
    topic.incident_day, topic.incident_open, topic.resource_count, topic.coverage, topic.unit_coverage_published, support.layer_class,
    support.layer_state, support.demand_prior TO fengqiao_server, fengqiao_wall;
