-- ground --
-- The asker's ground: one row per third-level grid and absent worker covered for, with its outline, how many buildings and households.
WITH mine AS (
    SELECT * FROM casework.ground(:worker_id, :grid_ids, :now)
), shapes AS (
    SELECT mine.work_grid_id, mine.cover_for, ST_Union(cell.geom) AS geom, count(*) AS pieces, min(mine.since) AS since, max(mine.until) AS until,
           max(mine.decision) FILTER (WHERE mine.reason = 'cover') AS decision, bool_and(mine.reason = 'whole') AS whole
      FROM mine
      JOIN base.cell ON cell.cell = mine.cell AND cell.resolution = 11
     GROUP BY mine.work_grid_id, mine.cover_for
)
SELECT shapes.work_grid_id, work_grid.name AS work_grid_name, community.name AS community_name, shapes.cover_for, shapes.pieces, shapes.since,
       shapes.until, shapes.decision, shapes.whole,
       ST_AsBinary(ST_CollectionExtract(ST_Intersection(shapes.geom, work_grid.geom), 3)) AS outline
  FROM shapes
  JOIN base.work_grid ON work_grid.id = shapes.work_grid_id
  LEFT JOIN base.community ON community.code = work_grid.community_code
 ORDER BY shapes.cover_for NULLS FIRST, work_grid.code;

-- ground_counts --
-- Buildings and households on the asker's ground [counts].
SELECT count(DISTINCT building.id) AS buildings, count(household.id) AS households
  FROM casework.ground(:worker_id, :grid_ids, :now) AS mine
  JOIN base.building ON building.work_grid_id = mine.work_grid_id AND building.cell = mine.cell
   AND (building.valid_to IS NULL OR building.valid_to > :now)
  LEFT JOIN base.household ON household.building_id = building.id
   AND NOT EXISTS (SELECT FROM base.household_record WHERE household_record.household_id = household.id);

-- ground_cells --
-- Cells of resolution 10 that the ground reaches into.
SELECT DISTINCT cell.parent_10 AS cell
  FROM casework.ground(:worker_id, :grid_ids, :now) AS mine
  JOIN base.cell ON cell.cell = mine.cell AND cell.resolution = 11 AND cell.parent_10 IS NOT NULL
 ORDER BY 1;

-- colleagues --
-- How the asker's work grids are shared: workers, and the households of the whole grid.
SELECT work_grid.id AS work_grid_id, work_grid.name AS work_grid_name,
       (SELECT count(*) FROM base.grid_worker
         WHERE grid_worker.work_grid_id = work_grid.id AND grid_worker.post = 'grid_worker'
           AND (grid_worker.valid_to IS NULL OR grid_worker.valid_to > :now)) AS workers,
       (SELECT count(*) FROM base.household JOIN base.building ON building.id = household.building_id
         WHERE building.work_grid_id = work_grid.id
           AND NOT EXISTS (SELECT FROM base.household_record WHERE household_record.household_id = household.id)) AS households
  FROM base.work_grid
 WHERE work_grid.id = ANY (:grid_ids) AND work_grid.grid_tier = 3
 ORDER BY work_grid.code;

-- decisions --
-- Buildings that are the asker's because a person decided so.
SELECT building.id AS building_id, place.name AS place_name, building.number, decision.reason, decision.decided_at
  FROM casework.assignment_decision AS decision
  JOIN base.building ON building.id = decision.building_id
  JOIN base.place ON place.id = building.place_id
 WHERE decision.worker_id = :worker_id AND decision.valid_from <= :now AND (decision.valid_to IS NULL OR decision.valid_to > :now)
 ORDER BY decision.decided_at DESC;

-- worker --
SELECT grid_worker.source_key AS number, grid_worker.post, grid_worker.name FROM base.grid_worker WHERE id = :worker_id;

-- covered_worker --
-- The number of an absent worker; names stay with those who see the person's row.
SELECT id, source_key AS number, name FROM base.grid_worker WHERE id = ANY (:worker_ids);

