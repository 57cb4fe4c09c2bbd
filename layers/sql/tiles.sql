-- cell_tile --
-- One tile of cells; the statement put inside yields cell, value, suppressed and estimated. The envelope is transformed and not the cells, so that the
-- spatial index stays usable. Classes as in layers.values.classify.
WITH bounds AS MATERIALIZED (
    SELECT ST_TileEnvelope(:z, :x, :y) AS mercator, ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.0625), 4326) AS degrees
), shown AS (
    {inner}
), hit AS MATERIALIZED (
    -- the join first: only what is shown is transformed and clipped, and only once
    SELECT cell.cell, cell.geom, shown.value, shown.suppressed, shown.estimated, bounds.mercator
      FROM bounds
      JOIN base.cell ON cell.geom && bounds.degrees AND cell.resolution = :resolution AND cell.subdistrict_code = :code
      JOIN shown ON shown.cell = cell.cell
), feature AS MATERIALIZED (
    SELECT to_hex(cell) AS cell, value, suppressed, estimated,
           CASE WHEN :below THEN (SELECT count(*) FROM unnest(CAST(:limits AS float[])) AS class_limit
                                   WHERE COALESCE(value, 'Infinity') > class_limit)
                WHEN value IS NULL OR value = 0 OR cardinality(CAST(:limits AS float[])) = 0 THEN NULL
                ELSE (SELECT count(*) FROM unnest(CAST(:limits AS float[])) AS class_limit WHERE value >= class_limit)
           END AS class,
           ST_AsMVTGeom(ST_Transform(geom, 3857), mercator, 4096, 256, true) AS geom
      FROM hit
)
SELECT ST_AsMVT(feature, :layer, 4096, 'geom') FROM feature WHERE geom IS NOT NULL;

-- feature_tile --
-- One tile of shapes; the statement put inside yields id, geom and properties. Times go as text: a tile knows no time.
WITH bounds AS MATERIALIZED (
    SELECT ST_TileEnvelope(:z, :x, :y) AS mercator, ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.0625), 4326) AS degrees
), shown AS (
    {inner}
), feature AS MATERIALIZED (
    SELECT to_jsonb(shown) - 'geom' AS properties,
           ST_AsMVTGeom(ST_Transform(shown.geom, 3857), bounds.mercator, 4096, 256, true) AS geom
      FROM shown, bounds WHERE shown.geom && bounds.degrees
)
SELECT ST_AsMVT(feature, :layer, 4096, 'geom') FROM feature WHERE geom IS NOT NULL;
