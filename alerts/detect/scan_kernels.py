"""Inner loops of the scan: the best zone and window of every centre under a likelihood.

Each loop walks a centre's locations outwards and keeps running totals, so a zone costs one addition per window. Two
facts save most of the logarithms, which is what the time goes to:
- a location without a case in any window raises the expectation and nothing else: no better zone can end there;
- with d = c - e > 0 the log-likelihood ratio is at most d^2/2e + d^2/(C - e), from ln(1 + x) <= x and h(u) <= u^2/2 for
  h(u) = (1 + u) ln(1 + u) - u; a candidate below the best so far under this bound is not worked out.
With `one_maximum` the best of all centres is the bar (Monte Carlo needs only that); else every centre has its own.
"""

import numpy as np
import numpy.typing as npt

from gis.compiled import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Members = npt.NDArray[np.int32]

# a zone must be better by more than rounding to replace a smaller one of the same likelihood
CLEARLY = 1 + 1e-12


@compiled
def _poisson_ratio(cases: int, expected: float, total: int) -> float:
    ratio: float = cases * np.log(cases / expected)
    if cases < total:
        ratio += (total - cases) * np.log((total - cases) / (total - expected))
    return ratio


@compiled
def best_separable(
    starts: Integers,
    members: Members,
    prefix: Integers,
    totals: Integers,
    window_from: Integers,
    window_to: Integers,
    window_share: Floats,
    total: int,
    min_cases: int,
    one_maximum: bool,
) -> tuple[Floats, Integers, Integers]:
    """Scan where expected = zone total x window share (permutation model).

    prefix[location, t] counts the cases before time point t; a window is prefix[to] - prefix[from]. Returns per
    centre the best ratio, the number of locations and the index of the window.
    """
    centres = len(starts) - 1
    points = prefix.shape[1]
    ratios = np.zeros(centres)
    sizes = np.zeros(centres, dtype=np.int64)
    windows = np.zeros(centres, dtype=np.int64)
    running = np.zeros(points, dtype=np.int64)
    best = 0.0
    for centre in range(centres):
        if not one_maximum:
            best = 0.0
        running[:] = 0
        zone_total = 0
        for step in range(starts[centre], starts[centre + 1]):
            location = members[step]
            zone_total += totals[location]
            if prefix[location, points - 1] == 0:
                continue
            for point in range(points):
                running[point] += prefix[location, point]
            for window in range(len(window_from)):
                cases = running[window_to[window]] - running[window_from[window]]
                if cases < min_cases:
                    continue
                expected = zone_total * window_share[window]
                if cases <= expected:
                    continue
                excess = cases - expected
                if excess * excess * (0.5 / expected + 1.0 / (total - expected)) <= best:
                    continue
                ratio = _poisson_ratio(cases, expected, total)
                if ratio > best * CLEARLY:
                    best = ratio
                    ratios[centre] = ratio
                    sizes[centre] = step - starts[centre] + 1
                    windows[centre] = window
    return ratios, sizes, windows


@compiled
def best_poisson(
    starts: Integers,
    members: Members,
    prefix: Integers,
    expected_prefix: Floats,
    window_from: Integers,
    window_to: Integers,
    total: int,
    min_cases: int,
    one_maximum: bool,
) -> tuple[Floats, Integers, Integers]:
    """Scan against a table of expected cases, both tables as running sums over time (see `best_separable`)."""
    centres = len(starts) - 1
    points = prefix.shape[1]
    ratios = np.zeros(centres)
    sizes = np.zeros(centres, dtype=np.int64)
    windows = np.zeros(centres, dtype=np.int64)
    running = np.zeros(points, dtype=np.int64)
    running_expected = np.zeros(points)
    best = 0.0
    for centre in range(centres):
        if not one_maximum:
            best = 0.0
        running[:] = 0
        running_expected[:] = 0.0
        for step in range(starts[centre], starts[centre + 1]):
            location = members[step]
            for point in range(points):
                running_expected[point] += expected_prefix[location, point]
            if prefix[location, points - 1] == 0:
                continue
            for point in range(points):
                running[point] += prefix[location, point]
            for window in range(len(window_from)):
                cases = running[window_to[window]] - running[window_from[window]]
                if cases < min_cases:
                    continue
                expected = running_expected[window_to[window]] - running_expected[window_from[window]]
                if cases <= expected or expected <= 0.0:
                    continue
                excess = cases - expected
                # rounding may leave a zone of everybody a hair below the total; nothing is outside it to compare with
                outside = total - expected
                if outside <= 1e-9 * total:
                    continue
                if excess * excess * (0.5 / expected + 1.0 / outside) <= best:
                    continue
                ratio = _poisson_ratio(cases, expected, total)
                if ratio > best * CLEARLY:
                    best = ratio
                    ratios[centre] = ratio
                    sizes[centre] = step - starts[centre] + 1
                    windows[centre] = window
    return ratios, sizes, windows


@compiled
def _times_log(count: int, share: float) -> float:
    return count * np.log(share) if count > 0 else 0.0


@compiled
def best_bernoulli(
    starts: Integers,
    members: Members,
    cases_at: Integers,
    people_at: Integers,
    min_cases: int,
    one_maximum: bool,
) -> tuple[Floats, Integers]:
    """Scan cases among cases and controls; returns per centre the best ratio and the number of locations."""
    centres = len(starts) - 1
    ratios = np.zeros(centres)
    sizes = np.zeros(centres, dtype=np.int64)
    all_cases = cases_at.sum()
    people = people_at.sum()
    apart = _times_log(all_cases, all_cases / people) + _times_log(people - all_cases, (people - all_cases) / people)
    best = 0.0
    for centre in range(centres):
        if not one_maximum:
            best = 0.0
        inside = 0
        cases = 0
        for step in range(starts[centre], starts[centre + 1]):
            location = members[step]
            inside += people_at[location]
            cases += cases_at[location]
            outside = people - inside
            if cases_at[location] == 0 or cases < min_cases or outside == 0:
                continue
            rest = all_cases - cases
            if cases * outside <= rest * inside:
                continue
            ratio = (
                _times_log(cases, cases / inside)
                + _times_log(inside - cases, (inside - cases) / inside)
                + _times_log(rest, rest / outside)
                + _times_log(outside - rest, (outside - rest) / outside)
                - apart
            )
            if ratio > best * CLEARLY:
                best = ratio
                ratios[centre] = ratio
                sizes[centre] = step - starts[centre] + 1
    return ratios, sizes
