-- add_silence --
INSERT INTO alerting.silence (subdistrict_code, matchers, reason, starts_at, expires_at, created_at, created_by)
VALUES (:subdistrict_code, CAST(:matchers AS jsonb), :reason, :starts_at, :expires_at, :now, :post)
RETURNING id;

-- silenceable --
-- Values of labels that people have names for: communities, and the places of standing alerts and of those a silence was made for lately.
SELECT 'community' AS label, code AS value, name, name_en FROM base.community WHERE subdistrict_code = :subdistrict_code
UNION ALL
SELECT 'where', where_label, max(unit_name), '' FROM (
    SELECT unit_kind || ':' || unit_code AS where_label, unit_name FROM alerting.alert
     WHERE subdistrict_code = :subdistrict_code AND unit_name <> '' AND (status <> 'cleared' OR raised_at > CAST(:since AS timestamptz)) AND NOT replayed
) AS placed GROUP BY where_label
 ORDER BY 1, 2;

-- lift_silence --
UPDATE alerting.silence SET ended_at = :now, ended_by = :post WHERE id = :id AND ended_at IS NULL AND expires_at > :now
RETURNING id;

-- silences --
-- Every silence, newest last end first, and how many alerts it holds back now.
SELECT silence.id, matchers, reason, starts_at, expires_at, created_at, created_by, ended_at, ended_by,
       (SELECT count(*) FROM alerting.alert WHERE alert.silenced_by = silence.id AND alert.status <> 'cleared') AS held_back
  FROM alerting.silence
 WHERE subdistrict_code = :subdistrict_code
 ORDER BY ended_at IS NULL DESC, expires_at DESC, silence.id DESC;

-- silences_in_force --
SELECT id, matchers, reason, expires_at FROM alerting.silence
 WHERE subdistrict_code = :subdistrict_code AND ended_at IS NULL AND starts_at <= :now AND expires_at > :now
 ORDER BY expires_at DESC, id;

-- silence_alert --
-- Which silence holds an alert back; empty = none. Whoever holds it has their whole time once it is told again.
UPDATE alerting.alert SET silenced_by = :silenced_by, updated_at = :now, held_by_at = :now WHERE id = :id;

-- tell --
SELECT support.tell(jsonb_build_object('kind', 'silence', 'id', CAST(:id AS bigint)));
