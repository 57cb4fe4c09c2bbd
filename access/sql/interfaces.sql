-- register --
-- An interface as it is now; it stays as it was when nothing changed.
INSERT INTO access.interface AS interface (subdistrict_code, key, direction, party, title, purpose, legal_basis, retention, fields, contract, feed, table_name,
                                           resource, consumer_id, expected_every_s, registered_at)
VALUES (:subdistrict_code, :key, :direction, cast(:party AS jsonb), cast(:title AS jsonb), cast(:purpose AS jsonb), cast(:legal_basis AS jsonb),
        cast(:retention AS jsonb), cast(:fields AS jsonb), cast(:contract AS jsonb), :feed, :table_name, :resource, :consumer_id, :expected_every_s, :now)
ON CONFLICT (subdistrict_code, key) DO UPDATE
   SET direction = excluded.direction, party = excluded.party, title = excluded.title, purpose = excluded.purpose, legal_basis = excluded.legal_basis,
       retention = excluded.retention, fields = excluded.fields, contract = excluded.contract, feed = excluded.feed, table_name = excluded.table_name,
       resource = excluded.resource, consumer_id = excluded.consumer_id, expected_every_s = excluded.expected_every_s, retired_at = NULL
 WHERE (interface.direction, interface.party, interface.title, interface.purpose, interface.legal_basis, interface.retention, interface.fields,
        interface.contract, interface.feed, interface.table_name, interface.resource, interface.consumer_id, interface.expected_every_s, interface.retired_at)
       IS DISTINCT FROM
       (excluded.direction, excluded.party, excluded.title, excluded.purpose, excluded.legal_basis, excluded.retention, excluded.fields,
        excluded.contract, excluded.feed, excluded.table_name, excluded.resource, excluded.consumer_id, excluded.expected_every_s, NULL);

-- retire --
-- Interfaces of these kinds that are there no longer.
UPDATE access.interface SET retired_at = :now
 WHERE subdistrict_code = :subdistrict_code AND split_part(key, ':', 1) = ANY (:kinds) AND key <> ALL (cast(:kept AS text[])) AND retired_at IS NULL;

-- interfaces --
-- Interfaces in force with what came of their newest test, and of those of 30 days.
SELECT interface.key, interface.direction, interface.party, interface.title, interface.purpose, interface.legal_basis, interface.retention, interface.fields,
       interface.contract, interface.feed, interface.table_name, interface.resource, interface.consumer_id, interface.expected_every_s,
       newest.at AS tested_at, newest.passed, newest.checked, newest.faults, passed.at AS passed_at, COALESCE(month.failures, 0) AS failures_30_days
  FROM access.interface
  LEFT JOIN LATERAL (SELECT at, passed, checked, faults FROM access.contract_run AS run
                      WHERE run.subdistrict_code = interface.subdistrict_code AND run.interface_key = interface.key ORDER BY at DESC LIMIT 1) AS newest ON true
  LEFT JOIN LATERAL (SELECT max(at) AS at FROM access.contract_run AS run
                      WHERE run.subdistrict_code = interface.subdistrict_code AND run.interface_key = interface.key AND run.passed) AS passed ON true
  LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE NOT run.passed) AS failures FROM access.contract_run AS run
                      WHERE run.subdistrict_code = interface.subdistrict_code AND run.interface_key = interface.key
                        AND run.at > now() - interval '30 days') AS month ON true
 WHERE interface.retired_at IS NULL
 ORDER BY interface.direction DESC, interface.key;

-- runs --
-- The newest tests of one interface.
SELECT at, passed, checked, faults, seconds FROM access.contract_run WHERE interface_key = :key ORDER BY at DESC LIMIT :limit;

-- note_run --
-- What came of a test.
INSERT INTO access.contract_run (subdistrict_code, interface_key, at, passed, checked, faults, seconds)
VALUES (:subdistrict_code, :key, :now, :passed, :checked, cast(:faults AS jsonb), :seconds);
