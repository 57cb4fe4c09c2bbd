-- incident_counts --
-- Incidents of a rule in the window that ends at :now and in the same window of :weeks earlier weeks, one row per unit and
-- week (0 = now) with the ids and kinds counted. {unit} is the unit's expression from UNITS in judge.py.
WITH span AS (
    SELECT week, CAST(:now AS timestamptz) - make_interval(weeks => week, hours => :window_h) AS opens,
           CAST(:now AS timestamptz) - make_interval(weeks => week) AS closes
      FROM generate_series(0, CAST(:weeks AS integer)) AS week
)
SELECT span.week, {unit} AS unit_code, count(*) AS observed, array_agg(event.id ORDER BY event.id) AS member_ids, array_agg(event.kind ORDER BY event.id) AS kinds
  FROM span
  JOIN alerting.placed_incident AS event ON event.at > span.opens AND event.at <= span.closes
 WHERE event.subdistrict_code = :subdistrict_code
   AND (cardinality(CAST(:category AS text[])) = 0 OR event.category = ANY(CAST(:category AS text[])))
   AND (cardinality(CAST(:subcategory AS text[])) = 0 OR event.subcategory = ANY(CAST(:subcategory AS text[])))
   AND (cardinality(CAST(:grade AS text[])) = 0 OR event.grade = ANY(CAST(:grade AS text[])))
   AND (NOT :open OR event.status <> 'closed')
   AND (NOT :overdue OR (event.status <> 'closed' AND event.due_at < :now))
   AND {unit} IS NOT NULL
 GROUP BY span.week, unit_code;

-- service_request_counts --
-- As incident_counts, of service requests; kinds are the names of the service items.
WITH span AS (
    SELECT week, CAST(:now AS timestamptz) - make_interval(weeks => week, hours => :window_h) AS opens,
           CAST(:now AS timestamptz) - make_interval(weeks => week) AS closes
      FROM generate_series(0, CAST(:weeks AS integer)) AS week
)
SELECT span.week, {unit} AS unit_code, count(*) AS observed, array_agg(event.id ORDER BY event.id) AS member_ids, array_agg(event.kind ORDER BY event.id) AS kinds
  FROM span
  JOIN alerting.placed_request AS event ON event.at > span.opens AND event.at <= span.closes
 WHERE event.subdistrict_code = :subdistrict_code
   AND (cardinality(CAST(:topic AS text[])) = 0 OR event.topic = ANY(CAST(:topic AS text[])))
   AND (cardinality(CAST(:item_code AS text[])) = 0 OR event.item_code = ANY(CAST(:item_code AS text[])))
   AND (NOT :open OR event.status <> 'closed')
   AND (NOT :overdue OR (event.status <> 'closed' AND event.due_at < :now))
   AND {unit} IS NOT NULL
 GROUP BY span.week, unit_code;

-- feed_silences --
-- Feeds that have an expected interval, and how long each has been silent [s].
SELECT name AS unit_code, title, expected_every_s, newest_event_at,
       EXTRACT(epoch FROM CAST(:now AS timestamptz) - newest_event_at) AS silent_s
  FROM support.feed
 WHERE subdistrict_code = :subdistrict_code AND expected_every_s IS NOT NULL AND newest_event_at IS NOT NULL;

-- feed_completeness --
-- How complete what each feed brought in 30 days is, as measured within the last day.
SELECT feed.name AS unit_code, feed.title, quality.completeness, quality.read, quality.measured_at
  FROM support.feed_quality AS quality
  JOIN support.feed ON feed.subdistrict_code = quality.subdistrict_code AND feed.name = quality.feed
 WHERE quality.subdistrict_code = :subdistrict_code AND quality.completeness IS NOT NULL
   AND quality.measured_at > CAST(:now AS timestamptz) - interval '1 day';

-- describe_cells --
-- Shapes of cells of resolution 10, one row per :places: their outline, the community that has most of them, and the nearest
-- compound's name in place of a name of their own.
WITH asked AS (
    SELECT place, cell FROM unnest(CAST(:places AS integer[]), CAST(:cells AS bigint[])) AS listed(place, cell)
), shapes AS (
    SELECT asked.place, array_agg(cell.cell ORDER BY cell.cell) AS cells, ST_Multi(ST_Union(cell.geom)) AS geom
      FROM asked JOIN base.cell ON cell.cell = asked.cell AND cell.subdistrict_code = :subdistrict_code
     GROUP BY asked.place
), shares AS (
    SELECT DISTINCT ON (asked.place) asked.place, cell_share.unit_code
      FROM asked JOIN base.cell_share ON cell_share.cell = asked.cell AND cell_share.unit_kind = 'community'
     GROUP BY asked.place, cell_share.unit_code ORDER BY asked.place, sum(cell_share.share) DESC, cell_share.unit_code
)
SELECT shapes.place, nearest.name AS unit_name, shares.unit_code AS community_code, shapes.cells, shapes.geom
  FROM shapes
  LEFT JOIN shares ON shares.place = shapes.place
  LEFT JOIN LATERAL (SELECT name FROM base.place WHERE place.subdistrict_code = :subdistrict_code AND kind IN ('compound', 'apartment', 'poi') AND point IS NOT NULL
                      ORDER BY point <-> ST_Centroid(shapes.geom), id LIMIT 1) AS nearest ON true;

