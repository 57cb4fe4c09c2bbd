-- Every statement runs as whoever asks: row-level security decides about the record of today and about each earlier form.

-- key --
-- What identifies a record across its forms, whether it is there still or only in history.
SELECT {key} AS key FROM {table} AS record WHERE id = :id
UNION ALL
(SELECT {version_key} FROM support.record_version AS version WHERE table_name = :table_name AND record_id = :id LIMIT 1)
LIMIT 1;

-- forms --
-- Every form of one record that was known at :known_at, in the order they became known.
SELECT record, recorded_from, nullif(recorded_to, 'infinity') AS recorded_to, batch_id
  FROM (SELECT to_jsonb(record) AS record, recorded_from, CAST('infinity' AS timestamptz) AS recorded_to, batch_id
          FROM {table} AS record WHERE {key} = :key
        UNION ALL
        SELECT record, recorded_from, recorded_to, batch_id
          FROM support.record_version AS version WHERE table_name = :table_name AND {version_key} = :key) AS form
 WHERE recorded_from <= :known_at AND recorded_from < recorded_to
 ORDER BY recorded_from;

-- standing --
-- Records as they held at :as_of, as far as was known at :known_at. A later form that holds from a later day ends the one before
-- it; one that holds from the same day or does not say corrects it.
WITH form AS (
    SELECT record.*, CAST('infinity' AS timestamptz) AS recorded_to FROM {table} AS record
    UNION ALL
    SELECT former.*, version.recorded_to
      FROM support.record_version AS version
     CROSS JOIN LATERAL jsonb_populate_record(CAST(NULL AS {table}), version.record) AS former
     WHERE version.table_name = :table_name
), known AS (
    SELECT record.*, min(coalesce(valid_from, '-infinity')) OVER later AS next_from, max(recorded_to) OVER own AS known_until
      FROM form AS record
     WHERE recorded_from <= :known_at AND recorded_from < recorded_to
    WINDOW own AS (PARTITION BY {key}), later AS (PARTITION BY {key} ORDER BY recorded_from ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
)
SELECT {columns}, ST_AsGeoJSON(geom, 6) AS shape, recorded_from, valid_from,
       nullif(least(coalesce(valid_to, 'infinity'), coalesce(next_from, 'infinity')), 'infinity') AS valid_to, batch_id
  FROM known
 WHERE known_until > :known_at AND coalesce(valid_from, '-infinity') <= :as_of
   AND least(coalesce(valid_to, 'infinity'), coalesce(next_from, 'infinity')) > :as_of
 ORDER BY {order};

-- residence_counts --
-- Persons who lived in each community or work grid at :as_of, as far as was known at :known_at. Forms as in "standing"; records of
-- one person count once, by what is decided about them today.
WITH former AS (
    SELECT version.record_id AS id, (version.record ->> 'valid_from')::timestamptz AS valid_from, (version.record ->> 'valid_to')::timestamptz AS valid_to,
           version.record ->> 'community_code' AS community_code, (version.record ->> 'work_grid_id')::bigint AS work_grid_id,
           version.record ->> 'placement' AS placement, (version.record ->> 'alive')::boolean AS alive,
           version.recorded_from, version.recorded_to
      FROM support.record_version AS version
     WHERE version.table_name = 'base.resident'
), chain AS (
    SELECT * FROM former
    UNION ALL
    SELECT id, valid_from, valid_to, community_code, work_grid_id, placement, alive, recorded_from, CAST('infinity' AS timestamptz)
      FROM base.resident
     WHERE id IN (SELECT id FROM former)
), known AS (
    SELECT chain.*, min(coalesce(valid_from, '-infinity')) OVER later AS next_from, max(recorded_to) OVER own AS known_until
      FROM chain
     WHERE recorded_from <= :known_at AND recorded_from < recorded_to
    WINDOW own AS (PARTITION BY id), later AS (PARTITION BY id ORDER BY recorded_from ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
), living AS (
    SELECT id, community_code, work_grid_id, placement
      FROM known
     WHERE alive AND known_until > :known_at AND coalesce(valid_from, '-infinity') <= :as_of
       AND least(coalesce(valid_to, 'infinity'), coalesce(next_from, 'infinity')) > :as_of
    UNION ALL
    SELECT id, community_code, work_grid_id, placement
      FROM base.resident
     WHERE alive AND recorded_from <= :known_at AND coalesce(valid_from, '-infinity') <= :as_of AND coalesce(valid_to, 'infinity') > :as_of
       AND id NOT IN (SELECT id FROM former)
)
SELECT CAST({unit} AS text) AS unit, count(*) AS persons, count(*) FILTER (WHERE placement = 'placed') AS placed
  FROM living
 WHERE NOT EXISTS (SELECT FROM base.person_record WHERE person_record.resident_id = living.id)
 GROUP BY 1
 ORDER BY 1;
