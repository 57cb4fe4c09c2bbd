-- The last days of incidents are read out of an index alone: row by row, thirty days of a million incidents are as many pages.

DROP INDEX topic.incident_day_day_idx;
CREATE INDEX incident_day_day_idx ON topic.incident_day (subdistrict_code, day) INCLUDE (cell, reported);
