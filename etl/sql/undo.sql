-- batch --
-- One row of the ledger, locked until its undoing is done.
SELECT batch.*, coalesce(feed.kind, feed.name, batch.feed) AS kind, feed.title, feed.expected_every_s
  FROM support.batch
  LEFT JOIN support.feed ON feed.subdistrict_code = batch.subdistrict_code AND feed.name = batch.feed
 WHERE batch.id = :batch_id
   FOR UPDATE OF batch;

-- delivered_later --
-- Later batches of the same feed that rest on this one: rows it had delivered came again, in the same form or in another.
SELECT DISTINCT id FROM (
    SELECT batch.id FROM support.batch
     WHERE subdistrict_code = :code AND feed = :feed AND id > :batch_id AND undone_at IS NULL AND unchanged > 0
       AND origin IN ('delivery', 'replay')
    UNION ALL
    SELECT batch.id FROM support.delivered_former
      JOIN support.batch ON batch.id = delivered_former.replaced_by AND batch.undone_at IS NULL
     WHERE delivered_former.subdistrict_code = :code AND delivered_former.feed = :feed AND delivered_former.batch_id = :batch_id
) AS later
 ORDER BY id;

-- raster_later --
-- Later deliveries of the same raster feed.
SELECT id FROM support.batch
 WHERE subdistrict_code = :code AND feed = :feed AND id > :batch_id AND undone_at IS NULL AND finished_at IS NOT NULL
 ORDER BY id;

-- raster_former --
-- The delivery whose values the cells had before.
SELECT batch.id, batch.feed, coalesce(feed.kind, feed.name) AS kind, feed.title, feed.expected_every_s, batch.source, batch.content_hash, batch.versions,
       batch.started_at
  FROM support.batch
  JOIN support.feed ON feed.subdistrict_code = batch.subdistrict_code AND feed.name = batch.feed
 WHERE batch.subdistrict_code = :code AND batch.feed = :feed AND batch.id < :batch_id AND batch.undone_at IS NULL AND batch.loaded > 0
   AND batch.content_hash IS NOT NULL
 ORDER BY batch.id DESC
 LIMIT 1;

-- forget_measure --
DELETE FROM base.cell_measure WHERE subdistrict_code = :code AND kind = :kind;

-- forget_elevation --
UPDATE base.cell SET elevation_m = NULL WHERE subdistrict_code = :code AND elevation_m IS NOT NULL;

-- placed_later --
-- Later batches of other feeds that were placed on what this one says.
SELECT batch.id, batch.feed
  FROM support.batch
  JOIN support.feed ON feed.subdistrict_code = batch.subdistrict_code AND feed.name = batch.feed
 WHERE batch.subdistrict_code = :code AND batch.id > :batch_id AND batch.undone_at IS NULL AND loaded + unplaced > 0
   AND batch.feed <> :feed AND coalesce(feed.kind, feed.name) = ANY(:kinds)
 ORDER BY batch.id;

-- released_later --
-- Bad rows of a batch that have left the quarantine since.
SELECT count(*) FROM support.quarantine WHERE batch_id = :batch_id AND released_at IS NOT NULL;

-- decided_pairs --
-- Pairs of records of which a person has decided whether they are one person.
SELECT count(*)
  FROM base.same_person
 WHERE decided_by <> 'rule'
   AND (resident_id IN (SELECT id FROM base.resident WHERE batch_id = :batch_id)
        OR other_id IN (SELECT id FROM base.resident WHERE batch_id = :batch_id));

-- restore_delivered --
-- Rows count as delivered in the form they had before.
UPDATE support.delivered
   SET row_hash = former.row_hash, batch_id = former.batch_id
  FROM support.delivered_former AS former
 WHERE former.replaced_by = :batch_id AND delivered.subdistrict_code = former.subdistrict_code AND delivered.feed = former.feed
   AND delivered.source_key = former.source_key AND delivered.batch_id = :batch_id;

-- forget_former --
DELETE FROM support.delivered_former WHERE replaced_by = :batch_id;

-- forget_delivered --
DELETE FROM support.delivered WHERE batch_id = :batch_id;

-- return_to_quarantine --
-- What left the quarantine with this batch is back in it.
UPDATE support.quarantine SET released_at = NULL, released_batch_id = NULL, replaced_by = NULL WHERE released_batch_id = :batch_id;

-- leave_quarantine --
-- What came into quarantine with this batch is gone with it.
DELETE FROM support.quarantine WHERE batch_id = :batch_id;

-- settle_households --
-- Households that followed another through a person who is gone lead again.
DELETE FROM base.household_record
 WHERE NOT EXISTS (SELECT FROM base.person_record
                     JOIN base.resident AS further ON further.id = person_record.resident_id
                     JOIN base.resident AS leader ON leader.id = person_record.person_id
                    WHERE household_record.household_id IN (further.household_id, leader.household_id));

-- note_feed --
-- How fresh the feed is without this batch.
UPDATE support.feed
   SET last_batch_at = (SELECT max(finished_at) FROM support.batch
                         WHERE subdistrict_code = :code AND batch.feed = :feed AND undone_at IS NULL),
       newest_event_at = {newest}
 WHERE subdistrict_code = :code AND name = :feed;

-- note_undone --
UPDATE support.batch SET undone_at = now(), undone_by = :actor WHERE id = :batch_id;
