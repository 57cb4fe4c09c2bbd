-- holds_of_feed --
-- Whether a table holds a row of a feed.
SELECT EXISTS (SELECT FROM {table} WHERE subdistrict_code = :code AND feed = :feed);

-- holds_of_subdistrict --
-- Whether a table holds a row of a sub-district.
SELECT EXISTS (SELECT FROM {table} WHERE subdistrict_code = :code);

-- is_empty --
-- Whether a table holds no row.
SELECT NOT EXISTS (SELECT FROM {table});

-- is_referenced --
-- Whether another table refers to a table.
SELECT EXISTS (SELECT FROM pg_constraint WHERE confrelid = CAST(:table AS regclass) AND contype = 'f');

-- secondary --
-- Indexes and references of a table that are not its primary key and that no other table refers to: how each is dropped and made.
WITH reference AS (
    SELECT conname AS name, pg_get_constraintdef(oid) AS definition, contype, conindid
      FROM pg_constraint
     WHERE conrelid = CAST(:table AS regclass) AND contype IN ('u', 'f')
), needed AS (
    SELECT conindid FROM pg_constraint
     WHERE confrelid = CAST(:table AS regclass) AND contype = 'f'
), plain AS (
    SELECT pg_get_indexdef(indexrelid) AS definition, CAST(CAST(indexrelid AS regclass) AS text) AS name
      FROM pg_index
     WHERE indrelid = CAST(:table AS regclass) AND NOT indisprimary
       AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND conrelid = indrelid)
       AND indexrelid NOT IN (SELECT conindid FROM needed)
)
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', :table, name) AS drop_statement,
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', :table, name, definition) AS make_statement
  FROM reference
 WHERE contype = 'f' OR conindid NOT IN (SELECT conindid FROM needed)
UNION ALL
SELECT format('DROP INDEX %s', name), definition FROM plain;

-- reserve_ids --
-- The first and last of :count new ids of a table.
WITH numbers AS MATERIALIZED (SELECT CAST(pg_get_serial_sequence(:table, 'id') AS regclass) AS sequence)
SELECT min(id), max(id)
  FROM (SELECT nextval((SELECT sequence FROM numbers)) AS id FROM generate_series(1, :count)) AS reserved;
