"""Flood risk per cell, an estimate (估算): where rain would stand, times how much fell.

    ground = 0.6 · low + 0.4 · near            [0, 1]
    low    = 1 − (rank − 1) / (n − 1)          rank of the cell's height among the n cells of its resolution, lowest 1
    near   = exp(−d / 200 m)                   d from the cell's centre to the nearest water [m]
    risk   = 100 · min(1, R / 50 mm) · ground  R: depth of the newest rain raster, not older than a day

50 mm in a day is 暴雨 (GB/T 28592-2012). Weights and distance are ours, set by hand and not fitted to floods: the layer
orders cells, it forecasts no depth. Where no water is on file, `ground` is `low`. Where no rain of the last day is
known there is nothing to show, which is not a risk of nothing.
"""

from datetime import datetime

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection

from gis import cells as h3_cells
from gis.database.bulk import copy_rows
from gis.database.statements import load_statements
from gis.district import District

STATEMENTS = load_statements("layers", "flood")

LOW_WEIGHT, NEAR_WEIGHT = 0.6, 0.4
#: distance over which nearness falls to 1/e [m]
WATER_REACH_M = 200.0


def refresh_ground(connection: Connection, district: District, *, now: datetime) -> int:
    """Work out how the ground of each cell takes rain; returns how many cells changed.

    Cells without a height have none.
    """
    heights = pd.DataFrame(
        [tuple(row) for row in connection.execute(STATEMENTS["heights"], {"code": district.code})],
        columns=["cell", "resolution", "elevation_m"],
    )
    waters = [shapely.from_wkb(one) for one in connection.scalars(STATEMENTS["waters"], {"code": district.code})]
    ground = ground_of(heights, waters, metric_srid=district.metric_srid)
    connection.execute(STATEMENTS["drop_draft"])
    connection.execute(STATEMENTS["make_draft"])
    copy_rows(
        connection, "ground_draft", ("cell", "value"), zip(heights["cell"].tolist(), ground.tolist(), strict=True)
    )
    bound = {"code": district.code, "now": now}
    removed = connection.execute(STATEMENTS["remove_ground"], {"code": district.code}).rowcount
    return removed + connection.execute(STATEMENTS["merge_ground"], bound).rowcount


def ground_of(heights: pd.DataFrame, waters: list[shapely.Geometry], *, metric_srid: int) -> pd.Series:
    """Rate how the ground of cells takes rain, from 0 (high and far from water) to 1 (lowest, at the water).

    Parameters
    ----------
    heights
        One row per cell: `cell`, `resolution`, `elevation_m` [m].
    waters
        Shapes of water, WGS-84.
    metric_srid
        EPSG code of the system in which distances are measured.

    Returns
    -------
    ground
        One value per cell on the index of `heights`.
    """
    groups = heights.groupby("resolution")["elevation_m"]
    others = (groups.transform("size") - 1).clip(lower=1)
    low = 1.0 - (groups.rank(method="average") - 1.0) / others
    if not waters or heights.empty:
        return low
    lon, lat = h3_cells.centres(heights["cell"])
    centres = h3_cells.to_metric(shapely.points(lon, lat), metric_srid)
    # the nearest of a few shapes, found by their boxes first
    tree = shapely.STRtree(h3_cells.to_metric(np.asarray(waters, dtype=object), metric_srid))
    (at, _), distance_m = tree.query_nearest(centres, return_distance=True, all_matches=False)
    near = np.zeros(len(heights))
    near[at] = np.exp(-distance_m / WATER_REACH_M)
    return LOW_WEIGHT * low + NEAR_WEIGHT * near
