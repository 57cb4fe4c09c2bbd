-- What a changed gazetteer places otherwise is a batch of its own.
ALTER TABLE support.batch DROP CONSTRAINT batch_origin_check;
ALTER TABLE support.batch ADD CONSTRAINT batch_origin_check CHECK (origin IN ('delivery', 'report', 'mending', 'replay', 'placing'));
COMMENT ON COLUMN support.batch.origin IS 'delivery (file), report (interface), mending (sheet of the quarantine), replay, placing (again, by a changed gazetteer)';
