"""Build the grid of a sub-district: its cells at every resolution, and their shares per community and work grid.

Written once after the boundaries arrive, again when they move. Shares serve areal quantities only (persons are counted
where their building is).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection

from gis import cells as h3_cells
from gis.database.bulk import copy_rows
from gis.database.statements import load_statements
from gis.errors import BadInput

if TYPE_CHECKING:
    from gis.district import District

STATEMENTS = load_statements("gis", "grid")

CELL_COLUMNS = ("cell", "subdistrict_code", "resolution", "parent_9", "parent_10", "area_m2", "share", "geom")
SHARE_COLUMNS = ("cell", "unit_kind", "unit_code", "subdistrict_code", "share")


@dataclass(frozen=True)
class GridSummary:
    """What `build_cells` found and wrote."""

    #: cells with a share, by resolution
    cells: dict[int, int]
    #: rows of base.cell and base.cell_share that were new, changed or removed
    changed: int


def build_cells(connection: Connection, district: District) -> GridSummary:
    """Write base.cell and base.cell_share of a sub-district from its boundaries in the database.

    Building again with the same boundaries changes nothing.

    Parameters
    ----------
    connection
        The owner's, in a transaction; base.subdistrict (or base.community) must hold the outlines.
    district
        Gives code, metric_srid and resolutions.

    Raises
    ------
    BadInput
        If the sub-district has no outline.
    """
    shapes = select_shapes(connection, district.code)
    outline = outline_of(shapes, district.code)
    grid = cell_table(outline, district.resolutions, metric_srid=district.metric_srid)
    shares = share_table(grid, shapes, metric_srid=district.metric_srid)
    return GridSummary(
        cells={resolution: int((grid["resolution"] == resolution).sum()) for resolution in district.resolutions},
        changed=write_grid(connection, grid, shares, code=district.code),
    )


def select_shapes(connection: Connection, code: str) -> pd.DataFrame:
    """Return one outline per row: `unit_kind` (subdistrict, community, work_grid), `unit_code`, `shape`."""
    rows = connection.execute(STATEMENTS["subdistrict_shape"], {"code": code}).all()
    shapes = pd.DataFrame([tuple(row) for row in rows], columns=["unit_kind", "unit_code", "shape"])
    shapes["shape"] = shapely.from_wkb(shapes["shape"].map(bytes).to_numpy(dtype=object))
    return shapes


def outline_of(shapes: pd.DataFrame, code: str) -> shapely.Geometry:
    """Return the sub-district's own outline, or the union of its communities where it has none."""
    for kind in ("subdistrict", "community"):
        found = shapes.loc[shapes["unit_kind"] == kind, "shape"]
        if len(found):
            return shapely.union_all(found.to_numpy())
    raise BadInput("sub-district {code} has no outline; load its boundaries before its grid is built", code=code)


