-- terms --
-- What was agreed with the consumer behind an account.
SELECT id, name, sandbox, minute_quota, day_quota, expires_at, suspended_at, scopes FROM access.consumer_terms(:account_id);

-- admit_call --
-- Count a call if there is room for it.
SELECT admitted, minute_left, minute_reset_s, day_left, day_reset_s FROM access.admit_call(:consumer_id, :resource, :now);

-- note_call --
-- Count a call that was denied or failed.
SELECT access.note_call(:consumer_id, :resource, :outcome, :now);

-- add_consumer --
-- A new consumer with its account.
SELECT access.add_consumer(:name, :role, cast(:community_codes AS text[]), :contact, :purpose, :legal_basis, :sandbox, :minute_quota, :day_quota,
                           cast(:expires_at AS timestamptz));

-- clear_scopes --
-- Nothing is granted any more.
DELETE FROM access.consumer_scope WHERE consumer_id = :consumer_id;

-- add_scope --
-- One resource is granted.
INSERT INTO access.consumer_scope (consumer_id, resource, write, fields, items)
VALUES (:consumer_id, :resource, :write, cast(:fields AS text[]), cast(:items AS text[]));

-- add_key --
-- A key with the session of whoever bears it.
SELECT access.add_consumer_key(:consumer_id, :secret_hash, :label, cast(:expires_at AS timestamptz));

-- revoke_key --
-- A key ends.
SELECT access.revoke_consumer_key(:consumer_id, :token_id);

-- consumer --
-- One consumer.
SELECT contact, purpose, legal_basis, minute_quota, day_quota, expires_at, suspended_at FROM access.consumer WHERE id = :consumer_id;

-- change_consumer --
-- What was agreed from now on.
UPDATE access.consumer
   SET contact = :contact, purpose = :purpose, legal_basis = :legal_basis, minute_quota = :minute_quota, day_quota = :day_quota,
       expires_at = :expires_at, suspended_at = :suspended_at
 WHERE id = :consumer_id;

-- consumers --
-- Consumers with what they may ask for and how often they did, by name.
WITH called AS (
    SELECT consumer_id, sum(calls) AS calls_30_days, sum(limited) AS limited_30_days, sum(denied) AS denied_30_days, sum(failed) AS failed_30_days,
           max(last_call_at) AS last_call_at
      FROM access.usage WHERE last_call_at > cast(:now AS timestamptz) - interval '30 days'
     GROUP BY consumer_id
), living AS (
    SELECT consumer_id, count(*) AS keys, min(expires_at) AS first_end
      FROM access.consumer_keys() WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)
     GROUP BY consumer_id
)
SELECT consumer.id, consumer.name, consumer.contact, consumer.purpose, consumer.legal_basis, consumer.sandbox, consumer.minute_quota, consumer.day_quota,
       consumer.expires_at, consumer.suspended_at, COALESCE(living.keys, 0) AS keys, living.first_end AS first_key_ends_at,
       CASE WHEN consumer_window.day_opens_at > cast(:now AS timestamptz) - interval '24 hours' THEN consumer_window.day_calls ELSE 0 END AS calls_today,
       COALESCE(called.calls_30_days, 0)::bigint AS calls_30_days, COALESCE(called.limited_30_days, 0)::bigint AS limited_30_days,
       COALESCE(called.denied_30_days, 0)::bigint AS denied_30_days, COALESCE(called.failed_30_days, 0)::bigint AS failed_30_days, called.last_call_at,
       COALESCE((SELECT jsonb_agg(jsonb_build_object('resource', scope.resource, 'write', scope.write, 'fields', scope.fields, 'items', scope.items)
                                  ORDER BY scope.resource)
                   FROM access.consumer_scope AS scope WHERE scope.consumer_id = consumer.id), '[]') AS scopes
  FROM access.consumer
  LEFT JOIN access.consumer_window ON consumer_window.consumer_id = consumer.id
  LEFT JOIN called ON called.consumer_id = consumer.id
  LEFT JOIN living ON living.consumer_id = consumer.id
 ORDER BY consumer.name;

-- keys --
-- Keys, newest first.
SELECT consumer_id, id, label, created_at, expires_at, revoked_at, last_seen_at FROM access.consumer_keys() ORDER BY created_at DESC, id DESC;

-- usage --
-- Calls per consumer, resource and day.
SELECT usage.consumer_id, consumer.name, usage.resource, usage.day, usage.calls, usage.limited, usage.denied, usage.failed, usage.last_call_at
  FROM access.usage JOIN access.consumer ON consumer.id = usage.consumer_id
 WHERE usage.day > (cast(:now AS timestamptz))::date - cast(:days AS integer)
 ORDER BY usage.day, consumer.name, usage.resource;
