"""Who looks after the ground of somebody who is away: rows beside the assignment, for as long as the absence lasts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from casework.assignment import Effort, divide_grids

COVER_COLUMNS = ("work_grid_id", "cell", "worker_id", "cover_for", "decision", "valid_from", "valid_to")


@dataclass(frozen=True)
class Absence:
    """A worker is away."""

    worker_id: int
    #: who takes all of it; None: the others of the grid share it
    cover_worker_id: int | None
    reason: str
    absent_from: datetime
    #: exclusive
    absent_to: datetime

    def meets(self, other: "Absence") -> bool:
        """Whether both are away at some time."""
        return self.absent_from < other.absent_to and other.absent_from < self.absent_to


def plan_cover(
    pieces: pd.DataFrame,
    workers: pd.DataFrame,
    absences: Sequence[Absence],
    *,
    effort: Effort,
    now: datetime,
    seed: int = 1,
) -> pd.DataFrame:
    """Give the pieces of each absent worker to whoever covers, named or shared among those who are there.

    Nobody's own ground changes: the others keep theirs and take contiguous parts of the absent one's in addition,
    balanced by all they then have. Who is away at any time of the absence does not take part in it.

    Parameters
    ----------
    pieces
        As for `divide_grids`, with ``worker_id``: whose they are by the division.
    workers
        ``worker_id``, ``work_grid_id``.
    absences
        Those not over at `now`.
    effort
        What makes load.
    now
        Cover begins no earlier.
    seed
        As for `divide_grids`.

    Returns
    -------
    cover
        One row per covered piece with `COVER_COLUMNS`. Pieces of an absent worker without cover have no row.
    """
    parts = []
    for absence in absences:
        takers = takers_of(absence, pieces, workers, absences, effort=effort, seed=seed).dropna()
        if len(takers):
            cover = pieces.loc[takers.index, ["work_grid_id", "cell"]]
            cover["worker_id"] = takers.astype("int64")
            cover["cover_for"] = absence.worker_id
            cover["decision"] = absence.reason
            cover["valid_from"] = max(absence.absent_from, now)
            cover["valid_to"] = absence.absent_to
            parts.append(cover)
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in COVER_COLUMNS})
    return pd.concat(parts, ignore_index=True)[list(COVER_COLUMNS)]


def takers_of(
    absence: Absence,
    pieces: pd.DataFrame,
    workers: pd.DataFrame,
    absences: Sequence[Absence],
    *,
    effort: Effort,
    seed: int,
) -> pd.Series:
    """Return who takes each piece of the absent worker, indexed as those pieces; missing where nobody is there."""
    mine = pieces["worker_id"].eq(absence.worker_id).fillna(False)
    takers = pd.Series(pd.NA, index=pieces.index[mine], dtype="Int64")
    if absence.cover_worker_id is not None:
        return takers.fillna(absence.cover_worker_id)
    away = {other.worker_id for other in absences if other.meets(absence)}
    there = workers[workers["work_grid_id"].isin(pieces.loc[mine, "work_grid_id"]) & ~workers["worker_id"].isin(away)]
    if there.empty:
        return takers
    ground = pieces[mine | pieces["worker_id"].isin(there["worker_id"])]
    owners = ground["worker_id"].astype("Int64")
    shared = divide_grids(
        ground.assign(
            prior_worker_id=pd.Series(pd.NA, index=ground.index, dtype="Int64"),
            decided_worker_id=owners.where(owners != absence.worker_id),
        ),
        there,
        effort=effort,
        seed=seed,
    )
    return shared["worker_id"].loc[takers.index]