-- map_buildings --
-- Buildings in a window, with whose they are; footprints where there are any, else points.
SELECT building.id, building.number, place.name AS place_name, mine.cell IS NOT NULL AS mine,
       CASE WHEN mine.cell IS NOT NULL THEN (SELECT count(*) FROM base.household WHERE household.building_id = building.id
          AND NOT EXISTS (SELECT FROM base.household_record WHERE household_record.household_id = household.id)) END AS households,
       ST_AsBinary(coalesce(building.footprint, building.geom)) AS shape
  FROM base.building
  JOIN base.place ON place.id = building.place_id
  LEFT JOIN casework.ground(:worker_id, :grid_ids, :now) AS mine ON mine.work_grid_id = building.work_grid_id AND mine.cell = building.cell
 WHERE building.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326) AND (building.valid_to IS NULL OR building.valid_to > :now)
 ORDER BY building.id LIMIT 3000;

-- map_roads --
SELECT name, road_class, ST_AsBinary(ST_Intersection(geom, ST_MakeEnvelope(:west, :south, :east, :north, 4326))) AS shape
  FROM base.road_segment
 WHERE geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
 ORDER BY CASE road_class WHEN 'main' THEN 3 WHEN 'second' THEN 2 ELSE 1 END, id;

-- map_water --
SELECT name, ST_AsBinary(ST_Intersection(ST_MakeValid(geom), ST_MakeEnvelope(:west, :south, :east, :north, 4326))) AS shape
  FROM base.place
 WHERE kind = 'water' AND geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326) AND (valid_to IS NULL OR valid_to > :now);

-- map_compounds --
-- Compounds and apartment areas to label: at the middle of their buildings in the window.
SELECT place.id, place.name, place.kind, count(*) FILTER (WHERE mine.cell IS NOT NULL) AS mine,
       ST_X(ST_Centroid(ST_Collect(building.geom))) AS lon, ST_Y(ST_Centroid(ST_Collect(building.geom))) AS lat
  FROM base.building
  JOIN base.place ON place.id = building.place_id
  LEFT JOIN casework.ground(:worker_id, :grid_ids, :now) AS mine ON mine.work_grid_id = building.work_grid_id AND mine.cell = building.cell
 WHERE building.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326) AND (building.valid_to IS NULL OR building.valid_to > :now)
 GROUP BY place.id, place.name, place.kind
 ORDER BY 4 DESC, count(*) DESC;

-- places --
-- Points of interest and emergency resources on the asker's ground.
WITH mine AS (
    SELECT * FROM casework.ground(:worker_id, :grid_ids, :now)
)
SELECT 'place' AS sort, place.id, coalesce(place.subkind, place.kind) AS kind, place.name, place.address, ST_X(place.point) AS lon,
       ST_Y(place.point) AS lat, 'ready' AS status, NULL AS status_reason
  FROM base.place JOIN mine ON mine.work_grid_id = place.work_grid_id AND mine.cell = place.cell
 WHERE place.kind = 'poi' AND (place.valid_to IS NULL OR place.valid_to > :now)
UNION ALL
SELECT 'resource', resource.id, resource.kind, resource.name, resource.address, ST_X(resource.geom), ST_Y(resource.geom), resource.status,
       resource.status_reason
  FROM base.resource JOIN mine ON mine.work_grid_id = resource.work_grid_id AND mine.cell = resource.cell
 WHERE resource.valid_to IS NULL OR resource.valid_to > :now
 ORDER BY 1, 3, 4;

-- alerts --
-- Alerts, real or of a drill, that stand over a cell of the asker's ground and that no larger one explains, highest first.
SELECT alert.id, alert.rule, alert.rule_name, alert.letter, alert.level, alert.unit_kind, alert.unit_name, alert.status, alert.observed, alert.expected,
       alert.reasons, alert.holder, alert.acknowledged_by, alert.due_at, alert.exercise,
       alert.raised_at, alert.updated_at, ST_X(ST_PointOnSurface(alert.geom)) AS lon, ST_Y(ST_PointOnSurface(alert.geom)) AS lat
  FROM alerting.shown_alert AS alert
 WHERE alert.status <> 'cleared' AND alert.unit_kind IN ('cell', 'area', 'compound') AND alert.inhibited_by IS NULL
   AND alert.cells && ARRAY(
       SELECT DISTINCT cell.parent_10
         FROM casework.ground(:worker_id, :grid_ids, :now) AS mine JOIN base.cell ON cell.cell = mine.cell AND cell.resolution = 11)
 ORDER BY alert.exercise, alert.level, alert.raised_at;

