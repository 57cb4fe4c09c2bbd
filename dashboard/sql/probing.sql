-- consumer_session --
-- The session of a consumer's newest living key.
SELECT session.id, account.id AS account_id, account.name, account.title, account.role, account.subdistrict_code, account.community_codes,
       account.work_grid_ids, account.grid_worker_id, account.language, session.expires_at
  FROM access.consumer
  JOIN access.account ON account.id = consumer.account_id AND account.disabled_at IS NULL
  JOIN access.token ON token.account_id = account.id AND token.revoked_at IS NULL AND (token.expires_at IS NULL OR token.expires_at > now())
  JOIN access.session ON session.token_id = token.id AND session.secret_hash IS NULL AND session.revoked_at IS NULL AND session.expires_at > now()
 WHERE consumer.id = :id AND consumer.suspended_at IS NULL AND (consumer.expires_at IS NULL OR consumer.expires_at > now())
 ORDER BY token.id DESC LIMIT 1;

-- probe_session --
-- The session of the account that asks for what is nobody's alone.
SELECT session.id, account.id AS account_id, account.name, account.title, account.role,
       COALESCE(account.subdistrict_code, (SELECT code FROM base.subdistrict ORDER BY code LIMIT 1)) AS subdistrict_code, account.community_codes,
       account.work_grid_ids, account.grid_worker_id, account.language, session.expires_at
  FROM access.account JOIN access.session ON session.account_id = account.id AND session.secret_hash IS NULL AND session.revoked_at IS NULL
 WHERE account.name = :name AND account.disabled_at IS NULL
 ORDER BY session.created_at DESC LIMIT 1;

-- add_probe_token --
-- A token whose secret nobody knows, with its session.
WITH added AS (
    INSERT INTO access.token (account_id, kind, label, secret_hash) VALUES (:account_id, 'api', 'probe', :secret_hash) RETURNING id
)
INSERT INTO access.session (account_id, token_id, expires_at)
SELECT :account_id, id, now() + interval '100 years' FROM added;

-- middle --
-- A point inside the sub-district.
SELECT ST_X(middle), ST_Y(middle) FROM (SELECT ST_PointOnSurface(geom) AS middle FROM base.subdistrict WHERE geom IS NOT NULL ORDER BY code LIMIT 1) AS found;
