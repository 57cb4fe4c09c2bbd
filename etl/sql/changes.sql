-- versioned --
-- Tables whose rows keep their earlier forms, with their columns of shapes, and all columns a batch may write.
SELECT nspname AS schema, relname AS name,
       (string_to_array(encode(tgargs, 'escape'), '\000'))[2:tgnargs] AS shapes,
       ARRAY(SELECT attname::text FROM pg_attribute
              WHERE attrelid = relation.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum) AS columns,
       ARRAY(SELECT DISTINCT other_space.nspname || '.' || other.relname
               FROM pg_constraint
               JOIN pg_class AS other ON other.oid = confrelid
               JOIN pg_namespace AS other_space ON other_space.oid = other.relnamespace
              WHERE contype = 'f' AND conrelid = relation.oid AND confrelid <> relation.oid) AS refers_to
  FROM pg_trigger
  JOIN pg_class AS relation ON relation.oid = tgrelid
  JOIN pg_namespace AS space ON space.oid = relation.relnamespace
 WHERE tgname = 'keep_version' AND tgparentid = 0 AND NOT tgisinternal
 ORDER BY nspname, relname;

-- before --
-- Forms that a batch replaced, the earliest of each record; a record without one was new. Not executed alone: the statements
-- below take it in.
SELECT DISTINCT ON (record_id) record_id, record AS form
  FROM support.record_version
 WHERE table_name = :table_name AND recorded_to = :recorded_at AND batch_id IS DISTINCT FROM :batch_id
 ORDER BY record_id, id;

-- counts --
-- Records that a batch brought new, and those it changed.
WITH before AS ({before})
SELECT count(*) FILTER (WHERE before.record_id IS NULL) AS new, count(before.record_id) AS changed
  FROM {table} AS record LEFT JOIN before ON before.record_id = record.id
 WHERE record.batch_id = :batch_id;

-- columns --
-- How many records a batch changed in which column.
WITH before AS ({before})
SELECT entry.key AS column_name, count(*) AS records
  FROM {table} AS record
  JOIN before ON before.record_id = record.id
 CROSS JOIN LATERAL jsonb_each(to_jsonb(record) || {shapes}) AS entry
 WHERE record.batch_id = :batch_id AND entry.value IS DISTINCT FROM before.form -> entry.key
   AND entry.key NOT IN ('id', 'batch_id', 'recorded_from', 'feed', 'identity_cipher', 'phone_cipher')
 GROUP BY entry.key
 ORDER BY count(*) DESC, entry.key;

-- sample --
-- A few of the changed records with what they say now and before; new ones without a former form.
WITH before AS ({before})
SELECT to_jsonb(record) || {shapes} AS latter, before.form AS former
  FROM {table} AS record LEFT JOIN before ON before.record_id = record.id
 WHERE record.batch_id = :batch_id
 ORDER BY before.record_id IS NULL, record.id
 LIMIT :limit;

-- restore --
-- Records take their former form again; what the batch had made of them goes into their history.
UPDATE {table} AS record
   SET ({columns}) = (SELECT {former_columns} FROM jsonb_populate_record(record, before.form) AS former)
  FROM ({before}) AS before
 WHERE record.id = before.record_id AND record.batch_id = :batch_id;

-- remove --
-- What the batch had brought new goes into history whole.
DELETE FROM {table} WHERE batch_id = :batch_id;

-- taken_over --
-- Records of a batch that a later one has changed.
SELECT record.batch_id, count(DISTINCT record.id) AS records
  FROM support.record_version AS version
  JOIN {table} AS record ON record.id = version.record_id AND record.batch_id > :batch_id
 WHERE version.table_name = :table_name AND version.batch_id = :batch_id
 GROUP BY record.batch_id
 ORDER BY record.batch_id;

-- handled --
-- Records of a batch that people have changed since; the undoing of a later batch is no change.
SELECT count(DISTINCT id)
  FROM (SELECT id, recorded_from FROM {table} WHERE batch_id = :batch_id
        UNION ALL
        SELECT record_id, recorded_from FROM support.record_version WHERE table_name = :table_name AND batch_id = :batch_id) AS form
 WHERE recorded_from <> :recorded_at
   AND NOT EXISTS (SELECT FROM support.batch WHERE undone_at = form.recorded_from);

-- referring --
-- Columns that name records of a table without a foreign key, by the house's convention.
SELECT nspname AS schema, relname AS name, attname AS column_name,
       EXISTS (SELECT FROM pg_attribute AS own WHERE own.attrelid = pg_class.oid AND own.attname = 'batch_id' AND NOT own.attisdropped) AS of_batches
  FROM pg_attribute
  JOIN pg_class ON pg_class.oid = attrelid
  JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE nspname IN ('base', 'casework', 'access', 'alerting') AND relkind IN ('r', 'p') AND NOT relispartition AND NOT attisdropped
   AND attname = ANY(:names)
   AND (nspname, relname) NOT IN (('base', 'same_person'), ('base', 'person_record'), ('base', 'household_record'))
 ORDER BY 1, 2, 3;

-- referred --
-- Rows of others that name records which a batch brought new.
WITH before AS ({before})
SELECT count(*)
  FROM {referring} AS other
 WHERE other.{column} IN (SELECT id FROM {table} AS record
                           WHERE record.batch_id = :batch_id AND NOT EXISTS (SELECT FROM before WHERE before.record_id = record.id))
   {others};
