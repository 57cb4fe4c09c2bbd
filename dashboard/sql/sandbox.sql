-- has_database --
-- Whether a database of this name is on the server.
SELECT EXISTS (SELECT FROM pg_database WHERE datname = :name);

-- add_door --
-- A token of the server itself, with the session of whoever bears it.
WITH added AS (
    INSERT INTO access.token (account_id, kind, label, secret_hash) VALUES (:account_id, 'api', 'sandbox', :secret_hash) RETURNING id
)
INSERT INTO access.session (account_id, token_id, expires_at)
SELECT :account_id, id, now() + interval '100 years' FROM added;
