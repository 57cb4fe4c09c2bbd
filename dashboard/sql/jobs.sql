-- tidy_sessions --
-- Sessions that ended a month before :now; a bearer token's session stays as long as its token.
DELETE FROM access.session
 WHERE secret_hash IS NOT NULL AND LEAST(expires_at, COALESCE(revoked_at, expires_at)) < cast(:now AS timestamptz) - interval '30 days';

-- prepare_months --
-- Partitions of the month of :now and of the next.
SELECT support.ensure_months('base.incident', :now, cast(:now AS timestamptz) + interval '31 days'),
       support.ensure_months('base.service_request', :now, cast(:now AS timestamptz) + interval '31 days');
