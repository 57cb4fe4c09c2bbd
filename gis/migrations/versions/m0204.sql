-- A wall sees what was loaded and when, not by whom.
REVOKE SELECT ON support.batch FROM fengqiao_wall;
GRANT SELECT (id, subdistrict_code, feed, read, loaded, unchanged, quarantined, unplaced, started_at, finished_at) ON support.batch TO fengqiao_wall;
