-- population --
-- Persons per cell as published; {measure} is a column of the vocabulary.
SELECT cell, {measure}::float AS value, {measure} IS NULL AS suppressed, false AS estimated
  FROM topic.population_published WHERE subdistrict_code = :code AND resolution = :resolution;

-- exact_population --
-- Persons of one group per cell, within the asker's rights; cells without any are left out.
SELECT cell, sum({measure})::float AS value, false AS suppressed, false AS estimated
  FROM topic.population WHERE subdistrict_code = :code AND resolution = :resolution
 GROUP BY cell HAVING sum({measure}) > 0;

-- demand --
-- Requests per 1 000 eligible as published.
SELECT cell, per_1000 AS value, suppressed, false AS estimated
  FROM topic.demand_published WHERE subdistrict_code = :code AND resolution = :resolution AND topic = :topic;

-- incidents_open --
-- Open incidents per cell, all or of one category or grade. Summed by cell first: parents are worked out per cell, not per fact.
SELECT base.cell_parent(cell, :resolution) AS cell, sum(open)::float AS value, false AS suppressed, false AS estimated
  FROM (SELECT cell, sum(open) AS open
          FROM topic.incident_open
         WHERE subdistrict_code = :code AND (CAST(:category AS text) IS NULL OR category = :category)
           AND (CAST(:grade AS text) IS NULL OR grade = :grade)
         GROUP BY cell) AS finest
 GROUP BY 1;

-- incidents_reported --
-- Incidents reported in the :days local days up to the newest day there is; summed by cell first, as above.
SELECT base.cell_parent(cell, :resolution) AS cell, sum(reported)::float AS value, false AS suppressed, false AS estimated
  FROM (SELECT cell, sum(reported) AS reported
          FROM topic.incident_day
         WHERE subdistrict_code = :code
           AND day > (SELECT max(day) FROM topic.incident_day WHERE subdistrict_code = :code) - CAST(:days AS integer)
         GROUP BY cell) AS finest
 GROUP BY 1;

-- resources --
-- Emergency resources per cell, ready or not.
SELECT cell, sum(total)::float AS value, false AS suppressed, false AS estimated
  FROM topic.resource_count WHERE subdistrict_code = :code AND resolution = :resolution
 GROUP BY cell;

-- reach --
-- Walking minutes to the nearest ready resource of one kind; no value = there is none.
SELECT cell, minutes AS value, false AS suppressed, estimated
  FROM topic.coverage WHERE subdistrict_code = :code AND resolution = :resolution AND kind = :resource;

-- elevation --
-- Mean height of the cell.
SELECT cell, elevation_m AS value, false AS suppressed, false AS estimated
  FROM base.cell WHERE subdistrict_code = :code AND resolution = :resolution AND elevation_m IS NOT NULL;

-- flood_risk --
-- How badly the newest rain stands, an estimate of 0 to 100 (layers/flood.py); nothing where no rain of the last day is known.
SELECT rain.cell, 100 * least(rain.value / 50, 1) * ground.value AS value, false AS suppressed, true AS estimated
  FROM base.cell_measure AS rain
  JOIN base.cell_measure AS ground ON ground.subdistrict_code = rain.subdistrict_code AND ground.kind = 'flood_ground' AND ground.cell = rain.cell
  JOIN base.cell ON cell.cell = rain.cell AND cell.subdistrict_code = rain.subdistrict_code AND cell.resolution = :resolution
 WHERE rain.subdistrict_code = :code AND rain.kind = 'rain' AND rain.measured_at > now() - interval '1 day';

-- measured --
-- What the newest raster of a kind says of the cell.
SELECT cell.cell, cell_measure.value, false AS suppressed, :measure = 'population' AS estimated
  FROM base.cell_measure
  JOIN base.cell ON cell.cell = cell_measure.cell AND cell.subdistrict_code = cell_measure.subdistrict_code AND cell.resolution = :resolution
 WHERE cell_measure.subdistrict_code = :code AND cell_measure.kind = :measure;

-- limits --
-- Where the classes of a layer end.
SELECT limits, window_from, window_to, decided_at
  FROM support.layer_class WHERE subdistrict_code = :code AND layer_id = :layer_id AND resolution = :resolution;

-- first_subdistrict --
-- The sub-district that is served.
SELECT code FROM base.subdistrict ORDER BY code LIMIT 1;
