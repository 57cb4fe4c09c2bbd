-- ask_trial --
-- Somebody wants a rule tried on history; the follower hears of it.
WITH asked AS (
    INSERT INTO alerting.rule_trial (subdistrict_code, rule, body, purpose, first_day, last_day, asked_at, asked_by)
    VALUES (:subdistrict_code, :rule, CAST(:body AS jsonb), :purpose, :first_day, :last_day, :now, :by)
    RETURNING id
)
SELECT id, support.tell(jsonb_build_object('kind', 'trial', 'id', id)) FROM asked;

-- waiting_trials --
-- Trials nobody has finished yet, the oldest first.
SELECT id FROM alerting.rule_trial WHERE subdistrict_code = :subdistrict_code AND finished_at IS NULL ORDER BY asked_at, id;

-- claim_trial --
-- Keep a trial to this transaction; a lock on the row would keep its progress from being written.
SELECT pg_try_advisory_xact_lock(hashtextextended('alerts.trial.' || CAST(:id AS text), 0));

-- claimed_trial --
SELECT body, first_day, last_day FROM alerting.rule_trial WHERE id = :id AND finished_at IS NULL;

-- pass_on --
UPDATE alerting.rule_trial SET progress = :progress WHERE id = :id;

-- finish_trial --
UPDATE alerting.rule_trial SET finished_at = :now, result = CAST(:result AS jsonb), fault = :fault WHERE id = :id;

-- trial --
-- One trial with what came of it.
SELECT id, rule, body, purpose, first_day, last_day, asked_at, asked_by, finished_at, progress, result, fault FROM alerting.rule_trial WHERE id = :id;

-- trials_of --
-- The trials of a rule, the newest first.
SELECT id, purpose, body, first_day, last_day, asked_at, asked_by, finished_at, progress, result, fault
  FROM alerting.rule_trial WHERE subdistrict_code = :subdistrict_code AND rule = :rule ORDER BY asked_at DESC, id DESC LIMIT 20;

-- tell_trial --
SELECT support.tell(jsonb_build_object('kind', 'trial_done', 'id', CAST(:id AS bigint)));
