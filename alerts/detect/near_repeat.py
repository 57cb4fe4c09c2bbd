"""Escalation: do events follow close upon each other in space and time more often than chance (Knox 1964)?

Places are taken together where events share one, so a million reports from one address are one place with a million
dates, not half a billion pairs.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree

from alerts.detect.geometry import chord_of_km, great_circle_km, planar_distance, unit_vectors
from gis.compiled import compiled
from gis.errors import BadInput

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

PLACE_PAIRS_MAX = 50_000_000  # about 1 GB of pairs; beyond it the limit in metres spans the data


@dataclass(frozen=True)
class NearRepeat:
    """Pairs close in space and time against what independence of the two would give."""

    observed_pairs: int
    expected_pairs: float
    near_in_time: int
    near_in_space: int
    all_pairs: int
    p_value: float

    @property
    def ratio(self) -> float | None:
        """Observed over expected; None where nothing was expected."""
        return self.observed_pairs / self.expected_pairs if self.expected_pairs else None

    @property
    def table(self) -> list[list[int]]:
        """Return [[near in both, near in time only], [near in space only, neither]]."""
        both = self.observed_pairs
        neither = self.all_pairs - self.near_in_time - self.near_in_space + both
        return [[both, self.near_in_time - both], [self.near_in_space - both, neither]]


def knox(
    times_us: Integers,
    first: Floats,
    second: Floats,
    *,
    days: float,
    metres: float,
    planar: bool,
    replications: int,
    seed: int,
) -> NearRepeat:
    """Count close pairs and test them by permuting the dates.

    Parameters
    ----------
    times_us
        Time of each event [microseconds], so that limits in whole days are exact.
    first, second
        x, y [m] when `planar`, else lon, lat [degrees].
    days, metres
        Limits, both included.

    Returns
    -------
    NearRepeat
        expected = close in time x close in space / all pairs; p = (1 + permutations with at least as many) /
        (replications + 1).

    Raises
    ------
    BadInput
        With fewer than two events, or when the limit in metres makes more than 50 million pairs of places.
    """
    if len(times_us) < 2:
        raise BadInput("{count} event makes no pair; at least two are needed", count=len(times_us))
    limit_us = int(np.floor(days * 86_400_000_000))
    _, place, members = np.unique(np.column_stack([first, second]), axis=0, return_inverse=True, return_counts=True)
    place = place.ravel()
    where = np.full(len(members), -1)
    where[place[::-1]] = np.arange(len(place))[::-1]
    left, right = _close_places(first[where], second[where], metres, planar)
    by_time = np.argsort(times_us, kind="stable")
    ordered, label = times_us[by_time], place[by_time].astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(members)]).astype(np.int64)
    total = len(times_us) * (len(times_us) - 1) // 2
    in_space = int((members * (members - 1) // 2).sum() + (members[left] * members[right]).sum())
    in_time = _pairs_in_one(ordered, 0, len(ordered), limit_us)
    observed = _pairs_close(ordered, label, starts, left, right, limit_us)
    generator = np.random.default_rng(seed)
    as_many = 0
    for _ in range(replications):
        # exchanging the places of events is exchanging their dates, and leaves the dates in order
        generator.shuffle(label)
        as_many += _pairs_close(ordered, label, starts, left, right, limit_us) >= observed
    return NearRepeat(
        observed_pairs=observed,
        expected_pairs=in_time * in_space / total,
        near_in_time=in_time,
        near_in_space=in_space,
        all_pairs=total,
        p_value=(1 + as_many) / (replications + 1),
    )


def _close_places(first: Floats, second: Floats, metres: float, planar: bool) -> tuple[Integers, Integers]:
    # the tree's own arithmetic may differ in the last digit, so it looks a little further and the limit is judged
    # afterwards
    if planar:
        tree, reach = KDTree(np.column_stack([first, second])), metres * (1 + 1e-9) + 1e-9
    else:
        tree, reach = KDTree(unit_vectors(first, second)), chord_of_km(metres / 1000) * (1 + 1e-9) + 1e-12
    found = (int(tree.count_neighbors(tree, reach)) - len(first)) // 2
    if found > PLACE_PAIRS_MAX:
        raise BadInput(
            "{count} pairs of places lie within {metres:g} m; more than {most} are not tested",
            count=found,
            metres=metres,
            most=PLACE_PAIRS_MAX,
        )
    pairs = tree.query_pairs(reach, output_type="ndarray").reshape(-1, 2)
    left, right = pairs[:, 0].astype(np.int64), pairs[:, 1].astype(np.int64)
    if planar:
        near = planar_distance(first[left], second[left], first[right], second[right]) <= metres
    else:
        near = great_circle_km(first[left], second[left], first[right], second[right]) * 1000 <= metres
    return left[near], right[near]


@compiled
def _pairs_in_one(times: Integers, start: int, stop: int, limit: int) -> int:
    total = 0
    low = start
    for high in range(start, stop):
        while times[high] - times[low] > limit:
            low += 1
        total += high - low
    return total


@compiled
def _pairs_close(
    times: Integers, label: Integers, starts: Integers, left: Integers, right: Integers, limit: int
) -> int:
    # dealt out in order of time, the dates of every place come out in order
    dealt = np.empty_like(times)
    cursor = starts[:-1].copy()
    for event in range(len(times)):
        dealt[cursor[label[event]]] = times[event]
        cursor[label[event]] += 1
    total = 0
    for place in range(len(starts) - 1):
        if starts[place + 1] - starts[place] > 1:
            total += _pairs_in_one(dealt, starts[place], starts[place + 1], limit)
    for pair in range(len(left)):
        low, stop = starts[right[pair]], starts[right[pair] + 1]
        high = low
        for event in range(starts[left[pair]], starts[left[pair] + 1]):
            while low < stop and dealt[low] < dealt[event] - limit:
                low += 1
            if high < low:
                high = low
            while high < stop and dealt[high] <= dealt[event] + limit:
                high += 1
            total += high - low
    return total
