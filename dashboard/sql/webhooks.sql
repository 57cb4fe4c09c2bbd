-- alert --
-- One alert as /api/alerts has it, cleared or not.
SELECT id, rule, unit_kind, unit_code, unit_name, letter, level, status, community_code, cells, observed, expected, expected_low, expected_high, method,
       window_from, window_to, member_ids, members, reasons, exposure, raised_at, updated_at, held_at, acknowledged_at, acknowledged_by, note,
       cleared_at, recurrence_days, rule_name, ST_AsGeoJSON(geom, 6)::jsonb AS shape
  FROM alerting.alert WHERE id = :id;

-- batch --
-- What a load brought.
SELECT id, feed, read, loaded, unchanged, quarantined, unplaced, started_at, finished_at FROM support.batch WHERE id = :id;