def cell_table(outline: shapely.Geometry, resolutions: tuple[int, ...], *, metric_srid: int) -> pd.DataFrame:
    """Cover the outline at each resolution.

    Returns
    -------
    grid
        One row per cell: `cell`, `resolution`, `parent_9`, `parent_10` (0 = none), `area_m2` (true area),
        `share` (of its own hexagon inside the outline, (0, 1]) and `shape` (WGS-84).
    """
    finest = max(resolutions)
    covers = {resolution: h3_cells.cover(outline, resolution, metric_srid=metric_srid) for resolution in resolutions}
    for resolution in sorted(set(resolutions) - {finest}):
        covers[resolution] = with_missing_parents(covers[resolution], covers[finest], resolution)
    parts = []
    for resolution, share in sorted(covers.items()):
        index = share.index.to_numpy(dtype=np.int64)
        parts.append(
            pd.DataFrame(
                {
                    "cell": index,
                    "resolution": resolution,
                    "parent_9": h3_cells.parents(index, 9),
                    "parent_10": h3_cells.parents(index, 10) if resolution >= 10 else 0,
                    "area_m2": h3_cells.areas_m2(index),
                    "share": share.to_numpy(),
                    "shape": h3_cells.polygons(index),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def with_missing_parents(share: pd.Series, finest: pd.Series, resolution: int) -> pd.Series:
    """Add parents whose own hexagon stays outside although a child of theirs reaches in.

    Children stick out of their parent a little. Without these few cells a point at the border would have a cell at 11
    and none at 10, and sums would not roll up exactly. They take the mean share of their children.
    """
    children = finest.groupby(h3_cells.parents(finest.index.to_numpy(), resolution)).sum()
    per_parent = 7 ** (int(h3_cells.resolutions(finest.index[:1])[0]) - resolution)
    missing = children[~children.index.isin(share.index)] / per_parent
    completed: pd.Series = pd.concat([share, missing.rename_axis("cell")]).sort_index()
    return completed


def share_table(grid: pd.DataFrame, shapes: pd.DataFrame, *, metric_srid: int) -> pd.DataFrame:
    """Split each cell's area inside the sub-district among communities, and among work grids.

    Returns
    -------
    shares
        One row per cell and unit: `cell`, `unit_kind`, `unit_code`, `share` (0, 1]. Per cell and kind they sum to 1.
    """
    cell_shapes = h3_cells.to_metric(grid["shape"].to_numpy(), metric_srid)
    parts = []
    for kind in ("community", "work_grid"):
        units = shapes[shapes["unit_kind"] == kind]
        if units.empty:
            continue
        unit_shapes = h3_cells.to_metric(units["shape"].to_numpy(), metric_srid)
        overlaps = h3_cells.overlap_m2(cell_shapes, unit_shapes)
        shares = pd.DataFrame(
            {
                "cell": grid["cell"].to_numpy()[overlaps["shape"].to_numpy()],
                "unit_kind": kind,
                "unit_code": units["unit_code"].to_numpy()[overlaps["unit"].to_numpy()],
                "area_m2": overlaps["area_m2"],
            }
        )
        shares = pd.concat([shares, shares_of_orphans(shares, grid)], ignore_index=True)
        shares["share"] = shares["area_m2"] / shares.groupby("cell")["area_m2"].transform("sum")
        parts.append(shares.drop(columns="area_m2"))
    if not parts:
        return pd.DataFrame(columns=["cell", "unit_kind", "unit_code", "share"])
    return pd.concat(parts, ignore_index=True)


def shares_of_orphans(shares: pd.DataFrame, grid: pd.DataFrame) -> pd.DataFrame:
    """Give the cells that stand in for their children (see `with_missing_parents`) their children's areas per unit."""
    orphans = grid.loc[~grid["cell"].isin(shares["cell"]), ["cell", "resolution"]]
    finest = shares[h3_cells.resolutions(shares["cell"]) == grid["resolution"].max()]
    parts = [
        finest.assign(cell=h3_cells.parents(finest["cell"], resolution))
        .loc[lambda frame: frame["cell"].isin(orphans["cell"])]
        .groupby(["cell", "unit_kind", "unit_code"], as_index=False)["area_m2"]
        .sum()
        for resolution in orphans["resolution"].unique().tolist()
    ]
    return pd.concat(parts, ignore_index=True) if parts else shares.iloc[:0]


def write_grid(connection: Connection, grid: pd.DataFrame, shares: pd.DataFrame, *, code: str) -> int:
    """Merge cells and shares into the database; returns how many rows were new, changed or removed."""
    connection.execute(STATEMENTS["drop_drafts"])
    connection.execute(STATEMENTS["make_cell_draft"])
    connection.execute(STATEMENTS["make_share_draft"])
    outlines = shapely.to_wkb(shapely.set_srid(grid["shape"].to_numpy(), 4326), hex=True, include_srid=True)
    parents_10 = [int(parent) or None for parent in grid["parent_10"]]
    columns = (grid[name].tolist() for name in ("cell", "resolution", "parent_9", "area_m2", "share"))
    rows = zip(*columns, parents_10, outlines, strict=True)
    copy_rows(
        connection,
        "cell_draft",
        CELL_COLUMNS,
        ((cell, code, resolution, p9, p10, area, share, geom) for cell, resolution, p9, area, share, p10, geom in rows),
    )
    share_rows = zip(*(shares[name].tolist() for name in ("cell", "unit_kind", "unit_code", "share")), strict=True)
    copy_rows(
        connection,
        "cell_share_draft",
        SHARE_COLUMNS,
        ((cell, kind, unit, code, share) for cell, kind, unit, share in share_rows),
    )
    connection.execute(STATEMENTS["measure_drafts"])
    return sum(
        connection.execute(STATEMENTS[name], {"code": code} if name.startswith("remove") else {}).rowcount
        for name in ("merge_cells", "remove_cells", "merge_shares", "remove_shares")
    )
