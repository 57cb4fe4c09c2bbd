-- What rasters say of cells beside their height: rain, persons; and how the ground takes rain. No person, for everybody.

CREATE TABLE base.cell_measure (
    subdistrict_code TEXT NOT NULL,
    kind TEXT NOT NULL,
    cell BIGINT NOT NULL,
    value FLOAT NOT NULL,
    measured_at TIMESTAMP WITH TIME ZONE NOT NULL,
    batch_id BIGINT,
    CONSTRAINT cell_measure_pkey PRIMARY KEY (subdistrict_code, kind, cell),
    CONSTRAINT cell_measure_kind_check CHECK (kind IN ('rain', 'population', 'flood_ground'))
);
COMMENT ON COLUMN base.cell_measure.kind IS 'rain [mm in the hours of the raster], population [persons], flood_ground [0, 1]';
COMMENT ON COLUMN base.cell_measure.cell IS 'H3 cell of resolution 9, 10 or 11';
COMMENT ON COLUMN base.cell_measure.value IS 'Of the newest raster, its pixels weighted by the share in the cell';
COMMENT ON COLUMN base.cell_measure.measured_at IS 'End of what the raster measured';
COMMENT ON COLUMN base.cell_measure.batch_id IS 'Batch that brought it; support.batch';
GRANT SELECT ON base.cell_measure TO fengqiao_server, fengqiao_wall;
