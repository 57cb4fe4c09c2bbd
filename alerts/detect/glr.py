"""Unusual counts by a generalised likelihood ratio: negative-binomial and Poisson charts for a shift of the level.

Hoehle and Paul (2008), as `glrnb` of R surveillance 1.20.3. The chart looks at every possible start of a shift and
takes the most likely one; after an alarm it begins afresh with the next count.
"""

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import digamma

from alerts.detect import quasi_poisson
from gis.compiled import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

ALTERNATIONS_MAX = 100
THETA_MAX = 1e6  # beyond it the negative binomial is a Poisson distribution to every digit that matters


def seasonal_design(times: Floats, *, harmonics: int, trend: bool, freq: int) -> Floats:
    """Return columns 1, t (when `trend`), and cos, sin of 2 pi s t / freq for s = 1 .. harmonics."""
    columns = [np.ones(len(times))]
    if trend:
        columns.append(times)
    for harmonic in range(1, harmonics + 1):
        angle = 2 * harmonic * np.pi / freq * times
        columns += [np.cos(angle), np.sin(angle)]
    return np.column_stack(columns)


def fit_negative_binomial(design: Floats, response: Floats) -> tuple[Floats, float]:
    """Return the maximum-likelihood coefficients (log link) and theta, variance = mean + mean^2 / theta.

    Coefficients and theta are found in turn, as in MASS::glm.nb, until neither moves. Theta is infinite where the
    counts vary no more than a Poisson variable.
    """
    model = quasi_poisson.fit(design, response)
    coefficients, mean = model.coefficients, model.mean
    theta = _theta(response, mean)
    for _ in range(ALTERNATIONS_MAX):
        if np.isinf(theta):
            return model.coefficients, theta
        for _ in range(ALTERNATIONS_MAX):
            weights = mean / (1 + mean / theta)
            target = np.log(mean) + (response - mean) / mean
            weighted = design * weights[:, None]
            moved = np.asarray(np.linalg.solve(design.T @ weighted, weighted.T @ target), dtype=np.float64)
            done = np.abs(moved - coefficients).max() < 1e-10 * (1 + np.abs(moved).max())
            coefficients, mean = moved, np.exp(design @ moved)
            if done:
                break
        before, theta = theta, _theta(response, mean)
        if abs(theta - before) < 1e-9 * before:
            break
    return coefficients, theta


def glr_chart(
    counts: Floats,
    mean: Floats,
    *,
    alpha: float,
    limit: float,
    least: int = 1,
    window: int = -1,
    upward: bool = True,
    kappa: float | None = None,
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Run the chart over consecutive counts.

    Parameters
    ----------
    counts, mean
        What was seen and the in-control mean.
    alpha
        1 / theta; 0 takes Poisson counts.
    limit
        An alarm is a statistic of at least this (above it with a known shift).
    least, window
        Fewest counts of a shift (Mtilde), and how far back it may begin (M; -1 = any time).
    kappa
        A known shift of the log mean: a plain likelihood-ratio CUSUM.

    Returns
    -------
    statistic, alarm
        One value per count; a negative or undefined statistic is 0.
    """
    statistic = np.zeros(len(counts))
    alarm = np.zeros(len(counts), dtype=bool)
    start = 0
    direction = 1 if upward else -1
    while start < len(counts):
        if kappa is not None:
            values, stop = _known_shift(counts[start:], mean[start:], alpha, kappa, limit)
        else:
            values, stop = _unknown_shift(counts[start:], mean[start:], alpha, limit, least, window, direction)
        seen = min(stop + 1, len(counts) - start)
        statistic[start : start + seen] = values[:seen]
        if stop < len(counts) - start:
            alarm[start + stop] = True
        start += stop + 1
    return np.maximum(np.nan_to_num(statistic), 0.0), alarm


def _theta(response: Floats, mean: Floats) -> float:
    def slope(log_theta: float) -> float:
        theta = np.exp(log_theta)
        terms = digamma(theta + response) - digamma(theta) + np.log(theta) + 1 - np.log(theta + mean)
        return float((terms - (response + theta) / (mean + theta)).sum())

    low, high = np.log(1e-6), np.log(THETA_MAX)
    if slope(high) > 0:
        return float("inf")
    if slope(low) < 0:
        return float(np.exp(low))
    return float(np.exp(brentq(slope, low, high, xtol=1e-13, rtol=1e-13)))


@compiled
def _shift_ratio(counts: Floats, mean: Floats, alpha: float, kappa: float, first: int, last: int) -> float:
    total = 0.0
    for at in range(first, last + 1):
        if alpha > 0:
            odds = np.log((1 + alpha * mean[at]) / (1 + alpha * mean[at] * np.exp(kappa)))
            total += kappa * counts[at] + (counts[at] + 1 / alpha) * odds
        else:
            total += kappa * counts[at] + (1 - np.exp(kappa)) * mean[at]
    return total


@compiled
def _best_shift(
    counts: Floats, mean: Floats, alpha: float, first: int, last: int, start: float, direction: int
) -> float:
    if alpha == 0.0:
        seen = counts[first : last + 1].sum()
        if seen == 0:
            return 0.0 if direction > 0 else -np.inf
        shift: float = np.log(seen / mean[first : last + 1].sum())
        return direction * max(0.0, direction * shift)
    before, kappa, rounds = 0.4, start, 0
    while kappa > -18 and abs(kappa - before) > 1e-6 and rounds < 1000:
        rounds += 1
        before = kappa
        score, information = 0.0, 0.0
        for at in range(first, last + 1):
            scaled = 1 + alpha * np.exp(kappa) * mean[at]
            score += (counts[at] - np.exp(kappa) * mean[at]) / scaled
            information += mean[at] * (alpha * counts[at] + 1) / scaled**2
        kappa = kappa + score / (np.exp(kappa) * information)
    return direction * max(0.0, direction * kappa)


@compiled
def _unknown_shift(
    counts: Floats, mean: Floats, alpha: float, limit: float, least: int, window: int, direction: int
) -> tuple[Floats, int]:
    values = np.zeros(len(counts))
    for last in range(max(least - 1, 0), len(counts)):
        best, kappa = -1e99, 0.5
        for first in range(0 if window < 0 else max(0, last - window), last - least + 2):
            kappa = _best_shift(counts, mean, alpha, first, last, kappa, direction)
            best = max(best, _shift_ratio(counts, mean, alpha, kappa, first, last))
        values[last] = best
        if best >= limit:
            return values, last
    return values, len(counts)


@compiled
def _known_shift(counts: Floats, mean: Floats, alpha: float, kappa: float, limit: float) -> tuple[Floats, int]:
    values = np.zeros(len(counts))
    running = 0.0
    for at in range(len(counts)):
        running = max(0.0, running + _shift_ratio(counts, mean, alpha, kappa, at, at))
        values[at] = running
        if running > limit:
            return values, at
    return values, len(counts)
