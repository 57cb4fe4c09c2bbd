-- lock_incident --
-- An incident whose status the asker may change, locked to the end of the transaction. No row: not visible, or not theirs to change.
SELECT id, reported_at AS happened_at, subdistrict_code, status, due_at, grade, reported_by AS reporter_id, community_code, work_grid_id, cell,
       building_id, NULL::integer AS days_to_close
  FROM base.incident WHERE id = :id FOR UPDATE;

-- lock_request --
-- The same for a service request, with the days its item promises.
SELECT request.id, request.requested_at AS happened_at, request.subdistrict_code, request.status, request.due_at, NULL::text AS grade,
       NULL::bigint AS reporter_id, request.community_code, request.work_grid_id, request.cell, request.building_id,
       (SELECT item.days_to_close FROM support.service_item AS item
         WHERE item.code = request.item_code AND item.subdistrict_code = request.subdistrict_code) AS days_to_close
  FROM base.service_request AS request WHERE request.id = :id FOR UPDATE OF request;

-- lock_visit --
-- The same for a visit; it is due until it is done.
SELECT id, recorded_from AS happened_at, subdistrict_code, CASE WHEN done_at IS NULL THEN 'due' ELSE 'done' END AS status, NULL::timestamptz AS due_at,
       NULL::text AS grade, NULL::bigint AS reporter_id, community_code, work_grid_id, cell, building_id, NULL::integer AS days_to_close
  FROM base.visit WHERE id = :id FOR UPDATE;

-- sees_incident --
SELECT true FROM base.incident WHERE id = :id;

-- sees_request --
SELECT true FROM base.service_request WHERE id = :id;

-- sees_visit --
SELECT true FROM base.visit WHERE id = :id;

-- set_incident --
UPDATE base.incident
   SET status = :status, due_at = :due_at, closed_at = CASE WHEN :status IN ('closed', 'withdrawn') THEN CAST(:at AS timestamptz) END
 WHERE id = :id AND reported_at = :happened_at;

-- set_request --
UPDATE base.service_request
   SET status = :status, due_at = :due_at, closed_at = CASE WHEN :status IN ('closed', 'withdrawn') THEN CAST(:at AS timestamptz) END
 WHERE id = :id AND requested_at = :happened_at;

-- set_visit --
UPDATE base.visit
   SET done_at = CASE WHEN :status = 'done' THEN CAST(:at AS timestamptz) END, note = CASE WHEN :note = '' THEN note ELSE :note END
 WHERE id = :id;

-- taken_before --
-- The transition an entry of this key already made.
SELECT id, subject, subject_id, step, to_status FROM casework.transition
 WHERE subdistrict_code = :subdistrict_code AND client_key = :client_key;

-- insert_transition --
INSERT INTO casework.transition (
    subdistrict_code, subject, subject_id, step, from_status, to_status, at, account_id, actor, note, photo, client_key,
    community_code, work_grid_id)
VALUES (:subdistrict_code, :subject, :id, :step, :from_status, :to_status, :at, :account_id, :actor, :note, :photo, :client_key,
        :community_code, :work_grid_id)
RETURNING id;

-- worker_of --
-- Whose place it is at :at.
SELECT worker_id, found_by FROM casework.worker_of(:work_grid_id, :cell, :building_id, :at);

-- end_dispatch --
UPDATE casework.dispatch SET ended_at = :at WHERE subject = :subject AND subject_id = :id AND ended_at IS NULL;

-- insert_dispatch --
INSERT INTO casework.dispatch (subdistrict_code, subject, subject_id, worker_id, found_by, at, actor, community_code, work_grid_id)
VALUES (:subdistrict_code, :subject, :id, :worker_id, :found_by, :at, :actor, :community_code, :work_grid_id);

-- tell --
SELECT support.tell(jsonb_build_object('kind', CAST(:subject AS text), 'id', CAST(:id AS bigint), 'change', CAST(:change AS text)));

-- history --
-- What happened to one record, in the order we learned of it.
SELECT id, step, from_status, to_status, at, recorded_at, actor, note, photo IS NOT NULL AS has_photo
  FROM casework.transition WHERE subject = :subject AND subject_id = :id ORDER BY id;

-- dispatch_by_place --
-- The worker an incident that waits was given to; null when it did not wait, or nobody was found.
SELECT casework.dispatch_by_place(:id, :at);

-- waiting --
-- Placed incidents of some grades that nobody has dispatched in time, newest first; what a worker returned is for people to decide.
SELECT id FROM base.incident
 WHERE subdistrict_code = :subdistrict_code AND status = 'reported' AND placement = 'placed' AND work_grid_id IS NOT NULL
   AND grade = ANY(:grades) AND reported_at <= :before AND reported_at > :since
   AND NOT EXISTS (SELECT FROM casework.transition WHERE subject = 'incident' AND subject_id = incident.id AND step = 'returned')
 ORDER BY reported_at DESC LIMIT :most;
