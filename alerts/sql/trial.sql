-- ask_trial --
-- Somebody wants a rule tried on history; the follower hears of it.
WITH asked AS (
    INSERT INTO alerting.rule_trial (subdistrict_code, rule, body, purpose, first_day, last_day, asked_at, asked_by)
    VALUES (:subdistrict_code, :rule, CAST(:body AS jsonb), :purpose, :first_day, :last_day, :now, :by)
    RETURNING id
)
SELECT id, support.tell(jsonb_build_object('kind', 'trial', 'id', id)) FROM asked;

-- waiting_trials --
-- Trials nobody has run yet, the oldest first; another process that runs one keeps it.
SELECT id, body, purpose, first_day, last_day FROM alerting.rule_trial
 WHERE subdistrict_code = :subdistrict_code AND finished_at IS NULL ORDER BY asked_at, id LIMIT 1 FOR UPDATE SKIP LOCKED;

-- finish_trial --
UPDATE alerting.rule_trial SET finished_at = :now, result = CAST(:result AS jsonb), fault = :fault WHERE id = :id;

-- trial --
-- One trial with what came of it.
SELECT id, rule, body, purpose, first_day, last_day, asked_at, asked_by, finished_at, result, fault FROM alerting.rule_trial WHERE id = :id;

-- trials_of --
-- The trials of a rule, the newest first.
SELECT id, purpose, body, first_day, last_day, asked_at, asked_by, finished_at, result, fault
  FROM alerting.rule_trial WHERE subdistrict_code = :subdistrict_code AND rule = :rule ORDER BY asked_at DESC, id DESC LIMIT 20;

-- tell_trial --
SELECT support.tell(jsonb_build_object('kind', 'trial_done', 'id', CAST(:id AS bigint)));
