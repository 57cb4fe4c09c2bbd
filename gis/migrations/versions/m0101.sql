-- A row delivered again as it was changes nothing, whatever people did to the record since (casework moves statuses on).
CREATE TABLE support.delivered (
    subdistrict_code TEXT NOT NULL,
    feed TEXT NOT NULL,
    source_key TEXT NOT NULL,
    row_hash BYTEA NOT NULL,
    batch_id BIGINT NOT NULL,
    CONSTRAINT delivered_pkey PRIMARY KEY (subdistrict_code, feed, source_key)
);
COMMENT ON COLUMN support.delivered.row_hash IS 'Keyed hash of the raw row as last delivered [16 bytes]';
COMMENT ON COLUMN support.delivered.batch_id IS 'Batch that delivered it in this form; support.batch';
GRANT SELECT, INSERT, UPDATE ON support.delivered TO fengqiao_server;
-- the intake notes how fresh its feed is
GRANT UPDATE (newest_event_at, last_batch_at) ON support.feed TO fengqiao_server;

-- communities have other names too
ALTER TABLE base.place_alias ALTER COLUMN place_id DROP NOT NULL;
ALTER TABLE base.place_alias ADD COLUMN community_code TEXT;
ALTER TABLE base.place_alias ADD CONSTRAINT place_alias_owner_check CHECK (num_nonnulls(place_id, community_code) = 1);
COMMENT ON COLUMN base.place_alias.community_code IS 'Community whose name it is; empty for a place';

ALTER TABLE base.grid_worker ADD COLUMN phone_cipher BYTEA;
ALTER TABLE base.grid_worker ADD COLUMN on_leave BOOLEAN DEFAULT 'false' NOT NULL;
COMMENT ON COLUMN base.grid_worker.phone_cipher IS 'AES-GCM of the telephone, key outside the database';
COMMENT ON COLUMN base.grid_worker.on_leave IS 'As the register says; absences with cover are in casework.absence';
COMMENT ON COLUMN base.grid_worker.work_grid_id IS 'Third-level grid of a worker, second-level grid of a leader';

ALTER TABLE base.visit ADD COLUMN worker_id BIGINT;
COMMENT ON COLUMN base.visit.worker_id IS 'base.grid_worker who is to go or went';

-- quarantined rows are released when the mended row of the same key passes
CREATE INDEX quarantine_open_idx ON support.quarantine (subdistrict_code, feed) WHERE released_at IS NULL;
