-- seed --
-- Seed of the record keys; the owner alone may read it.
SELECT seed FROM support.perturbation_seed;

-- person_facts --
-- Persons on file (each once, though several feeds know them) whose building lies in a cell (of :cells, or of all), counted per cell of resolution 11, community, work grid and
-- place; beside each count the sum of its members' record keys. Ages hold on :today.
WITH person AS (
    SELECT cell, COALESCE(community_code, '') AS community_code, COALESCE(work_grid_id, 0) AS work_grid_id,
           COALESCE(place_id, 0) AS place_id, registration, groups,
           extract(year FROM age(CAST(:today AS date), birth_date)) AS age_years,
           hashint8extended(id, CAST(:seed AS bigint)) & 4294967295 AS record_key
      FROM base.resident
     WHERE subdistrict_code = :code AND placement = 'placed' AND alive AND (valid_to IS NULL OR valid_to > :now)
       AND (CAST(:cells AS bigint[]) IS NULL OR cell = ANY (CAST(:cells AS bigint[])))
       AND NOT EXISTS (SELECT FROM base.person_record WHERE person_record.resident_id = resident.id)
)
SELECT cell, community_code, work_grid_id, place_id,
       count(*) AS total, sum(record_key) AS total_key,
       count(*) FILTER (WHERE registration = 'registered') AS registered,
       COALESCE(sum(record_key) FILTER (WHERE registration = 'registered'), 0) AS registered_key,
       count(*) FILTER (WHERE registration = 'migrant') AS migrant,
       COALESCE(sum(record_key) FILTER (WHERE registration = 'migrant'), 0) AS migrant_key,
       count(*) FILTER (WHERE age_years >= 60) AS aged_60,
       COALESCE(sum(record_key) FILTER (WHERE age_years >= 60), 0) AS aged_60_key,
       count(*) FILTER (WHERE age_years >= 80) AS aged_80,
       COALESCE(sum(record_key) FILTER (WHERE age_years >= 80), 0) AS aged_80_key,
       count(*) FILTER (WHERE 'living_alone' = ANY (groups)) AS living_alone,
       COALESCE(sum(record_key) FILTER (WHERE 'living_alone' = ANY (groups)), 0) AS living_alone_key,
       count(*) FILTER (WHERE age_years < 18) AS minors,
       COALESCE(sum(record_key) FILTER (WHERE age_years < 18), 0) AS minors_key,
       count(*) FILTER (WHERE 'disabled' = ANY (groups)) AS disabled,
       COALESCE(sum(record_key) FILTER (WHERE 'disabled' = ANY (groups)), 0) AS disabled_key,
       count(*) FILTER (WHERE 'low_income' = ANY (groups)) AS low_income,
       COALESCE(sum(record_key) FILTER (WHERE 'low_income' = ANY (groups)), 0) AS low_income_key,
       count(*) FILTER (WHERE 'pregnant' = ANY (groups)) AS pregnant,
       COALESCE(sum(record_key) FILTER (WHERE 'pregnant' = ANY (groups)), 0) AS pregnant_key,
       count(*) FILTER (WHERE 'chronic_illness' = ANY (groups)) AS chronic_illness,
       COALESCE(sum(record_key) FILTER (WHERE 'chronic_illness' = ANY (groups)), 0) AS chronic_illness_key
  FROM person
 GROUP BY cell, community_code, work_grid_id, place_id;

