-- running_drill --
SELECT id, title, scenario, started_at, started_by FROM alerting.drill WHERE subdistrict_code = :subdistrict_code AND ended_at IS NULL;

-- start_drill --
INSERT INTO alerting.drill (subdistrict_code, title, scenario, started_at, started_by) VALUES (:subdistrict_code, :title, :scenario, :now, :post)
RETURNING id;

-- drill_place --
-- The compound of a kind that is number :rank by households: its cells, and who lives there as anybody may see it.
WITH chosen AS (
    SELECT place.id, place.name, place.community_code
      FROM base.place
     WHERE place.subdistrict_code = :subdistrict_code AND place.kind IN ('compound', 'apartment') AND COALESCE(place.compound_kind, 'apartment') = :kind
       AND place.counted AND (place.valid_to IS NULL OR place.valid_to > :now)
     ORDER BY place.households DESC NULLS LAST, place.id
    OFFSET CAST(:rank AS integer) - 1 LIMIT 1
), covered AS (
    SELECT DISTINCT coarse.cell, coarse.geom
      FROM chosen
      JOIN base.building ON building.place_id = chosen.id AND building.valid_to IS NULL
      JOIN base.cell AS fine ON fine.cell = building.cell AND fine.subdistrict_code = building.subdistrict_code
      JOIN base.cell AS coarse ON coarse.cell = fine.parent_10 AND coarse.subdistrict_code = fine.subdistrict_code
)
SELECT CAST(chosen.id AS text) AS unit_code, chosen.name AS unit_name, chosen.community_code,
       COALESCE((SELECT array_agg(cell ORDER BY cell) FROM covered), '{}') AS cells, (SELECT ST_Multi(ST_Union(geom)) FROM covered) AS geom,
       published.total AS persons, published.households, published.aged_60, published.living_alone
  FROM chosen
  LEFT JOIN topic.unit_population_published AS published ON published.subdistrict_code = :subdistrict_code AND published.unit_kind = 'place'
   AND published.unit_code = CAST(chosen.id AS text);

-- raise_drill_alert --
INSERT INTO alerting.drill_alert (drill_id, subdistrict_code, rule, unit_kind, unit_code, unit_name, letter, level, community_code, cells, geom, observed,
                                  expected, expected_low, expected_high, method, window_from, window_to, exposure, raised_at, updated_at, held_at,
                                  fingerprint, holder, opened_at, held_by_at)
VALUES (:drill_id, :subdistrict_code, :rule, 'compound', :unit_code, :unit_name, :letter, :level, :community_code, :cells, :geom, :observed,
        :expected, :expected_low, :expected_high, 'drill', :window_from, :now, CAST(:exposure AS jsonb), :now, :now, :now,
        :fingerprint, :holder, :now, :now)
RETURNING id;

-- note_drill_event --
INSERT INTO alerting.drill_event (alert_id, at, change, level, observed, actor) VALUES (:alert_id, :now, :change, :level, :observed, :post);

-- end_drill --
UPDATE alerting.drill SET ended_at = :now, ended_by = :post WHERE id = :id AND ended_at IS NULL RETURNING id;

-- end_drill_alerts --
WITH ended AS (
    UPDATE alerting.drill_alert SET status = 'cleared', cleared_at = :now, ended_by = 'drill_over', updated_at = :now
     WHERE drill_id = :id AND status <> 'cleared' RETURNING id, level, observed
)
INSERT INTO alerting.drill_event (alert_id, at, change, level, observed, actor) SELECT id, :now, 'cleared', level, observed, :post FROM ended;

-- drills --
-- Drills, newest first: how many alerts, how many were acknowledged, and after how long on average [s].
SELECT drill.id, drill.title, drill.scenario, drill.started_at, drill.started_by, drill.ended_at, drill.ended_by,
       count(drill_alert.id) AS alerts, count(drill_alert.acknowledged_at) AS acknowledged,
       avg(extract(epoch FROM drill_alert.acknowledged_at - drill_alert.raised_at))::float AS mean_s
  FROM alerting.drill LEFT JOIN alerting.drill_alert ON drill_alert.drill_id = drill.id
 WHERE drill.subdistrict_code = :subdistrict_code
 GROUP BY drill.id ORDER BY drill.started_at DESC;

-- tell_drill --
SELECT support.tell(jsonb_build_object('kind', 'drill', 'id', CAST(:id AS bigint)));
