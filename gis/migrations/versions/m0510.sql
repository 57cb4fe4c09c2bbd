-- A cluster is neither cell nor compound: it is the cells its finding names. Its recurrence interval says how sure it is.
ALTER TABLE alerting.alert DROP CONSTRAINT alert_unit_kind_check;
ALTER TABLE alerting.alert ADD CONSTRAINT alert_unit_kind_check CHECK (unit_kind IN ('cell', 'compound', 'community', 'area', 'feed'));
ALTER TABLE alerting.alert ADD COLUMN recurrence_days FLOAT;
ALTER TABLE alerting.alert ADD COLUMN rule_name JSONB DEFAULT '{}' NOT NULL;
COMMENT ON COLUMN alerting.alert.unit_kind IS 'cell, compound, community, area or feed';
COMMENT ON COLUMN alerting.alert.unit_code IS 'Cell as hexadecimal text (of an area: its first), id of the compound, code of the community, name of the feed';
COMMENT ON COLUMN alerting.alert.recurrence_days IS 'A finding as strong comes about by chance once in this many days; empty = not a matter of chance';
COMMENT ON COLUMN alerting.alert.rule_name IS 'Name of its rule in zh and en; empty = a shipped rule, named in the texts';
