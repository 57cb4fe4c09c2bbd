"""Whose piece of the grid is whose: divide every third-level work grid among its workers, over frames.

A piece is the part of one H3 cell of resolution 11 inside one work grid; a building belongs to the piece it stands in.
So every building and every cell of a grid is somebody's exactly once. The division is contiguous over the neighbour
graph, balanced by the minutes a piece asks for in a month, and as close to the published one as that allows. No
database here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import pandas as pd

from casework.contiguity import graph_of, linking_pairs, neighbour_pairs
from casework.division import FREE, Region, divide
from gis.documents import parse_yaml
from gis.errors import BadInput
from gis.sentences import Sentence, listed

PIECE_COLUMNS = ("work_grid_id", "cell", "households", "visits", "incidents", "prior_worker_id", "decided_worker_id")
MEASURES = ("households", "visits", "incidents", "load_min")


@dataclass(frozen=True)
class Effort:
    """How long things take in a month, and how uneven a division may be; casework/assignment.yml."""

    cell_min: float
    household_min: float
    visit_min: float
    incident_min: float
    #: largest accepted load over mean load of a work grid
    tolerance: float


def read_effort() -> Effort:
    """Read the figures that ship with the house."""
    content = parse_yaml(files("casework").joinpath("assignment.yml").read_text(encoding="utf-8"))
    effort = Effort(**{name: float(value) for name, value in content.items()})
    if effort.tolerance <= 1 or min(effort.cell_min, effort.household_min) <= 0:
        raise BadInput("assignment.yml: tolerance must be above 1 and minutes above 0, got {effort}", effort=effort)
    return effort


def load_of(pieces: pd.DataFrame, effort: Effort) -> pd.Series:
    """Return the minutes a month that each piece asks for, on the index of `pieces`."""
    load_min = (
        effort.cell_min
        + effort.household_min * pieces["households"]
        + effort.visit_min * pieces["visits"]
        + effort.incident_min * pieces["incidents"]
    )
    return load_min.astype("float64").rename("load_min")


def divide_grids(pieces: pd.DataFrame, workers: pd.DataFrame, *, effort: Effort, seed: int = 1) -> pd.DataFrame:
    """Divide each work grid's pieces among its workers.

    Parameters
    ----------
    pieces
        One row per piece with the columns of `PIECE_COLUMNS`: the work grid, the cell (H3, resolution 11), households
        [households], visits due and open incidents [counts], the worker of the published assignment and the one a
        person decided (nullable Int64).
    workers
        Columns ``worker_id``, ``work_grid_id``: who is there to share. A worker belongs to one grid.
    effort
        What makes load.
    seed
        For the random trees; the same seed and input give the same answer.

    Returns
    -------
    division
        One row per piece on the same index: ``worker_id`` (nullable, missing where a grid has no worker) and
        ``reason``: kept (as published), balanced (new) or decided.

    Raises
    ------
    BadInput
        If a column is missing, a cell comes twice in one grid, or a decision names a worker of another grid.
    """
    check_pieces(pieces, workers)
    worker_ids = pd.Series(pd.NA, index=pieces.index, dtype="Int64", name="worker_id")
    load_min = load_of(pieces, effort)
    crews = {grid: sorted(crew) for grid, crew in workers.groupby("work_grid_id")["worker_id"]}
    for grid, members in pieces.groupby("work_grid_id", sort=True):
        crew = crews.get(grid, [])
        if crew:
            region = region_of(members, load_min.loc[members.index], crew)
            labels = divide(region, tolerance=effort.tolerance, seed=seed * 1_000_003 + int(str(grid)))
            worker_ids.loc[members.index] = np.array(crew, dtype=np.int64)[labels]
    decided = pieces["decided_worker_id"].notna()
    kept = (worker_ids == pieces["prior_worker_id"]).fillna(False)
    reason = pd.Series(np.select([decided, kept], ["decided", "kept"], "balanced"), index=pieces.index, name="reason")
    return pd.DataFrame({"worker_id": worker_ids, "reason": reason})


def region_of(members: pd.DataFrame, load_min: pd.Series, crew: list[int]) -> Region:
    """Return one work grid as numbers; free pieces that touch no other free piece are linked to the nearest."""
    place = {worker: part for part, worker in enumerate(crew)}
    prior = part_of(members["prior_worker_id"], place)
    pinned = part_of(members["decided_worker_id"], place)
    cells = members["cell"].to_numpy(dtype=np.int64)
    pairs = neighbour_pairs(cells)
    free = np.flatnonzero(pinned == FREE)
    position = np.full(len(cells), -1)
    position[free] = np.arange(len(free))
    among_free = position[pairs]
    links = linking_pairs(cells[free], among_free[(among_free >= 0).all(axis=1)])
    graph = graph_of(len(cells), np.vstack([pairs, free[links].reshape(-1, 2)]))
    return Region(
        graph=graph,
        load=load_min.to_numpy(dtype=np.float64),
        households=members["households"].to_numpy(dtype=np.float64),
        parts=len(crew),
        prior=prior,
        pinned=pinned,
    )


def part_of(worker_ids: pd.Series, place: Mapping[int, int]) -> np.ndarray:
    """Return the part of each worker, FREE for missing and for workers who are no longer there."""
    return np.array(
        [FREE if pd.isna(worker) else place.get(int(worker), FREE) for worker in worker_ids], dtype=np.int64
    )


def check_pieces(pieces: pd.DataFrame, workers: pd.DataFrame) -> None:
    """Raise BadInput naming every fault of the input."""
    faults = [Sentence("column {name!r} is missing", name=name) for name in PIECE_COLUMNS if name not in pieces.columns]
    if not faults:
        twice = pieces[pieces.duplicated(["work_grid_id", "cell"])]
        faults += [
            Sentence("cell {cell:x} comes twice in work grid {grid}", cell=cell, grid=grid)
            for grid, cell in zip(twice["work_grid_id"], twice["cell"], strict=True)
        ]
        shared = workers[workers.duplicated("worker_id")]
        faults += [
            Sentence("worker {worker} belongs to two work grids", worker=worker) for worker in shared["worker_id"]
        ]
        home = workers.drop_duplicates("worker_id").set_index("worker_id")["work_grid_id"]
        decided = pieces.dropna(subset="decided_worker_id")
        for worker, grid in zip(decided["decided_worker_id"], decided["work_grid_id"], strict=True):
            if home.get(int(worker)) != grid:
                faults.append(
                    Sentence(
                        "worker {worker} was decided for a piece of work grid {grid} but does not work there",
                        worker=worker,
                        grid=grid,
                    )
                )
    if faults:
        raise BadInput(listed(faults))


def balance(pieces: pd.DataFrame, division: pd.DataFrame, *, effort: Effort) -> pd.DataFrame:
    """Measure how even a division is.

    Returns
    -------
    balance
        One row per work grid that has workers: ``workers`` [count], and for households, visits, incidents and load_min
        ``<measure>_max_over_mean`` (1 = even; missing where the grid has none of it).
    """
    parts = loads_by_worker(pieces, division, effort=effort).reset_index()
    grids = parts.groupby("work_grid_id")
    measured = {"workers": grids.size()}
    for measure in MEASURES:
        mean = grids[measure].mean()
        measured[f"{measure}_max_over_mean"] = (grids[measure].max() / mean).where(mean > 0)
    return pd.DataFrame(measured)


def loads_by_worker(pieces: pd.DataFrame, division: pd.DataFrame, *, effort: Effort) -> pd.DataFrame:
    """Return households, visits, incidents and load_min per worker, indexed by (work_grid_id, worker_id)."""
    joined = pieces[["work_grid_id", "households", "visits", "incidents"]].assign(
        load_min=load_of(pieces, effort), worker_id=division["worker_id"]
    )
    return joined.dropna(subset="worker_id").groupby(["work_grid_id", "worker_id"])[list(MEASURES)].sum()


def changes(pieces: pd.DataFrame, division: pd.DataFrame) -> pd.DataFrame:
    """Say who gains and who loses what against the published assignment.

    Returns
    -------
    changes
        One row per worker before or after whose ground changes: ``work_grid_id``, ``worker_id``, ``cells_gained``,
        ``cells_lost``, ``households_gained``, ``households_lost`` [counts].
    """
    before = pieces["prior_worker_id"].astype("Int64")
    moved = (before != division["worker_id"]).fillna(True) & ~(before.isna() & division["worker_id"].isna())
    sides = []
    for verb, worker in (("gained", division["worker_id"]), ("lost", before)):
        side = pieces.loc[moved, ["work_grid_id", "households"]].assign(worker_id=worker[moved], cells=1)
        sums = side.dropna(subset="worker_id").groupby(["work_grid_id", "worker_id"])[["cells", "households"]].sum()
        sides.append(sums.add_suffix(f"_{verb}"))
    columns = ["cells_gained", "cells_lost", "households_gained", "households_lost"]
    return pd.concat(sides, axis=1).fillna(0).astype("int64")[columns].reset_index()


def moved_households(pieces: pd.DataFrame, division: pd.DataFrame) -> int:
    """Households whose worker changes against the published assignment; new ground does not count [households]."""
    before = pieces["prior_worker_id"].astype("Int64")
    moved = before.notna() & (before != division["worker_id"]).fillna(True)
    return int(pieces.loc[moved, "households"].sum())
