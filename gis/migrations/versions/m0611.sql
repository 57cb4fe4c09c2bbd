-- A household follows another as long as any of its persons does, not only those whose merge has just changed.
CREATE OR REPLACE FUNCTION base.settle_persons(ids bigint[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    members bigint[];
    homes bigint[];
BEGIN
    WITH RECURSIVE linked (id) AS (
        SELECT unnest(ids)
        UNION
        SELECT pair.id FROM linked, LATERAL (
            SELECT other_id AS id FROM base.same_person WHERE resident_id = linked.id AND status = 'merged'
            UNION ALL SELECT resident_id FROM base.same_person WHERE other_id = linked.id AND status = 'merged'
            UNION ALL SELECT resident_id FROM base.person_record WHERE person_id = linked.id
            UNION ALL SELECT person_id FROM base.person_record WHERE resident_id = linked.id) AS pair
    )
    SELECT array_agg(resident.id), array_agg(DISTINCT resident.household_id) INTO members, homes
      FROM linked JOIN base.resident ON resident.id = linked.id;
    IF members IS NULL THEN
        RETURN;
    END IF;
    DELETE FROM base.person_record WHERE resident_id = ANY (members);
    WITH RECURSIVE edge (a, b) AS (
        SELECT resident_id, other_id FROM base.same_person WHERE status = 'merged' AND resident_id = ANY (members)
        UNION ALL SELECT other_id, resident_id FROM base.same_person WHERE status = 'merged' AND resident_id = ANY (members)
    ), reached (id, member) AS (
        SELECT id, id FROM unnest(members) AS id
        UNION SELECT reached.id, edge.b FROM reached JOIN edge ON edge.a = reached.member
    ), chosen AS (
        -- who lives here still leads, then who is on the map, then who was on file first
        SELECT DISTINCT ON (reached.id) reached.id, resident.id AS person_id
          FROM reached JOIN base.resident ON resident.id = reached.member
         ORDER BY reached.id, NOT (resident.alive AND (resident.valid_to IS NULL OR resident.valid_to > now())),
                  resident.placement <> 'placed', resident.id
    )
    INSERT INTO base.person_record (resident_id, person_id) SELECT id, person_id FROM chosen WHERE id <> person_id;

    DELETE FROM base.household_record WHERE household_id = ANY (homes);
    INSERT INTO base.household_record (household_id, leading_id)
    SELECT greatest(further.household_id, leader.household_id), min(least(further.household_id, leader.household_id))
      FROM base.person_record
      JOIN base.resident AS further ON further.id = person_record.resident_id
      JOIN base.resident AS leader ON leader.id = person_record.person_id
     WHERE (further.household_id = ANY (homes) OR leader.household_id = ANY (homes)) AND further.dwelling_id = leader.dwelling_id
       AND further.household_id <> leader.household_id
     GROUP BY 1
    ON CONFLICT (household_id) DO UPDATE SET leading_id = least(household_record.leading_id, excluded.leading_id);
    -- a household that follows one that follows another follows that one
    LOOP
        UPDATE base.household_record AS further SET leading_id = leader.leading_id
          FROM base.household_record AS leader
         WHERE further.household_id = ANY (homes) AND leader.household_id = further.leading_id;
        EXIT WHEN NOT FOUND;
    END LOOP;
END $$;
