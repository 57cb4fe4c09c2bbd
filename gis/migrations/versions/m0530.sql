-- A trial of a slower rule says how far it has come.
ALTER TABLE alerting.rule_trial ADD COLUMN progress DOUBLE PRECISION DEFAULT 0 NOT NULL;
COMMENT ON COLUMN alerting.rule_trial.progress IS 'Share of the period that has been judged while it runs [0, 1]';
