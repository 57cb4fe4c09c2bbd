-- missed_something --
-- Whether the facts per cell may be older than the records: never counted, counted on another day (ages and windows move),
-- or something was loaded or handled since.
WITH counted AS (
    SELECT min(state.refreshed_at) AS at, count(*) AS topics
      FROM support.layer_state AS state
      JOIN base.subdistrict ON subdistrict.code = state.subdistrict_code
)
SELECT counted.topics = 0
       OR (counted.at AT TIME ZONE subdistrict.timezone)::date <> (CAST(:now AS timestamptz) AT TIME ZONE subdistrict.timezone)::date
       OR EXISTS (SELECT FROM support.batch WHERE finished_at >= counted.at OR undone_at >= counted.at)
       OR EXISTS (SELECT FROM base.same_person WHERE decided_at >= counted.at)
       OR EXISTS (SELECT FROM base.incident WHERE recorded_from >= counted.at)
       OR EXISTS (SELECT FROM base.service_request WHERE recorded_from >= counted.at)
  FROM counted, base.subdistrict
 LIMIT 1;

-- tell_detected --
SELECT support.tell(jsonb_build_object('kind', 'detected'));
