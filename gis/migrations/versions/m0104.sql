-- Activities, petitions and organisations wait to be placed like other records.

ALTER TABLE support.placement_decision DROP CONSTRAINT placement_decision_subject_check;
ALTER TABLE support.placement_decision ADD CONSTRAINT placement_decision_subject_check
    CHECK (subject IN ('incident', 'request', 'visit', 'resident', 'activity', 'petition', 'organisation'));

-- who may put them on the map; petitions: of those who see them all
CREATE POLICY people_place ON base.activity FOR UPDATE TO fengqiao_server USING (
    subdistrict_code = (SELECT access.subdistrict()) AND (SELECT access.role()) IN ('duty_officer', 'commander', 'operator'));
CREATE POLICY people_place ON base.petition FOR UPDATE TO fengqiao_server USING (
    subdistrict_code = (SELECT access.subdistrict()) AND (SELECT access.role()) IN ('commander', 'operator'));
CREATE POLICY people_place ON base.organisation FOR UPDATE TO fengqiao_server USING (
    subdistrict_code = (SELECT access.subdistrict()) AND (SELECT access.role()) IN ('duty_officer', 'commander', 'operator'));
GRANT UPDATE (placement, geom, radius_m, match_level, confidence, located_by, cell, community_code, work_grid_id, place_id, building_id)
    ON base.activity, base.petition, base.organisation TO fengqiao_server;
SELECT access.audit_table(name::regclass) FROM unnest(ARRAY['base.activity', 'base.petition']) AS name;

-- what was decided about a petition repeats its words: for those who may read petitions
CREATE POLICY delicate ON support.placement_decision AS RESTRICTIVE FOR SELECT TO fengqiao_server USING (
    subject <> 'petition' OR (SELECT access.role()) IN ('commander', 'operator', 'street_leader')
    OR community_code = ANY ((SELECT access.scope_communities())::text[]));
