-- granted --
-- What a consumer may ask for.
SELECT resource FROM access.consumer_scope WHERE consumer_id = :consumer_id;

-- add_webhook --
-- A webhook.
INSERT INTO access.webhook (consumer_id, url, event_types) VALUES (:consumer_id, :url, cast(:event_types AS text[])) RETURNING id;

-- add_secret --
-- Its signing secret, encrypted.
INSERT INTO access.webhook_secret (webhook_id, secret_cipher) VALUES (:webhook_id, :secret_cipher);

-- webhooks --
-- Webhooks with what became of their messages.
SELECT webhook.id, webhook.consumer_id, consumer.name AS consumer, webhook.url, webhook.event_types, webhook.created_at, webhook.paused_at,
       webhook.pause_reason, told.waiting, told.delivered, told.dead, told.last_delivered_at
  FROM access.webhook
  JOIN access.consumer ON consumer.id = webhook.consumer_id
  LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE status = 'waiting') AS waiting, count(*) FILTER (WHERE status = 'delivered') AS delivered,
               count(*) FILTER (WHERE status = 'dead') AS dead, max(settled_at) FILTER (WHERE status = 'delivered') AS last_delivered_at
          FROM support.outbox WHERE channel = 'webhook' AND target = webhook.id::text) AS told ON true
 ORDER BY consumer.name, webhook.id;

-- pause --
-- Told no longer, or again.
UPDATE access.webhook SET paused_at = cast(:now AS timestamptz), pause_reason = :reason WHERE id = :webhook_id;

-- subscription --
-- What delivering needs; the session is that of the consumer's newest living key.
SELECT webhook.id, webhook.url, webhook.paused_at, webhook_secret.secret_cipher, consumer.account_id,
       (SELECT session.id FROM access.session JOIN access.token ON token.id = session.token_id
         WHERE session.account_id = consumer.account_id AND session.secret_hash IS NULL AND session.revoked_at IS NULL AND session.expires_at > now()
           AND token.revoked_at IS NULL AND (token.expires_at IS NULL OR token.expires_at > now())
         ORDER BY token.id DESC LIMIT 1) AS session_id
  FROM access.webhook
  JOIN access.webhook_secret ON webhook_secret.webhook_id = webhook.id
  JOIN access.consumer ON consumer.id = webhook.consumer_id
 WHERE webhook.id = :webhook_id;
