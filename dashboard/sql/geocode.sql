-- work_grids --
-- Work grids by id.
SELECT id, code, name FROM base.work_grid WHERE id = ANY(:ids);
