-- has_others --
-- Whether another feed brings residents too.
SELECT EXISTS (SELECT FROM support.feed
                WHERE subdistrict_code = :code AND name <> :feed AND coalesce(kind, name) = 'residents' AND last_batch_at IS NOT NULL);

-- register_sizes --
-- Records of residents, dwellings and buildings of a sub-district [counts]: how likely two agree by chance.
SELECT (SELECT count(*) FROM base.resident WHERE subdistrict_code = :code AND feed <> :feed) AS others,
       (SELECT count(*) FROM base.resident WHERE subdistrict_code = :code) AS residents,
       (SELECT count(*) FROM base.dwelling WHERE subdistrict_code = :code) AS dwellings,
       (SELECT count(*) FROM base.building WHERE subdistrict_code = :code) AS buildings;

-- forget_by_rule --
-- Pairs of records of this batch that no person has decided: they are looked at again.
DELETE FROM base.same_person
 WHERE subdistrict_code = :code AND (decided_by IS NULL OR decided_by = 'rule')
   AND (resident_id IN (SELECT id FROM base.resident WHERE batch_id = :batch_id)
        OR other_id IN (SELECT id FROM base.resident WHERE batch_id = :batch_id));

-- merge_by_identity --
-- The same identity number in two feeds, with the same name or birthday beside it, is one person.
WITH pair AS (
    SELECT DISTINCT least(fresh.id, other.id) AS resident_id, greatest(fresh.id, other.id) AS other_id,
           fresh.name = other.name AS same_name, fresh.birth_date IS NOT DISTINCT FROM other.birth_date AS same_birth,
           fresh.dwelling_id IS NOT DISTINCT FROM other.dwelling_id AS same_dwelling
      FROM base.resident AS fresh
      JOIN base.resident AS other ON other.identity_hash = fresh.identity_hash AND other.subdistrict_code = fresh.subdistrict_code
       AND other.feed <> fresh.feed
     WHERE fresh.batch_id = :batch_id AND fresh.subdistrict_code = :code
)
INSERT INTO base.same_person (subdistrict_code, resident_id, other_id, score, evidence, status, decided_by, decided_at, batch_id)
SELECT :code, resident_id, other_id, 1,
       jsonb_build_object('identity', 'same', 'name', CASE WHEN same_name THEN 'same' ELSE 'different' END,
                          'birth', CASE WHEN same_birth THEN 'same' ELSE 'different' END,
                          'dwelling', CASE WHEN same_dwelling THEN 'same' ELSE 'different' END),
       'merged', 'rule', now(), :batch_id
  FROM pair
 WHERE same_name OR same_birth
ON CONFLICT (resident_id, other_id) DO NOTHING;

-- candidates --
-- Pairs of a record of this batch and one of another feed that may be one person: the same identity number with neither name nor
-- birthday, or the same birthday with the same name or dwelling and no two identity numbers that differ.
WITH fresh AS (
    SELECT * FROM base.resident WHERE batch_id = :batch_id AND subdistrict_code = :code
), pair AS (
    SELECT fresh.id AS fresh_id, other.id AS other_id
      FROM fresh JOIN base.resident AS other ON other.identity_hash = fresh.identity_hash
     WHERE other.subdistrict_code = :code AND other.feed <> fresh.feed
    UNION
    SELECT fresh.id, other.id
      FROM fresh JOIN base.resident AS other ON other.birth_date = fresh.birth_date
       AND (other.name = fresh.name OR other.dwelling_id = fresh.dwelling_id)
     WHERE other.subdistrict_code = :code AND other.feed <> fresh.feed
       AND (fresh.identity_hash IS NULL OR other.identity_hash IS NULL)
)
SELECT least(fresh_id, other_id) AS resident_id, greatest(fresh_id, other_id) AS other_id,
       one.name AS name, two.name AS other_name, one.birth_date AS birth_date, two.birth_date AS other_birth_date,
       one.sex AS sex, two.sex AS other_sex, one.dwelling_id, two.dwelling_id AS other_dwelling_id,
       one.building_id, two.building_id AS other_building_id,
       one.identity_hash IS NOT NULL AND one.identity_hash = two.identity_hash AS same_identity,
       namesakes.residents AS namesakes
  FROM pair
  JOIN base.resident AS one ON one.id = least(fresh_id, other_id)
  JOIN base.resident AS two ON two.id = greatest(fresh_id, other_id)
  JOIN (SELECT name, count(*) AS residents FROM base.resident WHERE subdistrict_code = :code GROUP BY name) AS namesakes
    ON namesakes.name = one.name
 WHERE NOT EXISTS (SELECT FROM base.same_person WHERE resident_id = one.id AND same_person.other_id = two.id)
 ORDER BY 1, 2;