-- household_facts --
-- Households with at least one person counted above, at the place their persons live.
SELECT cell, community_code, work_grid_id, place_id, count(*) AS households, sum(record_key) AS households_key
  FROM (SELECT DISTINCT COALESCE(leading_id, resident.household_id) AS household_id, cell, COALESCE(community_code, '') AS community_code,
               COALESCE(work_grid_id, 0) AS work_grid_id, COALESCE(place_id, 0) AS place_id,
               hashint8extended(-COALESCE(leading_id, resident.household_id), CAST(:seed AS bigint)) & 4294967295 AS record_key
          FROM base.resident
          LEFT JOIN base.household_record ON household_record.household_id = resident.household_id
         WHERE subdistrict_code = :code AND placement = 'placed' AND alive AND (valid_to IS NULL OR valid_to > :now)
           AND resident.household_id IS NOT NULL
           AND (CAST(:cells AS bigint[]) IS NULL OR cell = ANY (CAST(:cells AS bigint[])))
           AND NOT EXISTS (SELECT FROM base.person_record WHERE person_record.resident_id = resident.id)) AS household
 GROUP BY cell, community_code, work_grid_id, place_id;

-- finest_facts --
-- The exact facts at resolution 11.
SELECT * FROM topic.population WHERE subdistrict_code = :code AND resolution = 11;

-- persons_on_file --
-- Everybody on file, on the map or not.
SELECT count(*) AS total, count(*) FILTER (WHERE registration = 'registered') AS registered,
       count(*) FILTER (WHERE registration = 'migrant') AS migrant,
       count(DISTINCT COALESCE(leading_id, resident.household_id)) AS households
  FROM base.resident
  LEFT JOIN base.household_record ON household_record.household_id = resident.household_id
 WHERE subdistrict_code = :code AND alive AND (valid_to IS NULL OR valid_to > :now)
   AND NOT EXISTS (SELECT FROM base.person_record WHERE person_record.resident_id = resident.id);

-- cells_of_batch --
-- Cells of resolution 11 that residents of a batch live in, those they lived in before it, and those of other records of the same
-- persons, where they are counted from now on or no longer.
SELECT DISTINCT cell FROM base.resident WHERE subdistrict_code = :code AND batch_id = :batch_id AND cell IS NOT NULL
UNION
SELECT DISTINCT (record ->> 'cell')::bigint
  FROM support.record_version
  JOIN base.resident ON resident.id = record_version.record_id AND resident.batch_id = :batch_id
 WHERE table_name = 'base.resident' AND record_version.recorded_to = resident.recorded_from AND record ->> 'cell' IS NOT NULL
UNION
SELECT DISTINCT other.cell
  FROM base.same_person
  JOIN base.resident ON resident.id IN (same_person.resident_id, same_person.other_id) AND resident.batch_id = :batch_id
  JOIN base.resident AS other ON other.id IN (same_person.resident_id, same_person.other_id) AND other.id <> resident.id
 WHERE other.cell IS NOT NULL;

-- cells_of_resident --
-- Cells of resolution 11 where one person is counted and ever was: somebody put the home on the map, or took it off.
SELECT cell FROM base.resident WHERE id = :id AND cell IS NOT NULL
UNION
SELECT (record ->> 'cell')::bigint FROM support.record_version
 WHERE table_name = 'base.resident' AND record_id = :id AND record ->> 'cell' IS NOT NULL;

-- cells_of_pair --
-- Cells of resolution 11 where the persons of a decided pair are or were counted: of every record that merges connect with it.
WITH RECURSIVE linked (id) AS (
    SELECT unnest(ARRAY[resident_id, other_id]) FROM base.same_person WHERE id = :pair_id
    UNION
    SELECT unnest(ARRAY[same_person.resident_id, same_person.other_id])
      FROM linked JOIN base.same_person ON linked.id IN (same_person.resident_id, same_person.other_id)
)
SELECT DISTINCT cell FROM base.resident JOIN linked USING (id) WHERE cell IS NOT NULL;

-- cells_of_birthdays --
-- Cells of resolution 11 where somebody turned 18, 60 or 80 after :since and up to :today.
SELECT DISTINCT cell
  FROM base.resident, unnest(ARRAY[18, 60, 80]) AS age_years
 WHERE subdistrict_code = :code AND cell IS NOT NULL
   AND birth_date + make_interval(years => age_years) > :since AND birth_date + make_interval(years => age_years) <= :today;
