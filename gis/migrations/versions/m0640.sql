-- What is known of a batch besides: when its lineage was told, and how many pixels a raster has.

ALTER TABLE support.batch ADD COLUMN told_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE support.batch ADD COLUMN pixels BIGINT;
COMMENT ON COLUMN support.batch.told_at IS 'When its lineage was put out for a catalogue outside';
COMMENT ON COLUMN support.batch.pixels IS 'Of rasters: pixels of the band that was read; the file''s own header says as many, looked at apart from the reader';
COMMENT ON COLUMN support.batch.counted IS 'Rows of the file by a count apart from the reader [rows]; of rasters see pixels';