-- settle --
-- Who leads among the records of this batch that merges connect with others: they may have moved.
SELECT base.settle_persons(array_agg(id))
  FROM base.resident
 WHERE batch_id = :batch_id AND subdistrict_code = :code
   AND (EXISTS (SELECT FROM base.same_person WHERE resident_id = resident.id OR other_id = resident.id)
        OR EXISTS (SELECT FROM base.person_record WHERE resident_id = resident.id OR person_id = resident.id));

-- pairs --
-- Pairs of records with what both say; those that wait first, the surest first.
SELECT same_person.id, score, evidence, status, decided_by, decided_at, found_at,
       one.id AS resident_id, one.feed, one.source_key, one.name, one.sex, one.birth_date, one.registration, one.address,
       one_feed.title AS feed_title, one.identity_hash IS NOT NULL AS has_identity, one.community_code, one.valid_from,
       two.id AS other_id, two.feed AS other_feed, two.source_key AS other_key, two.name AS other_name, two.sex AS other_sex,
       two.birth_date AS other_birth_date, two.registration AS other_registration, two.address AS other_address,
       two_feed.title AS other_feed_title, two.identity_hash IS NOT NULL AS other_has_identity, two.community_code AS other_community_code,
       two.valid_from AS other_valid_from,
       concat_ws(' ', one_place.name, one_building.number || '幢', nullif(one_dwelling.unit, '') || '单元', one_dwelling.room) AS home,
       concat_ws(' ', two_place.name, two_building.number || '幢', nullif(two_dwelling.unit, '') || '单元', two_dwelling.room) AS other_home
  FROM base.same_person
  JOIN base.resident AS one ON one.id = same_person.resident_id
  JOIN base.resident AS two ON two.id = same_person.other_id
  LEFT JOIN support.feed AS one_feed ON one_feed.subdistrict_code = one.subdistrict_code AND one_feed.name = one.feed
  LEFT JOIN support.feed AS two_feed ON two_feed.subdistrict_code = two.subdistrict_code AND two_feed.name = two.feed
  LEFT JOIN base.building AS one_building ON one_building.id = one.building_id
  LEFT JOIN base.building AS two_building ON two_building.id = two.building_id
  LEFT JOIN base.place AS one_place ON one_place.id = coalesce(one_building.place_id, one.place_id)
  LEFT JOIN base.place AS two_place ON two_place.id = coalesce(two_building.place_id, two.place_id)
  LEFT JOIN base.dwelling AS one_dwelling ON one_dwelling.id = one.dwelling_id
  LEFT JOIN base.dwelling AS two_dwelling ON two_dwelling.id = two.dwelling_id
 WHERE same_person.subdistrict_code = :code AND same_person.status = ANY(:statuses)
   AND (NOT :by_people OR decided_by <> 'rule')
 ORDER BY same_person.status <> 'waiting', CASE WHEN same_person.status = 'waiting' THEN -score END, decided_at DESC, same_person.id
 LIMIT :limit;

-- pair_counts --
SELECT status, count(*) AS pairs, count(*) FILTER (WHERE decided_by = 'rule') AS by_rule
  FROM base.same_person WHERE subdistrict_code = :code GROUP BY status;

-- decide --
-- A person decides about a pair, or takes a decision back.
UPDATE base.same_person
   SET status = :status, decided_by = CASE WHEN :status = 'waiting' THEN NULL ELSE CAST(:actor AS text) END,
       decided_at = CAST(:now AS timestamptz)
 WHERE id = :pair_id
RETURNING id;
