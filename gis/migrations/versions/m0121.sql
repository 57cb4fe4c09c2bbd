-- The rows of a batch of incidents are found without reading all of them: they lie together, so that a range index is enough.

CREATE INDEX incident_batch_idx ON base.incident USING brin (batch_id) WITH (autosummarize = on);
