"""Clusters in space and time: the scan statistic, its secondary clusters and how likely chance alone does as much.

Kulldorff (1997) for the Poisson and Bernoulli models, Kulldorff (2001) for prospective use, Kulldorff et al. (2005)
for the space-time permutation model. No Python package does these; the numbers agree with SaTScan
(docs/early-warning.md).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from alerts.detect.scan_kernels import best_bernoulli, best_poisson, best_separable
from alerts.detect.scan_zones import Windows, Zones
from gis.errors import BadInput

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

Number = TypeVar("Number", np.int64, np.float64)

METHOD_VERSION = "1"  # raise it when a change moves a likelihood, a p-value or a zone
CASES_MAX = 50_000_000  # the permutation model keeps every case as an event of its own
PEOPLE_LIMIT = 1_000_000_000  # numpy draws without replacement from fewer than so many
EULER_GAMMA = 0.5772156649015329


@dataclass(frozen=True)
class Cluster:
    """A zone and window with more cases than expected.

    `locations` are positions, nearest to the centre first. Units count from 0; None in a purely spatial scan. The
    relative risk is None where the model has none (permutation) or all cases are inside. `p_value` and
    `gumbel_p_value` are None without replications.
    """

    locations: tuple[int, ...]
    first_unit: int | None
    last_unit: int | None
    observed: int
    expected: float
    relative_risk: float | None
    llr: float
    p_value: float | None
    gumbel_p_value: float | None


@dataclass(frozen=True)
class Candidate:
    """What a search hands on: the best zone and window of one centre."""

    centre: int
    size: int
    window: int
    llr: float


def scan_permutation(
    place: Integers,
    unit: Integers,
    *,
    zones: Zones,
    windows: Windows,
    stratum: Integers | None = None,
    min_cases: int = 2,
    replications: int = 999,
    seed: int = 1,
    give_up_above: float | None = None,
) -> list[Cluster]:
    """Scan for zones whose share of recent events is larger than their share of all events.

    Expected = zone total x window total / C, so neither population nor a purely local or purely temporal excess
    matters. Replications exchange the dates of the events.

    Parameters
    ----------
    place, unit
        Location and time unit of each event, both counted from 0.
    zones, windows
        See `scan_zones`; the cap of the zones is on cases.
    stratum
        Optional group of each event; expectation and exchange are then within groups.
    give_up_above
        Stop replicating once the p-value of the most likely cluster is hardly at most this (chance .001); what it is
        then said to be is larger. None = all replications.

    Returns
    -------
    clusters
        Not overlapping, most likely first; empty when no zone has more than expected.
    """
    total = len(place)
    if total == 0:
        return []
    locations = len(zones.starts) - 1
    # events outside every window matter to the totals only: they share time point 0
    earliest = int(windows.first.min())
    latest = int(windows.last.max())
    column = np.where((unit >= earliest) & (unit <= latest), unit - earliest + 1, 0)
    points = latest - earliest + 2
    window_from, window_to = windows.first - earliest, windows.last - earliest + 1
    totals = np.bincount(place, minlength=locations)

    def counted(columns: Integers) -> Integers:
        table = np.bincount(place * points + columns, minlength=locations * points)
        table = table.reshape(locations, points)
        table[:, 0] = 0
        return np.cumsum(table, axis=1)

    generator = np.random.default_rng(seed)
    if stratum is None:
        in_windows = np.bincount(column, minlength=points)
        in_windows[0] = 0
        cumulated = np.cumsum(in_windows)
        window_share = (cumulated[window_to] - cumulated[window_from]) / total

        def search(prefix: Integers, one_maximum: bool) -> tuple[Floats, Integers, Integers]:
            return best_separable(
                zones.starts,
                zones.members,
                prefix,
                totals,
                window_from,
                window_to,
                window_share,
                total,
                min_cases,
                one_maximum,
            )

        def expectation(members: tuple[int, ...], window: int) -> float:
            return float(totals[list(members)].sum() * window_share[window])

        def exchanged() -> Integers:
            return generator.permutation(column)

    else:
        expected_prefix = np.zeros((locations, points))
        groups = [np.flatnonzero(stratum == group) for group in np.unique(stratum)]
        for group in groups:
            local = np.bincount(place[group], minlength=locations)
            timely = np.bincount(column[group], minlength=points).astype(float)
            timely[0] = 0
            expected_prefix += np.outer(local, np.cumsum(timely)) / len(group)

        def search(prefix: Integers, one_maximum: bool) -> tuple[Floats, Integers, Integers]:
            return best_poisson(
                zones.starts,
                zones.members,
                prefix,
                expected_prefix,
                window_from,
                window_to,
                total,
                min_cases,
                one_maximum,
            )

        def expectation(members: tuple[int, ...], window: int) -> float:
            summed = expected_prefix[list(members)].sum(axis=0)
            return float(summed[window_to[window]] - summed[window_from[window]])

        def exchanged() -> Integers:
            columns = column.copy()
            for group in groups:
                columns[group] = generator.permutation(column[group])
            return columns

    prefix = counted(column)
    found = _candidates(search(prefix, False))
    if not found:
        return []

    def observation(members: tuple[int, ...], window: int) -> int:
        summed = prefix[list(members)].sum(axis=0)
        return int(summed[window_to[window]] - summed[window_from[window]])

    enough = replications if give_up_above is None else int(binom.isf(0.001, replications, give_up_above)) + 1
    simulated: list[float] = []
    matched = 0
    while len(simulated) < replications and matched < enough:
        simulated.append(float(search(counted(exchanged()), True)[0].max()))
        matched += simulated[-1] >= bar_of(found[0].llr)
    return _clusters(found, zones, windows, np.array(simulated), observation, expectation, total=None)


def scan_poisson(
    cases: Integers,
    expected: Floats,
    *,
    zones: Zones,
    windows: Windows,
    spatial: bool = False,
    min_cases: int = 2,
    replications: int = 999,
    seed: int = 1,
) -> list[Cluster]:
    """Scan counts against expected counts (discrete Poisson model, conditional on the number of cases).

    Parameters
    ----------
    cases, expected
        One row per location, one column per time unit. `expected` is scaled to the number of cases.
    spatial
        No time: report no window.

    Returns
    -------
    clusters
        Not overlapping, most likely first.

    Raises
    ------
    BadInput
        Where a location has cases in a unit in which none can be expected.
    """
    total = int(cases.sum())
    if total == 0:
        return []
    impossible = np.argwhere((cases > 0) & (expected <= 0))
    if len(impossible):
        location, unit = impossible[0]
        raise BadInput(
            "location {location} has cases in unit {unit} but nobody to have them; its population is 0",
            location=location,
            unit=unit,
        )
    expected = expected * (total / expected.sum())
    window_from, window_to = windows.first, windows.last + 1
    expected_prefix = _running(expected)

    def search(prefix: Integers, one_maximum: bool) -> tuple[Floats, Integers, Integers]:
        return best_poisson(
            zones.starts,
            zones.members,
            prefix,
            expected_prefix,
            window_from,
            window_to,
            total,
            min_cases,
            one_maximum,
        )

    def summed(table: npt.NDArray[Number], members: tuple[int, ...], window: int) -> float:
        return float(table[list(members), windows.first[window] : windows.last[window] + 1].sum())

    found = _candidates(search(_running(cases), False))
    if not found:
        return []
    generator = np.random.default_rng(seed)
    chances = (expected / expected.sum()).ravel()
    maxima = np.zeros(replications)
    for replication in range(replications):
        simulated = generator.multinomial(total, chances).reshape(cases.shape)
        maxima[replication] = search(_running(simulated), True)[0].max()
    return _clusters(
        found,
        zones,
        None if spatial else windows,
        maxima,
        lambda members, window: int(summed(cases, members, window)),
        lambda members, window: summed(expected, members, window),
        total=total,
    )


def scan_bernoulli(
    cases: Integers,
    controls: Integers,
    *,
    zones: Zones,
    min_cases: int = 2,
    replications: int = 999,
    seed: int = 1,
) -> list[Cluster]:
    """Scan for zones with a larger share of cases among cases and controls; one value per location of each.

    Replications draw which of the people are the cases.
    """
    people = cases + controls
    total = int(cases.sum())
    if total == 0:
        return []
    ratios, sizes = best_bernoulli(zones.starts, zones.members, cases, people, min_cases, False)
    found = _candidates((ratios, sizes, np.zeros_like(sizes)))
    if not found:
        return []
    generator = np.random.default_rng(seed)
    maxima = np.zeros(replications)
    for replication in range(replications):
        # `marginals` draws location by location, which stays exact and fast for any number of people below 10^9
        drawn = generator.multivariate_hypergeometric(people, total, method="marginals")
        maxima[replication] = best_bernoulli(zones.starts, zones.members, drawn, people, min_cases, True)[0].max()
    share = total / float(people.sum())
    return _clusters(
        found,
        zones,
        None,
        maxima,
        lambda members, _: int(cases[list(members)].sum()),
        lambda members, _: float(people[list(members)].sum()) * share,
        total=total,
    )


def monte_carlo_p(llr: float, maxima: Floats) -> float:
    """Return (1 + maxima at least as large) / (replications + 1)."""
    return float((1 + (maxima >= bar_of(llr)).sum()) / (len(maxima) + 1))


def bar_of(llr: float) -> float:
    """What a simulated maximum must reach to count as one as large: rounding does not break a tie."""
    return llr - 1e-9 * max(1.0, llr)


def gumbel_p(llr: float, maxima: Floats) -> float | None:
    """Return the upper tail of a Gumbel distribution fitted to the maxima by moments (Abrams et al. 2010).

    None where the maxima do not vary. Unlike the Monte Carlo value it goes below 1 / (replications + 1).
    """
    if len(maxima) < 2 or maxima.std() == 0:
        return None
    scale = float(maxima.std(ddof=1)) * np.sqrt(6) / np.pi
    location = float(maxima.mean()) - EULER_GAMMA * scale
    return float(-np.expm1(-np.exp(-(llr - location) / scale)))


def gumbel_p_by_quartiles(value: float, maxima: Floats) -> float | None:
    """Return the upper tail of a Gumbel distribution that has the quartiles of `maxima`.

    For maxima of days that really were, a quarter of which may have been out of the ordinary: a fit by moments takes an
    old surge for what is usual here, and then misses the next one.

    x_q = location - scale ln(-ln q), so scale = (x_75 - x_25) / (ln(-ln .25) - ln(-ln .75)) and location is set by the
    median. None where the quartiles are equal.
    """
    lower, middle, upper = np.quantile(maxima, [0.25, 0.5, 0.75]) if len(maxima) >= 4 else (0.0, 0.0, 0.0)
    scale = (upper - lower) / (np.log(-np.log(0.25)) - np.log(-np.log(0.75)))
    if scale <= 0:
        return None
    location = middle + scale * np.log(np.log(2.0))
    return float(-np.expm1(-np.exp(-(value - location) / scale)))


def _running(table: npt.NDArray[Number]) -> npt.NDArray[Number]:
    return np.concatenate([np.zeros((len(table), 1), dtype=table.dtype), np.cumsum(table, axis=1)], axis=1)


def _candidates(best: tuple[Floats, Integers, Integers]) -> list[Candidate]:
    ratios, sizes, windows = best
    found = [
        Candidate(centre=int(centre), size=int(sizes[centre]), window=int(windows[centre]), llr=float(ratios[centre]))
        for centre in np.flatnonzero(ratios > 0)
    ]
    # the same zone reached from two centres differs in the last digits of its likelihood only
    return sorted(found, key=lambda candidate: (-round(candidate.llr, 9), candidate.size, candidate.centre))


def _clusters(
    found: list[Candidate],
    zones: Zones,
    windows: Windows | None,
    maxima: Floats,
    observation: Callable[[tuple[int, ...], int], int],
    expectation: Callable[[tuple[int, ...], int], float],
    *,
    total: int | None,
) -> list[Cluster]:
    taken = np.zeros(len(zones.starts) - 1, dtype=bool)
    clusters = []
    for candidate in found:
        start = int(zones.starts[candidate.centre])
        inside = zones.members[start : start + candidate.size]
        if taken[inside].any():
            continue
        taken[inside] = True
        members = zones.locations(candidate.centre, candidate.size)
        observed = observation(members, candidate.window)
        expected = expectation(members, candidate.window)
        risk = None
        if total is not None and observed < total:
            risk = (observed / expected) / ((total - observed) / (total - expected))
        clusters.append(
            Cluster(
                locations=members,
                first_unit=int(windows.first[candidate.window]) if windows else None,
                last_unit=int(windows.last[candidate.window]) if windows else None,
                observed=observed,
                expected=expected,
                relative_risk=risk,
                llr=candidate.llr,
                p_value=monte_carlo_p(candidate.llr, maxima) if len(maxima) else None,
                gumbel_p_value=gumbel_p(candidate.llr, maxima),
            )
        )
    return clusters
