-- find_account --
-- What sign-in compares.
SELECT id, role, password_hash, locked FROM access.find_account(:name);

-- note_failure --
-- A failed sign-in.
SELECT access.note_failure(:name);

-- add_account --
-- A new account.
INSERT INTO access.account (subdistrict_code, name, title, role, password_hash, community_codes, work_grid_ids, grid_worker_id, language)
VALUES (:subdistrict_code, :name, :title, :role, :password_hash, cast(:community_codes AS text[]), cast(:work_grid_ids AS bigint[]), :grid_worker_id, :language)
RETURNING id;

-- list_accounts --
-- Every account with its living tokens and its last visit.
SELECT account.name, account.title, account.role, account.community_codes, account.work_grid_ids, account.grid_worker_id, account.disabled_at,
       account.password_hash IS NOT NULL AS signs_in,
       (SELECT count(*) FROM access.token WHERE token.account_id = account.id AND token.revoked_at IS NULL
           AND (token.expires_at IS NULL OR token.expires_at > now())) AS tokens,
       (SELECT max(last_seen_at) FROM access.session WHERE session.account_id = account.id) AS last_seen_at
  FROM access.account
 ORDER BY account.name;

-- account_named --
-- The account of a name.
SELECT id FROM access.account WHERE name = :name;

-- disable_account --
-- Nothing of it holds from now on.
UPDATE access.account SET disabled_at = COALESCE(disabled_at, :now) WHERE id = :id;

-- reset_password --
-- A new password opens the account again.
UPDATE access.account SET password_hash = :password_hash, disabled_at = NULL, failed_sign_ins = 0, locked_until = NULL WHERE id = :id;

-- end_sessions --
-- Every session somebody opened with the old password.
UPDATE access.session SET revoked_at = :now WHERE account_id = :id AND token_id IS NULL AND revoked_at IS NULL;

-- add_token --
-- A token with the session that a bearer of it has.
WITH added AS (
    INSERT INTO access.token (account_id, kind, label, secret_hash, expires_at)
    VALUES (:account_id, :kind, :label, :secret_hash, :expires_at) RETURNING id
)
INSERT INTO access.session (account_id, token_id, expires_at)
SELECT :account_id, id, :session_expires_at FROM added;

-- revoke_tokens --
-- Tokens of one label, or all.
UPDATE access.token SET revoked_at = :now
 WHERE account_id = :account_id AND revoked_at IS NULL AND (cast(:label AS text) IS NULL OR label = :label);
