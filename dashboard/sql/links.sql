-- is_sample --
-- Whether the loaded sub-district was made for the sample.
SELECT schematic FROM base.subdistrict ORDER BY code LIMIT 1;

-- busiest_worker --
-- The grid worker of the third-level grid with most open incidents, so that the phone's page has something to show.
WITH open_incidents AS (
    SELECT work_grid_id, count(*) AS incidents
      FROM base.incident
     WHERE status NOT IN ('closed', 'withdrawn') AND work_grid_id IS NOT NULL
     GROUP BY work_grid_id
)
SELECT grid_worker.id
  FROM base.grid_worker
  LEFT JOIN open_incidents USING (work_grid_id)
 WHERE grid_worker.post = 'grid_worker' AND NOT grid_worker.on_leave AND grid_worker.work_grid_id IS NOT NULL
   AND (grid_worker.valid_to IS NULL OR grid_worker.valid_to > now())
   AND NOT EXISTS (SELECT FROM access.account WHERE account.grid_worker_id = grid_worker.id AND account.name <> 'sample-worker')
 ORDER BY EXISTS (SELECT FROM access.account WHERE account.grid_worker_id = grid_worker.id) DESC,
          open_incidents.incidents DESC NULLS LAST, grid_worker.source_key
 LIMIT 1;

-- account_named --
-- The account of a name.
SELECT id FROM access.account WHERE name = :name;

-- give_worker --
-- The sample's worker is the one on file now.
UPDATE access.account SET grid_worker_id = :worker_id
 WHERE id = :id AND cast(:role AS text) = 'grid_worker' AND grid_worker_id IS DISTINCT FROM cast(:worker_id AS bigint);

-- token_known --
-- Whether the derived token is there already, revoked or not: a revoked one stays revoked.
SELECT true FROM access.token WHERE secret_hash = :secret_hash;

-- add_guest_token --
-- The derived token with the session that a bearer of it has.
WITH added AS (
    INSERT INTO access.token (account_id, kind, label, secret_hash) VALUES (:account_id, :kind, :label, :secret_hash) RETURNING id
)
INSERT INTO access.session (account_id, token_id, expires_at)
SELECT :account_id, id, now() + interval '100 years' FROM added;

-- consumer_account --
-- The account behind a consumer.
SELECT account_id FROM access.consumer WHERE name = :name;