-- running_drill --
SELECT title FROM alerting.drill WHERE ended_at IS NULL;

-- incidents --
-- Open incidents that are the asker's: dispatched to them, or on their ground and nobody else's.
WITH mine AS (
    SELECT * FROM casework.ground(:worker_id, :grid_ids, :now)
), open_ones AS (
    SELECT incident.*, dispatch.worker_id AS dispatched_to
      FROM base.incident
      LEFT JOIN casework.dispatch ON dispatch.subject = 'incident' AND dispatch.subject_id = incident.id AND dispatch.ended_at IS NULL
     WHERE incident.status NOT IN ('closed', 'withdrawn')
       AND (incident.work_grid_id = ANY (:grid_ids) OR dispatch.worker_id = :worker_id)
)
SELECT found.id, found.category, found.subcategory, found.title, found.address, found.grade, found.status, found.due_at, found.reported_at,
       ST_X(found.geom) AS lon, ST_Y(found.geom) AS lat, place.name AS place_name, building.number AS building_number,
       coalesce(found.dispatched_to = :worker_id, false) AS dispatched
  FROM open_ones AS found
  LEFT JOIN mine ON mine.work_grid_id = found.work_grid_id AND mine.cell = found.cell
  LEFT JOIN base.building ON building.id = found.building_id
  LEFT JOIN base.place ON place.id = coalesce(building.place_id, found.place_id)
 WHERE found.dispatched_to = :worker_id OR (found.dispatched_to IS NULL AND mine.cell IS NOT NULL)
 ORDER BY found.due_at NULLS LAST, found.reported_at;

-- visits --
-- Visits due on the asker's ground until :until, with the last one done to the same person.
SELECT visit.id, visit.kind, visit.due_on, visit.address, visit.resident_id, ST_X(visit.geom) AS lon, ST_Y(visit.geom) AS lat,
       place.name AS place_name, building.number AS building_number, dwelling.unit, dwelling.room,
       (SELECT max(earlier.done_at) FROM base.visit AS earlier WHERE earlier.resident_id = visit.resident_id AND earlier.done_at IS NOT NULL) AS last_at
  FROM base.visit
  JOIN casework.ground(:worker_id, :grid_ids, :now) AS mine ON mine.work_grid_id = visit.work_grid_id AND mine.cell = visit.cell
  LEFT JOIN base.resident ON resident.id = visit.resident_id
  LEFT JOIN base.building ON building.id = coalesce(visit.building_id, resident.building_id)
  LEFT JOIN base.place ON place.id = building.place_id
  LEFT JOIN base.dwelling ON dwelling.id = coalesce(visit.dwelling_id, resident.dwelling_id)
 WHERE visit.done_at IS NULL AND visit.due_on <= :until AND visit.due_on >= :since
 ORDER BY visit.due_on, visit.id;

-- done_today --
-- Incidents closed and visits done by the asker since :midnight [count].
SELECT count(*) FROM casework.transition
 WHERE account_id = :account_id AND at >= :midnight AND step IN ('closed', 'done');

-- persons --
-- Persons on the asker's ground, without their names: where, how old, which groups.
SELECT resident.id, place.name AS place_name, building.number AS building_number, dwelling.unit, dwelling.room, resident.groups,
       date_part('year', age(CAST(:today AS date), resident.birth_date))::integer AS age, resident.registration
  FROM base.resident
  JOIN base.building ON building.id = resident.building_id
  JOIN casework.ground(:worker_id, :grid_ids, :now) AS mine ON mine.work_grid_id = building.work_grid_id AND mine.cell = building.cell
  JOIN base.place ON place.id = building.place_id
  LEFT JOIN base.dwelling ON dwelling.id = resident.dwelling_id
 WHERE resident.alive AND (resident.valid_to IS NULL OR resident.valid_to > :now)
   AND NOT EXISTS (SELECT FROM base.person_record WHERE person_record.resident_id = resident.id)
 ORDER BY place.name, length(building.number), building.number, dwelling.unit, length(dwelling.room), dwelling.room, resident.id;

