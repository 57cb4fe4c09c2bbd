-- The open data: written by a job, read by anybody over the open interface (layers/tables.py).

CREATE TABLE open.communities (
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT NOT NULL,
    area_km2 FLOAT,
    residents INTEGER,
    households INTEGER,
    schematic BOOLEAN NOT NULL,
    geom geometry(MULTIPOLYGON,4326) NOT NULL,
    CONSTRAINT communities_pkey PRIMARY KEY (code)
);
COMMENT ON TABLE open.communities IS '社区: communities with their residents';
COMMENT ON COLUMN open.communities.code IS '12-digit statistical code';
COMMENT ON COLUMN open.communities.area_km2 IS '[km²]';
COMMENT ON COLUMN open.communities.residents IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN open.communities.households IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN open.communities.schematic IS 'Made for the sample, not surveyed (示意)';

CREATE TABLE open.places (
    id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subkind TEXT,
    name TEXT NOT NULL,
    name_en TEXT NOT NULL,
    community TEXT,
    address TEXT NOT NULL,
    schematic BOOLEAN NOT NULL,
    geom geometry(POINT,4326) NOT NULL,
    CONSTRAINT places_pkey PRIMARY KEY (id)
);
CREATE INDEX places_geom_idx ON open.places USING gist (geom);
COMMENT ON TABLE open.places IS '地点: compounds, apartment areas and points of interest';
COMMENT ON COLUMN open.places.kind IS 'compound, apartment or poi';
COMMENT ON COLUMN open.places.schematic IS 'Made for the sample, not surveyed (示意)';

CREATE TABLE open.resources (
    id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    capacity INTEGER,
    community TEXT,
    geom geometry(POINT,4326) NOT NULL,
    CONSTRAINT resources_pkey PRIMARY KEY (id)
);
CREATE INDEX resources_geom_idx ON open.resources USING gist (geom);
COMMENT ON TABLE open.resources IS '应急资源: emergency resources';
COMMENT ON COLUMN open.resources.kind IS 'shelter, depot, fire_station, hydrant, aed, clinic, police_post or team';
COMMENT ON COLUMN open.resources.status IS 'ready, out or deployed';

CREATE TABLE open.population_cells (
    cell TEXT NOT NULL,
    resolution SMALLINT NOT NULL,
    residents INTEGER,
    registered INTEGER,
    migrant INTEGER,
    aged_60 INTEGER,
    aged_80 INTEGER,
    living_alone INTEGER,
    households INTEGER,
    geom geometry(POLYGON,4326) NOT NULL,
    CONSTRAINT population_cells_pkey PRIMARY KEY (cell)
);
CREATE INDEX population_cells_geom_idx ON open.population_cells USING gist (geom);
COMMENT ON TABLE open.population_cells IS '人口: residents per cell, never fewer than five';
COMMENT ON COLUMN open.population_cells.cell IS 'H3 index, 15 hexadecimal characters';
COMMENT ON COLUMN open.population_cells.resolution IS '9 or 10';
COMMENT ON COLUMN open.population_cells.residents IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN open.population_cells.registered IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN open.population_cells.migrant IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN open.population_cells.aged_60 IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN open.population_cells.aged_80 IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN open.population_cells.living_alone IS 'Perturbed; empty = fewer than five, not published';
COMMENT ON COLUMN open.population_cells.households IS 'Perturbed; empty = fewer than five, not published';

CREATE TABLE open.demand_cells (
    cell TEXT NOT NULL,
    resolution SMALLINT NOT NULL,
    per_1000 FLOAT,
    eligible INTEGER,
    geom geometry(POLYGON,4326) NOT NULL,
    CONSTRAINT demand_cells_pkey PRIMARY KEY (cell)
);
CREATE INDEX demand_cells_geom_idx ON open.demand_cells USING gist (geom);
COMMENT ON TABLE open.demand_cells IS '服务需求: service demand per cell';
COMMENT ON COLUMN open.demand_cells.cell IS 'H3 index, 15 hexadecimal characters';
COMMENT ON COLUMN open.demand_cells.resolution IS '9 or 10';
COMMENT ON COLUMN open.demand_cells.per_1000 IS 'Requests of 30 days per 1 000 eligible residents, drawn to the mean';
COMMENT ON COLUMN open.demand_cells.eligible IS 'Perturbed, never fewer than five [persons]';

GRANT SELECT ON open.communities, open.places, open.resources, open.population_cells, open.demand_cells TO fengqiao_open, fengqiao_server;
