-- lock_detecting --
-- One detector at a time in a sub-district; another that comes meanwhile goes home.
SELECT pg_try_advisory_xact_lock(hashtextextended('alerts.detect.' || :subdistrict_code, 0));

-- store_detection --
INSERT INTO alerting.detection (subdistrict_code, rule, at, findings) VALUES (:subdistrict_code, :rule, :now, CAST(:findings AS jsonb))
    ON CONFLICT (subdistrict_code, rule) DO UPDATE SET at = EXCLUDED.at, findings = EXCLUDED.findings;

-- forget_detections --
-- What rules found that are no longer in force.
DELETE FROM alerting.detection WHERE subdistrict_code = :subdistrict_code AND rule <> ALL (CAST(:rules AS text[]));

-- share_of_day --
-- What share of a day's records usually has come by this time of day, in the eight weeks before; empty = there were none.
SELECT count(*) FILTER (WHERE (reported_at AT TIME ZONE :timezone)::time <= (CAST(:now AS timestamptz) AT TIME ZONE :timezone)::time)::float / NULLIF(count(*), 0)
  FROM base.incident
 WHERE subdistrict_code = :subdistrict_code AND reported_at > CAST(:now AS timestamptz) - interval '57 days'
   AND (reported_at AT TIME ZONE :timezone)::date < (CAST(:now AS timestamptz) AT TIME ZONE :timezone)::date;