-- person --
-- One person of the asker's work grids, opened by name.
SELECT resident.id, resident.name, resident.sex, date_part('year', age(CAST(:today AS date), resident.birth_date))::integer AS age,
       resident.registration, resident.groups, place.name AS place_name, building.number AS building_number, dwelling.unit, dwelling.room,
       ST_X(building.geom) AS lon, ST_Y(building.geom) AS lat,
       (SELECT count(*) FROM base.resident AS other WHERE other.household_id = resident.household_id AND other.alive) AS household_size
  FROM base.resident
  LEFT JOIN base.building ON building.id = resident.building_id
  LEFT JOIN base.place ON place.id = building.place_id
  LEFT JOIN base.dwelling ON dwelling.id = resident.dwelling_id
 WHERE resident.id = :id AND resident.alive AND (resident.valid_to IS NULL OR resident.valid_to > :now);

-- person_visits --
SELECT kind, due_on, done_at, note FROM base.visit WHERE resident_id = :id ORDER BY coalesce(done_at, due_on) DESC LIMIT 6;

-- set_language --
SELECT access.set_language(:language);

-- note_event --
SELECT access.note_event(:action, CAST(:changes AS jsonb));

-- incident --
SELECT incident.id, incident.category, incident.subcategory, incident.source, incident.title, incident.description, incident.address,
       incident.grade, incident.status, incident.reported_at, incident.due_at, incident.closed_at, incident.placement, incident.match_level,
       incident.reported_by, incident.photo IS NOT NULL AS has_photo, ST_X(incident.geom) AS lon, ST_Y(incident.geom) AS lat,
       place.name AS place_name, building.number AS building_number, work_grid.name AS work_grid_name
  FROM base.incident
  LEFT JOIN base.building ON building.id = incident.building_id
  LEFT JOIN base.place ON place.id = coalesce(building.place_id, incident.place_id)
  LEFT JOIN base.work_grid ON work_grid.id = incident.work_grid_id
 WHERE incident.id = :id;

-- visit --
SELECT visit.id, visit.kind, visit.due_on, visit.done_at, visit.note, visit.address, visit.resident_id,
       place.name AS place_name, building.number AS building_number, dwelling.unit, dwelling.room
  FROM base.visit
  LEFT JOIN base.resident ON resident.id = visit.resident_id
  LEFT JOIN base.building ON building.id = coalesce(visit.building_id, resident.building_id)
  LEFT JOIN base.place ON place.id = building.place_id
  LEFT JOIN base.dwelling ON dwelling.id = coalesce(visit.dwelling_id, resident.dwelling_id)
 WHERE visit.id = :id;

-- photo_of --
SELECT photo FROM base.incident WHERE id = :id;

-- reported --
-- What the asker reported, newest first.
SELECT incident.id, incident.source_key, incident.category, incident.subcategory, incident.title, incident.status, incident.reported_at AS at, incident.placement,
       place.name AS place_name, building.number AS building_number, incident.address, work_grid.name AS work_grid_name
  FROM base.incident
  LEFT JOIN base.building ON building.id = incident.building_id
  LEFT JOIN base.place ON place.id = coalesce(building.place_id, incident.place_id)
  LEFT JOIN base.work_grid ON work_grid.id = incident.work_grid_id
 WHERE incident.reported_by = :account_id AND incident.reported_at > :since
 ORDER BY incident.reported_at DESC LIMIT 60;

-- handled --
-- Steps the asker took, newest first.
SELECT transition.id, transition.subject, transition.subject_id, transition.step, transition.at, transition.note,
       coalesce(incident.subcategory, visit.kind, '') AS kind, coalesce(incident.title, '') AS title
  FROM casework.transition
  LEFT JOIN base.incident ON transition.subject = 'incident' AND incident.id = transition.subject_id
  LEFT JOIN base.visit ON transition.subject = 'visit' AND visit.id = transition.subject_id
 WHERE transition.account_id = :account_id AND transition.at > :since
 ORDER BY transition.at DESC LIMIT 60;

-- categories --
-- Kinds of incidents as they were reported here in the last 90 days, commonest first.
SELECT category, subcategory, count(*) AS count FROM base.incident
 WHERE reported_at > :since AND subdistrict_code = :subdistrict_code AND subcategory <> ''
 GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 60;
