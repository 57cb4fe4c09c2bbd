"""Emergency resources per cell, walking time to the nearest ready one of each kind, and who is left in the gaps."""

from datetime import datetime

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from gis import cells as h3_cells
from gis.database.statements import load_statements
from gis.district import District
from gis.walking import attach, build_network, walking_minutes
from layers.measures import REACH_MINUTES, RESOURCE_KINDS
from layers.merge import WHOLE, merge_rows, with_region
from layers.perturbation import publish_counts
from layers.tables import coverage, resource_count, unit_coverage_published

STATEMENTS = load_statements("layers", "resources")


def refresh_resources(connection: Connection, district: District, *, now: datetime) -> int:
    """Bring counts, walking times and gap populations up to date; returns how many rows changed."""
    return (
        refresh_counts(connection, district, now=now)
        + refresh_coverage(connection, district, now=now)
        + refresh_gaps(connection, district)
    )


def refresh_counts(connection: Connection, district: District, *, now: datetime) -> int:
    """Count resources per cell and kind at 11, 10 and 9."""
    result = connection.execute(STATEMENTS["resource_counts"], {"code": district.code, "now": now})
    finest = pd.DataFrame([tuple(row) for row in result], columns=list(result.keys())).assign(resolution=11)
    parts = [finest]
    for resolution in (10, 9):
        parent = h3_cells.parents(finest["cell"].to_numpy(dtype="int64"), resolution)
        coarser = finest.assign(cell=parent, resolution=resolution)
        parts.append(coarser.groupby(["cell", "resolution", "kind"], as_index=False)[["ready", "total"]].sum())
    facts = with_region(pd.concat(parts, ignore_index=True).assign(subdistrict_code=district.code))
    return merge_rows(connection, resource_count, facts, scope=WHOLE, parameters={"code": district.code})


def refresh_coverage(connection: Connection, district: District, *, now: datetime) -> int:
    """Compute the walking time from every cell's centre to the nearest ready resource of each kind."""
    cells = pd.DataFrame(
        [tuple(row) for row in connection.execute(STATEMENTS["cells"], {"code": district.code})],
        columns=["cell", "resolution"],
    )
    resources = pd.DataFrame(
        [tuple(row) for row in connection.execute(STATEMENTS["ready_resources"], {"code": district.code, "now": now})],
        columns=["id", "kind", "lon", "lat"],
    )
    roads = connection.execute(STATEMENTS["walkable_roads"], {"code": district.code}).all()
    segments = pd.DataFrame([tuple(row) for row in roads], columns=["from_node", "to_node", "length_m", "line"])
    lines = shapely.from_wkb(segments["line"].map(bytes).to_numpy(dtype=object))
    if len(segments):
        segments["line"] = h3_cells.to_metric(lines, district.metric_srid)
    network = build_network(segments)
    origins = metric_points(*h3_cells.centres(cells["cell"]), srid=district.metric_srid)
    attached = attach(network, origins)
    parts = []
    for kind in RESOURCE_KINDS:
        ready = resources[resources["kind"] == kind]
        targets = metric_points(ready["lon"].to_numpy(), ready["lat"].to_numpy(), srid=district.metric_srid)
        walks = walking_minutes(network, origins, targets, attached=attached)
        ids = ready["id"].tolist()
        parts.append(
            cells.assign(
                kind=kind,
                minutes=walks["minutes"].round(2).replace(np.inf, np.nan),
                reach=reach_class(walks["minutes"].to_numpy()),
                estimated=walks["estimated"].to_numpy(),
                resource_id=pd.Series([ids[place] if place >= 0 else None for place in walks["target"]], dtype="Int64"),
            )
        )
    facts = pd.concat(parts, ignore_index=True)
    facts = with_region(facts.assign(subdistrict_code=district.code))
    return merge_rows(connection, coverage, facts, scope=WHOLE, parameters={"code": district.code})


def metric_points(lon: NDArray[np.float64], lat: NDArray[np.float64], *, srid: int) -> NDArray[np.float64]:
    """Project points [deg] to east and north [m], shape (n, 2)."""
    stated = np.column_stack([lon, lat]).astype(np.float64)
    points = h3_cells.to_metric(shapely.points(stated), srid)
    return np.asarray(shapely.get_coordinates(points), dtype=np.float64).reshape(-1, 2)


def reach_class(minutes: NDArray[np.float64]) -> pd.Series:
    """Return 5, 10 or 15 for the class a walking time falls into; missing beyond (a gap)."""
    reach = np.select([minutes <= limit for limit in REACH_MINUTES], list(REACH_MINUTES), default=0)
    return pd.Series(reach, dtype="Int64").mask(reach == 0)


def refresh_gaps(connection: Connection, district: District) -> int:
    """Publish how many persons live within 5, 10 and 15 minutes of each kind, and how many beyond."""
    code = district.code
    reach = pd.DataFrame(
        [tuple(row) for row in connection.execute(STATEMENTS["finest_coverage"], {"code": code})],
        columns=["cell", "kind", "reach"],
    )
    persons = pd.DataFrame(
        [tuple(row) for row in connection.execute(STATEMENTS["finest_persons"], {"code": code})],
        columns=["cell", "community_code", "total", "total_key"],
    )
    published = published_gaps(reach, persons, code=code)
    return merge_rows(connection, unit_coverage_published, published, scope=WHOLE, parameters={"code": code})


def published_gaps(reach: pd.DataFrame, persons: pd.DataFrame, *, code: str) -> pd.DataFrame:
    """Perturb the persons per unit, kind and class of reach; all columns of topic.unit_coverage_published.

    Parameters
    ----------
    reach
        Per cell of resolution 11 and kind: `cell`, `kind`, `reach` (5, 10, 15; missing = gap).
    persons
        Exact, per cell and community: `cell`, `community_code`, `total`, `total_key`.
    """
    homes = persons.merge(reach, on="cell")
    minutes = homes["reach"].astype("Float64").fillna(np.inf).to_numpy(dtype=np.float64)
    homes["total"], homes["total_key"] = homes["total"].astype("int64"), homes["total_key"].astype("int64")
    measures = {f"within_{limit}": minutes <= limit for limit in REACH_MINUTES}
    measures |= {"gap": np.isinf(minutes), "persons": np.ones(len(homes), dtype=bool)}
    units = pd.concat(
        [
            homes.assign(unit_kind="subdistrict", unit_code=code),
            homes.assign(unit_kind="community", unit_code=homes["community_code"])[homes["community_code"] != ""],
        ]
    )
    key = ["unit_kind", "unit_code", "kind"]
    columns = {}
    for name, members in measures.items():
        mask = pd.Series(members, index=homes.index).reindex(units.index)
        counts = units["total"].where(mask, 0).groupby([units[part] for part in key]).sum()
        keys = units["total_key"].where(mask, 0).groupby([units[part] for part in key]).sum()
        columns[name] = publish_counts(counts, keys)
    return pd.DataFrame(columns).reset_index().assign(subdistrict_code=code)
