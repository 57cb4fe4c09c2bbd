"""Work grids of the second and third level, as GeoJSON: areas of responsibility inside one community each."""

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from etl.checks import chosen, key_faults, require
from etl.declared import declared_feed
from etl.faults import Faults
from etl.feed import Context, StoreBatch
from etl.feeds.boundaries import area_shapes, valid_moments
from etl.points import Floats
from etl.storing import hex_shapes, ids, upsert
from gis.cells import to_metric
from gis.database.tables import work_grid
from gis.errors import BadInput

KINDS = {"综合": "综合", "专属": "专属", "微": "微"}
TIERS = {"2": "2", "3": "3"}


def prepare(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Check tier, kind, community and shape."""
    key_faults(rows, faults, pattern="")
    require(rows, faults, "name", "tier", "community")
    tiers, unknown = chosen(rows["tier"], TIERS)
    faults.add("unknown_choice", "tier", unknown)
    kinds, unknown = chosen(rows["kind"], KINDS)
    faults.add("unknown_choice", "kind", unknown)
    codes, unknown = chosen(rows["community"], context.communities)
    faults.add("unknown_community", "community", unknown)
    shapes = area_shapes(rows, faults)
    return pd.DataFrame(
        {
            "source_key": rows["source_key"],
            "code": rows["source_key"],
            "name": rows["name"],
            "grid_tier": tiers,
            "kind": kinds.fillna("综合"),
            "parent_code": rows["parent_code"],
            "community_code": codes,
            **valid_moments(rows, faults, context),
            "shape": pd.Series(shapes, index=rows.index, dtype="object"),
        }
    )


def store(connection: Connection, good: pd.DataFrame, context: Context, batch: StoreBatch) -> None:
    """Write second-level grids, then third-level ones under them."""
    shapes = good["shape"].to_numpy(dtype=object)
    outside = ~context.territory.inside(*centres(shapes))
    if outside.any():
        first = int(np.flatnonzero(outside)[0])
        raise BadInput(
            "{name}, row {row} ({grid}): the work grid lies outside the sub-district; check crs",
            name=context.source.path.name,
            row=int(good.index[first]) + 1,
            grid=good["name"].iloc[first],
        )
    good = good.assign(
        subdistrict_code=batch.subdistrict_code,
        feed=batch.feed.name,
        batch_id=batch.id,
        geom=pd.Series(hex_shapes(shapes), index=good.index, dtype="object"),
        area_km2=shapely.area(to_metric(shapes, context.district.metric_srid)) / 1e6,
    )
    columns = [column for column in good.columns if column in work_grid.c]
    for tier in ("2", "3"):
        part = good[good["grid_tier"] == tier]
        parents = ids(part["parent_code"].map(grid_ids(connection, batch.subdistrict_code)))
        upsert(connection, work_grid, part[columns].assign(parent_id=parents), conflict=batch.feed.conflict)


def centres(shapes: NDArray[np.object_]) -> tuple[Floats, Floats]:
    """A point inside each shape."""
    points = shapely.point_on_surface(shapes)
    return shapely.get_x(points), shapely.get_y(points)


def grid_ids(connection: Connection, subdistrict_code: str) -> dict[str, int]:
    """Ids of work grids by code."""
    rows = connection.execute(
        text("SELECT code, id FROM base.work_grid WHERE subdistrict_code = :code"), {"code": subdistrict_code}
    )
    return {row.code: row.id for row in rows}


FEED = declared_feed("work_grids", prepare=prepare, store=store)
