-- lock --
-- One writer of facts at a time; the rest wait. Held to the end of the transaction.
SELECT pg_advisory_xact_lock(5320505003);

-- note_state --
-- Facts were refreshed; the version grows when something that is shown changed.
INSERT INTO support.layer_state AS kept (subdistrict_code, topic, version, changed_at, refreshed_at, window_from)
VALUES (:code, :topic, 1, :now, :now, :window_from)
    ON CONFLICT (subdistrict_code, topic) DO UPDATE
       SET version = kept.version + CASE WHEN :changed THEN 1 ELSE 0 END,
           changed_at = CASE WHEN :changed THEN :now ELSE kept.changed_at END,
           refreshed_at = :now, window_from = :window_from;

-- state --
-- How fresh the facts of one topic are.
SELECT version, changed_at, refreshed_at, window_from FROM support.layer_state WHERE subdistrict_code = :code AND topic = :topic;

-- measured_by_batch --
-- How many cells show what a batch of a raster measured.
SELECT count(*) FROM base.cell_measure WHERE batch_id = :batch_id;

-- tell --
-- Everybody who listens learns that facts changed.
SELECT support.tell(jsonb_build_object('kind', 'facts', 'topic', CAST(:topic AS text)));
