"""What rasters say of cells: heights, persons, rain, written to the cells; what a raster does not cover has no value.

A raster's pixels are about as large as our cells (100 m), so a cell's centre would hit or miss them by chance: see
`gis.raster` for how pixels are divided between cells.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from gis.database.bulk import copy_rows
from gis.errors import BadInput
from gis.grid import STATEMENTS
from gis.raster import Statistic, cell_statistics

if TYPE_CHECKING:
    from gis.district import District


class CellsWritten(NamedTuple):
    """What became of the cells of a sub-district."""

    #: that the raster was laid over
    cells: int
    #: of these, those that were given a value
    written: int


def write_elevation(connection: Connection, district: District, path: Path, *, crs: str = "") -> CellsWritten:
    """Write base.cell.elevation_m of a sub-district from a raster of heights, where it is another than before.

    Raises
    ------
    BadInput
        If there are no cells yet, the file is no raster, or it lies outside the sub-district.
    CrsMissing
        If nobody says the raster's coordinate system.
    """
    values = cell_values(connection, district, path, statistic="mean", crs=crs)
    put_draft(connection, values)
    written = connection.execute(STATEMENTS["merge_elevations"], {"code": district.code}).rowcount
    return CellsWritten(len(values), written)


def write_measure(
    connection: Connection,
    district: District,
    path: Path,
    *,
    kind: str,
    statistic: Statistic,
    measured_at: datetime,
    batch_id: int,
    crs: str = "",
    band: int = 1,
) -> CellsWritten:
    """Write base.cell_measure of a kind from a raster.

    What was measured later than `measured_at` stays. Cells the raster does not cover lose their older value: rain that
    is not measured is not the rain of yesterday. Raises as `write_elevation`.
    """
    values = cell_values(connection, district, path, statistic=statistic, crs=crs, band=band)
    put_draft(connection, values)
    bound = {"code": district.code, "kind": kind, "measured_at": measured_at, "batch_id": batch_id}
    connection.execute(STATEMENTS["forget_measures"], bound)
    return CellsWritten(len(values), connection.execute(STATEMENTS["merge_measures"], bound).rowcount)


def cell_values(
    connection: Connection, district: District, path: Path, *, statistic: Statistic, crs: str = "", band: int = 1
) -> pd.Series:
    """Bring one band of a raster to every cell of a sub-district; NaN where it has no data."""
    cells = np.array(connection.scalars(STATEMENTS["cells_of"], {"code": district.code}).all(), dtype=np.int64)
    if not cells.size:
        raise BadInput("sub-district {code} has no cells; load its boundaries before its rasters", code=district.code)
    values = cell_statistics(path, cells, statistics={band: statistic}, crs=crs)[band]
    if values.notna().sum() == 0:
        raise BadInput(
            "{name} does not cover any cell of sub-district {code}; is it the right area?",
            name=path.name,
            code=district.code,
        )
    return values


def put_draft(connection: Connection, values: pd.Series) -> None:
    connection.execute(STATEMENTS["drop_value_draft"])
    connection.execute(STATEMENTS["make_value_draft"])
    plain = [None if np.isnan(value) else float(value) for value in values]
    copy_rows(connection, "value_draft", ("cell", "value"), zip(values.index.tolist(), plain, strict=True))
