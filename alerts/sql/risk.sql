-- risk_records --
-- What speaks for a risk: placed incidents and requests of the kinds of kinds.yml and all petitions, with the compound and the cell of
-- resolution 10 they lie in. Escalated: graded major or severe, or taken up together. Returned: sent back in the system the record comes
-- from, or in ours. Sensitive kinds are left out.
SELECT (event.at AT TIME ZONE :timezone)::date - DATE '1970-01-01' AS day, event.subcategory, event.topic, event.channel,
       event.building_id AS building, CAST(event.compound_id AS text) AS compound, lower(to_hex(event.cell_10)) AS cell,
       event.escalated, event.due_at IS NOT NULL AND COALESCE(event.closed_at, CAST(:now AS timestamptz)) > event.due_at AS overdue,
       event.returned OR EXISTS (SELECT FROM casework.transition
                WHERE transition.subject = event.subject AND transition.subject_id = event.id AND transition.step = 'returned') AS returned
  FROM (SELECT 'incident' AS subject, id, at, subcategory, '' AS topic, '' AS channel, building_id, compound_id, cell_10, due_at, closed_at,
               grade IN ('major', 'severe') OR title || description ~ '集体|群体|联名' AS escalated, returned_before AS returned
          FROM alerting.placed_incident
         WHERE subdistrict_code = :subdistrict_code AND at > :since AND at <= :now
           AND subcategory = ANY (CAST(:subcategory AS text[])) AND subcategory <> ALL (CAST(:sensitive AS text[]))
        UNION ALL
        SELECT 'request', id, at, '', COALESCE(topic, ''), channel, building_id, compound_id, cell_10,
               due_at, closed_at, title || description ~ '集体|群体|联名', FALSE
          FROM alerting.placed_request
         WHERE subdistrict_code = :subdistrict_code AND at > :since AND at <= :now
           AND (topic = ANY (CAST(:topic AS text[])) OR channel = ANY (CAST(:channel AS text[])))
        UNION ALL
        SELECT 'petition', id, at, '', '', '信访', building_id, compound_id, cell_10, NULL, closed_at, FALSE, FALSE
          FROM alerting.placed_petition
         WHERE subdistrict_code = :subdistrict_code AND at > :since AND at <= :now
       ) AS event;

-- risk_compounds --
-- Compounds and apartments with their kind, how many dwellings they have, and the share of them (of beds in an apartment) nobody is on
-- file for.
WITH lived AS (
    SELECT building.place_id, count(DISTINCT resident.dwelling_id) AS dwellings, count(*) AS persons
      FROM base.resident JOIN base.building ON building.id = resident.building_id
     WHERE resident.subdistrict_code = :subdistrict_code AND resident.valid_to IS NULL
     GROUP BY building.place_id
)
SELECT CAST(place.id AS text) AS code, CASE WHEN place.kind = 'apartment' THEN 'apartment' ELSE COALESCE(place.compound_kind, 'commercial') END AS kind,
       GREATEST(COALESCE(place.households, 0), lived.dwellings) AS homes,
       GREATEST(COALESCE(CASE WHEN place.kind = 'apartment' THEN 1 - lived.persons::float / NULLIF(place.beds, 0)
                              ELSE 1 - lived.dwellings::float / NULLIF(place.households, 0) END, 0), 0) AS vacancy
  FROM base.place JOIN lived ON lived.place_id = place.id
 WHERE place.subdistrict_code = :subdistrict_code AND place.kind IN ('compound', 'apartment') AND place.counted AND lived.dwellings >= :least_homes
 ORDER BY place.id;

