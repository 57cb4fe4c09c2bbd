"""Stated coordinates of rows: from the feed's system to WGS-84, checked against the sub-district."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.checks import decimals, is_given
from etl.delivery import converter
from etl.faults import Faults
from etl.feed import Context
from etl.storing import ids, point_texts
from gis.coordinates import unswap

Floats = NDArray[np.float64]


def stated_points(
    rows: pd.DataFrame,
    faults: Faults,
    context: Context,
    *,
    crs: str | None = None,
    where: NDArray[np.bool_] | None = None,
    margin_deg: float = 0.0,
) -> tuple[Floats, Floats]:
    """Bring the columns `lon` and `lat` to WGS-84.

    Notes numbers that are none, a lone coordinate, axes written the other way round and points outside the
    sub-district; their coordinates are NaN, and so are those of rows without any.

    Parameters
    ----------
    crs
        The system, where it is not the source's.
    where
        Rows to look at; the others give NaN.
    margin_deg
        How far outside the sub-district a point may lie: roads and rivers lead on [deg].
    """
    x, wrong_x = decimals(rows["lon"])
    y, wrong_y = decimals(rows["lat"])
    look = np.ones(len(rows), dtype=bool) if where is None else where
    faults.add("no_number", "lon", wrong_x & look)
    faults.add("no_number", "lat", wrong_y & look)
    faults.add("lone_coordinate", "lon", look & ~is_given(rows["lon"]) & is_given(rows["lat"]))
    faults.add("lone_coordinate", "lat", look & is_given(rows["lon"]) & ~is_given(rows["lat"]))
    known = look & x.notna().to_numpy() & y.notna().to_numpy()
    lon, lat = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    if not known.any():
        return lon, lat
    stated_x, stated_y = x.to_numpy(dtype=np.float64)[known], y.to_numpy(dtype=np.float64)[known]
    _, _, swapped = unswap(stated_x, stated_y)
    convert = converter(context.source, crs=crs)
    good_x, good_y = convert(np.where(swapped, np.nan, stated_x), np.where(swapped, np.nan, stated_y))
    inside = context.territory.inside(good_x, good_y, margin_deg=margin_deg)
    mask = np.zeros(len(rows), dtype=bool)
    mask[known] = swapped
    faults.add("swapped_axes", "lon", mask)
    mask = np.zeros(len(rows), dtype=bool)
    mask[known] = ~swapped & ~inside
    faults.add("outside", "lon", mask)
    # roundings in deliveries are at 1e-7 deg or coarser; more digits would only pretend
    lon[known] = np.where(inside, good_x.round(8), np.nan)
    lat[known] = np.where(inside, good_y.round(8), np.nan)
    return lon, lat


def unit_columns(lon: Floats, lat: Floats, context: Context, index: pd.Index) -> pd.DataFrame:
    """Cell, community and work grid of points as columns of a record, and the point itself as `point`."""
    units = context.territory.units_at(lon, lat).set_axis(index)
    return pd.DataFrame(
        {
            "point": pd.Series(point_texts(lon, lat), index=index, dtype="object"),
            "cell": ids(units["cell"]),
            "community_code": units["community_code"],
            "work_grid_id": ids(units["work_grid_id"]),
        },
        index=index,
    )
