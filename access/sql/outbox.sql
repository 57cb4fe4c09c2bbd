-- enqueue --
-- A message to be delivered at once; the same event for the same target is there already. No conflict target is named: naming one would ask
-- for the right to read, which whoever reports an incident has not.
INSERT INTO support.outbox (subdistrict_code, channel, target, event_type, idempotency_key, payload, next_attempt_at, created_at)
VALUES (:subdistrict_code, :channel, :target, :event_type, :idempotency_key, cast(:payload AS jsonb), :now, :now)
ON CONFLICT DO NOTHING;

-- tell --
-- Deliverers hear of it when the transaction is done.
SELECT pg_notify('fengqiao_outbox', '');

-- claim --
-- What is due, at most :per_target of each target, for one deliverer until :until. A message that still carries a claim was left by a
-- deliverer that died: the log says so. Skipping locked rows, two deliverers never wait for each other nor take the same.
WITH ranked AS (
    SELECT id, next_attempt_at, row_number() OVER (PARTITION BY channel, target ORDER BY next_attempt_at, id) AS place
      FROM support.outbox
     WHERE status = 'waiting' AND channel = ANY (:channels) AND next_attempt_at <= :now
), due AS (
    SELECT outbox.id, outbox.claim
      FROM support.outbox
      JOIN ranked ON ranked.id = outbox.id AND ranked.place <= :per_target
     WHERE outbox.status = 'waiting' AND outbox.next_attempt_at <= :now
     ORDER BY ranked.next_attempt_at, outbox.id
     LIMIT :limit
       FOR UPDATE OF outbox SKIP LOCKED
), abandoned AS (
    INSERT INTO support.outbox_attempt (outbox_id, at, outcome) SELECT id, :now, 'abandoned' FROM due WHERE claim IS NOT NULL
)
UPDATE support.outbox
   SET claim = cast(:claim AS uuid), attempts = attempts + 1, next_attempt_at = :until
  FROM due
 WHERE outbox.id = due.id
RETURNING outbox.id, outbox.subdistrict_code, outbox.channel, outbox.target, outbox.event_type, outbox.idempotency_key, outbox.payload,
          outbox.attempts AS attempt, outbox.claim, outbox.created_at;

-- settle --
-- How an attempt went, if the message is still this claim's.
WITH settled AS (
    UPDATE support.outbox
       SET status = :status, claim = NULL, reason = :reason, next_attempt_at = :next_attempt_at,
           settled_at = CASE WHEN cast(:status AS text) <> 'waiting' THEN cast(:now AS timestamptz) END
     WHERE id = :id AND claim = cast(:claim AS uuid) AND status = 'waiting'
    RETURNING id
)
INSERT INTO support.outbox_attempt (outbox_id, at, outcome, answer, seconds)
SELECT id, :now, :outcome, :answer, :seconds FROM settled
RETURNING outbox_id;

-- attempts --
-- What was tried with one message.
SELECT at, outcome, answer, seconds FROM support.outbox_attempt WHERE outbox_id = :id ORDER BY at, id;

-- messages --
-- Messages, newest first.
SELECT id, channel, target, event_type, idempotency_key, payload, status, attempts, replays, next_attempt_at, claim IS NOT NULL AS under_way, reason,
       created_at, settled_at
  FROM support.outbox
 WHERE (cast(:status AS text) IS NULL OR status = :status)
   AND (cast(:channel AS text) IS NULL OR channel = :channel)
   AND (cast(:target AS text) IS NULL OR target = :target)
 ORDER BY created_at DESC, id DESC
 LIMIT :limit;

-- replay --
-- Dead messages begin anew.
UPDATE support.outbox
   SET status = 'waiting', attempts = 0, replays = replays + 1, next_attempt_at = :now, settled_at = NULL, claim = NULL
 WHERE id = ANY (:ids) AND status = 'dead'
RETURNING id;

-- note_replay --
-- Who sent what again.
SELECT access.note_event('outbox_replayed', cast(:changes AS jsonb));

-- tidy --
-- What arrived long ago; its log goes with it.
DELETE FROM support.outbox WHERE status = 'delivered' AND settled_at < :before;
