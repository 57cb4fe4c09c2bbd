-- known --
-- Which bad rows are in quarantine already.
SELECT row_hash FROM support.quarantine
 WHERE subdistrict_code = :subdistrict_code AND feed = :feed AND row_hash = ANY(:hashes);

-- awaited --
-- Keys of the bad rows that nobody has mended yet.
SELECT DISTINCT raw ->> :heading FROM support.quarantine
 WHERE subdistrict_code = :subdistrict_code AND feed = :feed AND released_at IS NULL;

-- release --
-- Bad rows whose mended form has passed: a record of the same key came in new, in a later batch. A key that was only
-- doubled is no mended row.
UPDATE support.quarantine
   SET released_at = :now, released_batch_id = :batch_id
 WHERE subdistrict_code = :subdistrict_code AND feed = :feed AND released_at IS NULL AND batch_id < :batch_id
   AND raw ->> :heading = ANY(:keys) AND NOT EXISTS (SELECT FROM unnest(reasons) AS reason WHERE reason LIKE 'duplicate_key%');
