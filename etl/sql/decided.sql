-- in_force --
-- What people decided about records of a feed, as far as it holds.
SELECT id, source_key, words, located
  FROM support.placement_decision
 WHERE subdistrict_code = :subdistrict_code AND feed = :feed AND subject = :subject AND ended_at IS NULL;

-- end --
-- Decisions whose ground is gone: the words of their records changed.
UPDATE support.placement_decision SET ended_at = :now, ended_by = :ended_by WHERE id = ANY(:ids) AND ended_at IS NULL;
