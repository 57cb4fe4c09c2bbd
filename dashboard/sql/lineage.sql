-- batches --
-- Finished batches after an id, oldest first, with the tables, columns and owners of their feeds as the register has them.
SELECT batch.id, batch.feed, batch.source, batch.content_hash, batch.read, batch.loaded, batch.unchanged, batch.quarantined, batch.unplaced, batch.actor,
       batch.versions, batch.origin, batch.started_at, batch.finished_at, batch.undone_at,
       array_remove(ARRAY[interface.table_name], NULL) AS tables, interface.fields, interface.party
  FROM support.batch
  LEFT JOIN access.interface ON interface.subdistrict_code = batch.subdistrict_code AND interface.key = 'feed:' || batch.feed
 WHERE batch.subdistrict_code = :code AND batch.id > :after AND batch.finished_at IS NOT NULL
 ORDER BY batch.id
 LIMIT :limit;

-- untold --
-- Finished batches whose lineage no catalogue was told yet, or that were undone since it was.
SELECT id, told_at, undone_at
  FROM support.batch
 WHERE subdistrict_code = :code AND finished_at IS NOT NULL AND (told_at IS NULL OR undone_at > told_at)
 ORDER BY id
 LIMIT :limit;

-- note_told --
UPDATE support.batch SET told_at = :now WHERE id = ANY (:ids);
