-- newest_versions --
-- The newest version of every rule, in order of their ids.
SELECT DISTINCT ON (rule) rule, version, body, enabled, changed_at, changed_by, why
  FROM alerting.rule_version WHERE subdistrict_code = :subdistrict_code ORDER BY rule, version DESC;

-- versions_of --
-- Every version of one rule, newest first.
SELECT version, body, enabled, changed_at, changed_by, why
  FROM alerting.rule_version WHERE subdistrict_code = :subdistrict_code AND rule = :rule ORDER BY version DESC;

-- add_version --
-- The next version of a rule; two people who save at once do not lose either's version.
INSERT INTO alerting.rule_version (subdistrict_code, rule, version, body, enabled, changed_at, changed_by, why)
SELECT :subdistrict_code, CAST(:rule AS text), COALESCE(max(version), 0) + 1, CAST(:body AS jsonb), :enabled, :now, :by, :why
  FROM alerting.rule_version WHERE subdistrict_code = :subdistrict_code AND rule = :rule
RETURNING version;

-- tell_rules --
SELECT support.tell(jsonb_build_object('kind', 'rules', 'rule', CAST(:rule AS text)));
