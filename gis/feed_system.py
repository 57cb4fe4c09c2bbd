"""Tell in which coordinate system a feed probably is, from rows that have both an address and a point.

A single point cannot tell: GCJ-02 lies some 500 m from WGS-84 and both are plausible. Many rows can: each point is read
under each system and compared with where its address is known to be. The answer comes with its evidence and is only a
proposal; an operator confirms it, nothing is converted silently.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gis.coordinates import PROJECTED, Floats, System, to_wgs84, unswap

# rows below which nothing is said, and how much nearer the best system must lie than the next [times]
LEAST_ROWS, LEAST_FACTOR = 8, 2.0
# a median distance above this says that none of the systems fits [m]
MOST_MEDIAN_M = 350.0
_METRES_PER_DEGREE = 111_195.08


@dataclass(frozen=True, slots=True)
class SystemEvidence:
    """How far the points lie from their addresses when read in one system."""

    system: System
    median_m: float  # median distance; infinite where the numbers cannot be coordinates of the system
    east_m: float  # median shift of the points against the addresses, eastwards
    north_m: float


@dataclass(frozen=True, slots=True)
class FeedSystem:
    """What a feed's coordinates probably are: `system` is None where the rows do not decide it."""

    system: System | None
    swapped: bool
    rows: int
    evidence: tuple[SystemEvidence, ...]  # nearest first
    reason: str  # "decided", "too few rows", "no system fits", "two systems fit alike", "axes are mixed"


def probable_system(first: ArrayLike, second: ArrayLike, *, known_lon: ArrayLike, known_lat: ArrayLike) -> FeedSystem:
    """Compare stated coordinates with where the addresses of the same rows are known to be.

    Parameters
    ----------
    first, second
        The two coordinate columns of the feed as delivered, in whatever order and unit.
    known_lon, known_lat
        Points of the same rows found by their address [deg, WGS-84]; NaN where the address was not found.

    Returns
    -------
    FeedSystem
        WGS-84 and CGCS2000 are the same here and reported as WGS-84.
    """
    x, y, exchanged = unswap(first, second)
    truth_lon, truth_lat = np.asarray(known_lon, dtype=float), np.asarray(known_lat, dtype=float)
    usable = np.isfinite(x) & np.isfinite(y) & np.isfinite(truth_lon) & np.isfinite(truth_lat)
    rows = int(usable.sum())
    if rows < LEAST_ROWS:
        return FeedSystem(None, False, rows, (), "too few rows")
    share_swapped = float(exchanged[usable].mean())
    candidates = [system for system in System if system is not System.CGCS2000]
    evidence = sorted(
        (_evidence(x[usable], y[usable], truth_lon[usable], truth_lat[usable], system) for system in candidates),
        key=lambda one: one.median_m,
    )
    best, next_best = evidence[0], evidence[1]
    if 0.1 < share_swapped < 0.9:
        reason = "axes are mixed"
    elif best.median_m > MOST_MEDIAN_M:
        reason = "no system fits"
    elif next_best.median_m < LEAST_FACTOR * best.median_m:
        reason = "two systems fit alike"
    else:
        reason = "decided"
    system = best.system if reason == "decided" else None
    return FeedSystem(system, share_swapped > 0.5, rows, tuple(evidence), reason)


def _evidence(x: Floats, y: Floats, lon: Floats, lat: Floats, system: System) -> SystemEvidence:
    degrees = np.abs(x) <= 180.0
    fits = ~degrees if system in PROJECTED else degrees
    if fits.mean() < 0.5:
        return SystemEvidence(system, float("inf"), float("nan"), float("nan"))
    found_lon, found_lat = to_wgs84(x[fits], y[fits], system=system)
    east_m = (found_lon - lon[fits]) * _METRES_PER_DEGREE * np.cos(np.radians(lat[fits]))
    north_m = (found_lat - lat[fits]) * _METRES_PER_DEGREE
    distance_m = np.hypot(east_m, north_m)
    known = np.isfinite(distance_m)
    if not known.any():
        return SystemEvidence(system, float("inf"), float("nan"), float("nan"))
    return SystemEvidence(
        system,
        round(float(np.median(distance_m[known])), 1),
        round(float(np.median(east_m[known])), 1),
        round(float(np.median(north_m[known])), 1),
    )
