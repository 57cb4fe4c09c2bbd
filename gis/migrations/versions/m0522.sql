COMMENT ON COLUMN alerting.alert_event.change IS 'raised, level, grown, updated, renewed, acknowledged, followed, fell_back, escalated, inhibited, released, silenced, unsilenced, cleared';
COMMENT ON COLUMN alerting.drill_event.change IS 'raised, level, grown, updated, renewed, acknowledged, followed, fell_back, escalated, inhibited, released, silenced, unsilenced, cleared';
