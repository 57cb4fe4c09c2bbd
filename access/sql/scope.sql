-- communities --
-- Every community by code.
SELECT code, name FROM base.community ORDER BY code;

-- work_grids --
-- The work grids of these codes.
SELECT id, code FROM base.work_grid WHERE code = ANY (:codes);

-- grid_worker --
-- The grid worker of a number.
SELECT id FROM base.grid_worker WHERE source_key = :number ORDER BY id LIMIT 1;
