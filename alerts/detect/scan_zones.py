"""Candidate clusters of a scan: circles around every location, and the time windows they are tried with."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from alerts.detect.geometry import great_circle_km, planar_distance
from gis.errors import BadInput

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

LOCATIONS_MAX = 20_000  # every location is a centre: the work grows with their square
MEMBERS_MAX = 200_000_000  # 800 MB of zone members


@dataclass(frozen=True)
class Zones:
    """Circles grown one location at a time: those of centre i are the leading pieces of members[starts[i]:starts[i +
    1]]."""

    starts: Integers
    members: npt.NDArray[np.int32]

    def locations(self, centre: int, size: int) -> tuple[int, ...]:
        """Return the first `size` locations of a centre, nearest first."""
        start = int(self.starts[centre])
        return tuple(int(member) for member in self.members[start : start + size])

    def of_present(self, weights: Floats, *, max_share: float) -> "Zones":
        """Return the zones of the locations that have any weight, renumbered in their order and cut at a share.

        The same as `circular_zones` of those locations alone, without measuring a distance again.
        """
        present = weights > 0
        number = np.cumsum(present, dtype=np.int32) - np.int32(1)
        centre = np.repeat(np.arange(len(present)), np.diff(self.starts))
        kept = present[centre] & present[self.members]
        centre, members = number[centre[kept]], self.members[kept]
        running = np.cumsum(weights[members])
        begins = np.searchsorted(centre, np.arange(int(present.sum())))
        before = np.concatenate([[0.0], running])[begins]
        inside = running - before[centre] <= max_share * float(weights.sum()) * (1 + 1e-12)
        starts = np.concatenate([[0], np.cumsum(np.bincount(centre[inside], minlength=len(begins)))])
        return Zones(starts=starts.astype(np.int64), members=number[members[inside]])


@dataclass(frozen=True)
class Windows:
    """Runs of time units, the first and the last one included; shortest and latest first."""

    first: Integers
    last: Integers


def circular_zones(
    first: Floats,
    second: Floats,
    *,
    planar: bool,
    weights: Floats,
    max_share: float,
    max_radius: float | None = None,
) -> Zones:
    """Grow circles around every location until a limit is met.

    Parameters
    ----------
    first, second
        x, y when `planar`, else lon, lat [degrees].
    weights
        What the share is a share of, per location: expected cases, cases and controls, or cases.
    max_share
        A zone holds at most this part of all weight.
    max_radius
        Largest radius, inclusive [km, or the unit of the plane].

    Returns
    -------
    Zones
        Locations at equal distance stand in the order given.

    Raises
    ------
    BadInput
        Beyond 20 000 locations or 200 million zone members.
    """
    count = len(first)
    if count > LOCATIONS_MAX:
        raise BadInput(
            "{count} locations are more than the {most} a scan takes; bin them into cells first",
            count=count,
            most=LOCATIONS_MAX,
        )
    limit = max_share * float(weights.sum()) * (1 + 1e-12)
    pieces = []
    total = 0
    for centre in range(count):
        if planar:
            distance = planar_distance(first, second, first[centre], second[centre])
        else:
            distance = great_circle_km(first, second, first[centre], second[centre])
        inside = np.arange(count) if max_radius is None else np.flatnonzero(distance <= max_radius)
        # equal distances differ in the last digits after the arithmetic; they must not decide the order
        reach = distance[inside].max(initial=0.0) or 1.0
        ordered = inside[np.argsort(np.round(distance[inside] / reach, 12), kind="stable")]
        kept = ordered[: int(np.searchsorted(np.cumsum(weights[ordered]), limit, side="right"))]
        pieces.append(kept.astype(np.int32))
        total += len(kept)
        if total > MEMBERS_MAX:
            raise BadInput("the zones of {count} locations are too many; lower the share or set a radius", count=count)
    starts = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])]).astype(np.int64)
    return Zones(starts=starts, members=np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int32))


def prospective_windows(units: int, longest: int) -> Windows:
    """Return the windows that end with the last unit and last 1 .. `longest` units."""
    lengths = np.arange(1, min(longest, units) + 1)
    return Windows(first=units - lengths, last=np.full(len(lengths), units - 1))


def all_windows(units: int, longest: int) -> Windows:
    """Return every window of 1 .. `longest` units."""
    first, last = [], []
    for length in range(1, min(longest, units) + 1):
        starts = np.arange(units - length + 1)[::-1]
        first.append(starts)
        last.append(starts + length - 1)
    return Windows(first=np.concatenate(first), last=np.concatenate(last))


def whole_period(units: int = 1) -> Windows:
    """Return the one window of a purely spatial scan."""
    return Windows(first=np.array([0]), last=np.array([units - 1]))