-- risk_cells --
-- The same for cells of resolution 10, by the units, floors and rooms of their buildings.
WITH lived AS (
    SELECT fine.parent_10 AS cell, count(DISTINCT resident.dwelling_id) AS dwellings
      FROM base.resident JOIN base.cell AS fine ON fine.cell = resident.cell AND fine.subdistrict_code = resident.subdistrict_code
     WHERE resident.subdistrict_code = :subdistrict_code AND resident.valid_to IS NULL AND fine.parent_10 IS NOT NULL
     GROUP BY fine.parent_10
), built AS (
    SELECT fine.parent_10 AS cell, sum(building.units * building.floors * building.rooms_per_floor) AS dwellings
      FROM base.building JOIN base.cell AS fine ON fine.cell = building.cell AND fine.subdistrict_code = building.subdistrict_code
     WHERE building.subdistrict_code = :subdistrict_code AND building.valid_to IS NULL
     GROUP BY fine.parent_10
)
SELECT lower(to_hex(lived.cell)) AS code, 'cell' AS kind, GREATEST(COALESCE(built.dwellings, 0), lived.dwellings) AS homes,
       GREATEST(COALESCE(1 - lived.dwellings::float / NULLIF(built.dwellings, 0), 0), 0) AS vacancy
  FROM lived LEFT JOIN built ON built.cell = lived.cell
 WHERE lived.dwellings >= :least_homes ORDER BY lived.cell;

-- known_since --
-- Since when there are incidents at all; empty = none.
SELECT min(reported_at) FROM base.incident WHERE subdistrict_code = :subdistrict_code;

-- store_model --
INSERT INTO alerting.risk_model (subdistrict_code, unit_kind, fitted_at, version, report)
VALUES (:subdistrict_code, :unit_kind, :now, :version, CAST(:report AS jsonb));

-- newest_models --
-- The newest model of each kind of unit.
SELECT DISTINCT ON (unit_kind) unit_kind, fitted_at, version, report FROM alerting.risk_model
 WHERE subdistrict_code = :subdistrict_code ORDER BY unit_kind, fitted_at DESC;

-- pass_candidates --
-- Candidates of an earlier scoring that nobody decided on make room for the new ones.
UPDATE alerting.risk_point SET status = 'passed'
 WHERE subdistrict_code = :subdistrict_code AND unit_kind = :unit_kind AND status = 'candidate' AND unit_code <> ALL (CAST(:codes AS text[]));

-- decided_units --
-- Units somebody has decided on and whose decision still holds.
SELECT unit_code FROM alerting.risk_point
 WHERE subdistrict_code = :subdistrict_code AND unit_kind = :unit_kind AND status IN ('confirmed', 'rejected') AND valid_to > :now;

-- store_candidate --
-- A candidate; one that waits already gets the new figures.
INSERT INTO alerting.risk_point (subdistrict_code, unit_kind, unit_code, unit_name, community_code, cells, geom, probability, base_rate, contributions,
                                 version, window_from, scored_at, valid_to)
VALUES (:subdistrict_code, :unit_kind, :unit_code, :unit_name, :community_code, :cells, CAST(:geom AS geometry), :probability, :base_rate,
        CAST(:contributions AS jsonb), :version, :window_from, :now, :valid_to)
    ON CONFLICT (subdistrict_code, unit_kind, unit_code) WHERE status = 'candidate'
    DO UPDATE SET probability = EXCLUDED.probability, base_rate = EXCLUDED.base_rate, contributions = EXCLUDED.contributions, version = EXCLUDED.version,
                  window_from = EXCLUDED.window_from, scored_at = EXCLUDED.scored_at, valid_to = EXCLUDED.valid_to;

-- points --
-- Candidates and what was decided on and still holds, the most probable first.
SELECT point.id, point.unit_kind, point.unit_code, point.unit_name, point.community_code, community.name AS community, point.probability, point.base_rate,
       point.contributions, point.version, point.scored_at, point.valid_to, point.status, point.decided_at, point.decided_by, point.reason,
       ST_AsGeoJSON(point.geom, 6)::jsonb AS shape
  FROM alerting.risk_point AS point
  LEFT JOIN base.community ON community.code = point.community_code
 WHERE point.subdistrict_code = :subdistrict_code AND point.status <> 'passed' AND point.valid_to > :now
 ORDER BY point.probability DESC, point.id;

-- decide --
-- A person confirms or rejects a candidate; a confirmed point can be taken back.
UPDATE alerting.risk_point
   SET status = :status, decided_at = :now, decided_by = :by, reason = :reason, valid_to = :valid_to
 WHERE id = :id AND (status = 'candidate' OR (status = 'confirmed' AND :status = 'rejected'))
RETURNING id;

-- point_status --
SELECT status FROM alerting.risk_point WHERE id = :id;

-- tell_risk --
SELECT support.tell(jsonb_build_object('kind', 'risk'));
