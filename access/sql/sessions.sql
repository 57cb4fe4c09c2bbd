-- find_session --
-- The session behind the hash of a cookie's secret, or of a bearer token's; no row when it does not hold.
SELECT id, account_id, name, title, role, subdistrict_code, community_codes, work_grid_ids, grid_worker_id, language, expires_at
  FROM access.find_session(:secret, :by_token);

-- find_token --
-- The token behind a link, with its account's role.
SELECT id, account_id, kind, role, expires_at FROM access.find_token(:secret);

-- open_session --
-- A session of :seconds [s] for an account that proved who it is.
SELECT access.open_session(:account_id, :secret, :seconds, :token_id);

-- extend_session --
-- The session of this transaction lives :seconds [s] from now.
SELECT access.extend_session(:seconds);

-- close_session --
-- The session of this transaction ends.
SELECT access.close_session();

-- set_language --
-- The language of the account behind the session of this transaction.
SELECT access.set_language(:language);