-- residents_per_unit --
-- Residents on file per unit; {unit} is the unit's expression from RESIDENT_UNITS in judge.py.
SELECT {unit} AS unit_code, count(*) AS residents
  FROM base.resident
  LEFT JOIN base.building ON building.id = resident.building_id
  LEFT JOIN base.cell AS fine ON fine.cell = resident.cell AND fine.subdistrict_code = resident.subdistrict_code
 WHERE resident.subdistrict_code = :subdistrict_code AND resident.valid_to IS NULL AND {unit} IS NOT NULL
 GROUP BY unit_code;

-- detected --
-- What a slower detector found when it last ran, if that is not too long ago.
SELECT findings FROM alerting.detection WHERE subdistrict_code = :subdistrict_code AND rule = :rule AND at >= :since;

-- drifted --
-- The newest weekly check of every rule, if it is not older than eight days.
SELECT DISTINCT ON (rule) rule, result, finished_at FROM alerting.rule_trial
 WHERE subdistrict_code = :subdistrict_code AND purpose = 'drift' AND finished_at > CAST(:now AS timestamptz) - interval '8 days' AND finished_at <= :now
 ORDER BY rule, finished_at DESC;

-- risk_points --
-- Risk points that somebody has confirmed and that hold at :now.
SELECT unit_kind, unit_code, probability, base_rate, version, contributions, window_from
  FROM alerting.risk_point
 WHERE subdistrict_code = :subdistrict_code AND status = 'confirmed' AND valid_to > :now;

-- describe_compounds --
-- What compounds are called, and the cells of resolution 10 their buildings stand in.
WITH covered AS (
    SELECT DISTINCT building.place_id, coarse.cell, coarse.geom
      FROM base.building
      JOIN base.cell AS fine ON fine.cell = building.cell AND fine.subdistrict_code = building.subdistrict_code
      JOIN base.cell AS coarse ON coarse.cell = fine.parent_10 AND coarse.subdistrict_code = fine.subdistrict_code
     WHERE building.place_id = ANY (CAST(:codes AS bigint[])) AND building.valid_to IS NULL
), shapes AS (
    SELECT place_id, array_agg(cell ORDER BY cell) AS cells, ST_Multi(ST_Union(geom)) AS geom FROM covered GROUP BY place_id
)
SELECT CAST(place.id AS text) AS unit_code, place.name AS unit_name, place.community_code, COALESCE(shapes.cells, '{}') AS cells, shapes.geom
  FROM base.place LEFT JOIN shapes ON shapes.place_id = place.id
 WHERE place.id = ANY (CAST(:codes AS bigint[])) AND place.subdistrict_code = :subdistrict_code;

-- describe_communities --
-- What communities are called, their areas, and the cells of resolution 10 that mostly lie in them.
SELECT community.code AS unit_code, community.name AS unit_name, community.code AS community_code, community.geom,
       COALESCE((SELECT array_agg(cell.cell ORDER BY cell.cell) FROM base.cell_share
                   JOIN base.cell ON cell.cell = cell_share.cell AND cell.resolution = 10
                  WHERE cell_share.unit_kind = 'community' AND cell_share.unit_code = community.code AND cell_share.share >= 0.5), '{}') AS cells
  FROM base.community
 WHERE community.code = ANY (CAST(:codes AS text[])) AND community.subdistrict_code = :subdistrict_code;

-- exposures --
-- Who lives in shapes of cells, one row per :places with anybody: persons and households by their building; ages on the day of :now.
WITH asked AS (
    SELECT place, cell FROM unnest(CAST(:places AS integer[]), CAST(:cells AS bigint[])) AS listed(place, cell)
)
SELECT asked.place, count(*) AS persons, count(DISTINCT COALESCE(household_record.leading_id, resident.household_id)) AS households,
       count(*) FILTER (WHERE resident.birth_date <= (CAST(:now AS timestamptz) - interval '60 years')::date) AS aged_60,
       count(*) FILTER (WHERE 'living_alone' = ANY(resident.groups)) AS living_alone
  FROM asked
  JOIN base.cell AS fine ON fine.parent_10 = asked.cell AND fine.subdistrict_code = :subdistrict_code
  JOIN base.resident ON resident.cell = fine.cell AND resident.subdistrict_code = fine.subdistrict_code
  LEFT JOIN base.household_record ON household_record.household_id = resident.household_id
 WHERE resident.valid_to IS NULL
   AND NOT EXISTS (SELECT FROM base.person_record WHERE person_record.resident_id = resident.id)
 GROUP BY asked.place;
