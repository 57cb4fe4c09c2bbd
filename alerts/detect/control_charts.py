"""Unusual counts from the recent past: EARS C1 to C3, CUSUM and the Bayes predictive bound.

EARS: Hutwagner et al. (2003); CUSUM: Rossi et al. (1999); Bayes: Hoehle (2007). Definitions as in R surveillance 1.20.3
(`earsC`, `cusum`, `bayes`). Functions take the whole series and the positions to judge and return one value per
position.
"""

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import hyp2f1
from scipy.stats import nbinom, norm

from alerts.detect import quasi_poisson
from gis.errors import BadInput

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

EARS_LAG = {"C1": 0, "C2": 2, "C3": 4}


def ears_bound(
    counts: Integers, positions: Integers, *, method: str, baseline: int, min_sigma: float, alpha: float
) -> Floats:
    """Return the bound of EARS C1, C2 or C3; a count above it is an alarm.

    C1: mean + z sd of the `baseline` counts before; C2 leaves out the two latest; C3 adds up how far the last three
    counts exceeded C2's mean. NaN where the spread of C3's baseline is 0 and its bound undefined.
    """
    if baseline < 3:
        raise BadInput("baseline is {baseline}; EARS needs at least 3 values", baseline=baseline)
    needed = baseline + EARS_LAG[method]
    if len(positions) and positions.min() < needed:
        raise BadInput(
            "{method} needs {needed} values before the first one judged; there are {found}",
            method=method,
            needed=needed,
            found=positions.min(),
        )
    z = float(norm.ppf(1 - alpha))

    def baseline_of(places: Integers, lag: int) -> tuple[Floats, Floats]:
        reference = sliding_window_view(counts.astype(float), baseline)[places - lag - baseline]
        return reference.mean(axis=1), np.maximum(reference.std(axis=1, ddof=1), min_sigma)

    mean, deviation = baseline_of(positions, 0 if method == "C1" else 2)
    if method != "C3":
        return np.asarray(mean + z * deviation, dtype=np.float64)
    before = np.zeros(len(positions))
    with np.errstate(divide="ignore", invalid="ignore"):
        for lag in (1, 2):
            centre, scale = baseline_of(positions - lag, 2)
            before += np.maximum(0.0, (counts[positions - lag] - centre) / scale - 1)
        bound = np.maximum(0.0, counts[positions] + deviation * (z - before))
    return np.asarray(bound, dtype=np.float64)


def bayes_bound(
    counts: Integers, positions: Integers, *, b: int, w: int, this_year: bool, alpha: float, freq: int
) -> Floats:
    """Return the upper quantile of the negative-binomial posterior prediction; a count above it is an alarm.

    Reference values: the w counts before (when `this_year`) and 2 w + 1 around the same index b years of `freq` back.
    Gamma prior with shape 1/2 and rate 0.
    """
    first = max(b * freq + w if b else 0, w if this_year else 0)
    if len(positions) and positions.min() < first:
        raise BadInput(
            "bayes with b {b} and w {w} needs {first} values before the first one judged", b=b, w=w, first=first
        )
    total = np.zeros(len(positions))
    size = 0
    summed = np.concatenate([[0], np.cumsum(counts)])
    if this_year:
        total += summed[positions] - summed[positions - w]
        size += w
    for year in range(1, b + 1):
        centre = positions - year * freq
        total += summed[centre + w + 1] - summed[centre - w]
        size += 2 * w + 1
    if not size:
        raise BadInput("bayes without the current year (actY false) needs b of at least 1")
    return np.asarray(nbinom.ppf(1 - alpha, total + 0.5, size / (size + 1)), dtype=np.float64)


def cusum(
    counts: Integers,
    positions: Integers,
    *,
    k: float,
    h: float,
    mean: float | str | None,
    transform: str,
    alpha: float,
    freq: int,
) -> tuple[Floats, Floats]:
    """Accumulate standardised exceedances over consecutive positions; a sum of at least `h` is an alarm.

    Parameters
    ----------
    mean
        In-control mean; None takes the mean of all counts before the first position, "glm" a seasonal Poisson
        regression.
    transform
        rossi, standard, anscombe, anscombe2nd, pearsonNegBin, anscombeNegBin or none.

    Returns
    -------
    statistic, bound
        The sum after each count, and the count that would have raised the alarm. NaN where the in-control mean is 0.
    """
    start = int(positions[0])
    if start < 1 and not isinstance(mean, float | int):
        raise BadInput("cusum needs at least one count before the first one judged")
    centre = _cusum_mean(counts, positions, mean, freq)
    observed = counts[positions].astype(float)
    if not (centre > 0).all():
        return np.full(len(positions), np.nan), np.full(len(positions), np.nan)
    standard = _standardised(observed, centre, transform, alpha)
    statistic = np.zeros(len(positions) + 1)
    for step, value in enumerate(standard):
        statistic[step + 1] = max(0.0, statistic[step] + value - k)
    left = h + k - statistic[:-1]
    with np.errstate(invalid="ignore"):
        bounds = {
            "rossi": 2 * left * np.sqrt(centre) + 5 * centre - 2 * np.sqrt(4 * centre**2 + 2 * centre**1.5 * left),
            "standard": np.ceil(np.sqrt(centre) * left + centre),
            "anscombe": np.maximum(2 / 3 * centre ** (1 / 6) * left + centre ** (2 / 3), 0) ** 1.5,
            "anscombe2nd": np.maximum(2 / 3 * centre ** (1 / 6) * left + centre ** (2 / 3) - centre ** (1 / 3) / 9, 0)
            ** 1.5,
            "pearsonNegBin": np.sqrt(centre + alpha * centre**2) * left + centre,
        }
    bound = bounds.get(transform, h - statistic[1:])
    return statistic[1:], np.maximum(np.nan_to_num(bound), 0.0)


def _cusum_mean(counts: Integers, positions: Integers, mean: float | str | None, freq: int) -> Floats:
    start = int(positions[0])
    if mean is None:
        return np.full(len(positions), counts[:start].mean())
    if mean != "glm":
        return np.full(len(positions), float(mean))
    angle = 2 * np.pi / freq * np.arange(len(counts))
    design = np.column_stack([np.ones(len(counts)), np.cos(angle), np.sin(angle)])
    model = quasi_poisson.fit(design[:start], counts[:start].astype(float))
    return np.asarray(np.exp(design[positions] @ model.coefficients), dtype=np.float64)


def _standardised(observed: Floats, mean: Floats, transform: str, alpha: float) -> Floats:
    if transform == "rossi":
        values = (observed - 3 * mean + 2 * np.sqrt(observed * mean)) / (2 * np.sqrt(mean))
    elif transform == "standard":
        values = (observed - mean) / np.sqrt(mean)
    elif transform == "anscombe":
        values = 1.5 * (observed ** (2 / 3) - mean ** (2 / 3)) / mean ** (1 / 6)
    elif transform == "anscombe2nd":
        values = (observed ** (2 / 3) - (mean ** (2 / 3) - mean ** (-1 / 3) / 9)) / (2 / 3 * mean ** (1 / 6))
    elif transform == "pearsonNegBin":
        values = (observed - mean) / np.sqrt(mean + alpha * mean**2)
    elif transform == "anscombeNegBin":
        # R reads the hypergeometric function from a table, this computes it
        def stretched(count: Floats) -> Floats:
            return np.asarray(1.5 * count ** (2 / 3) * hyp2f1(1 / 3, 2 / 3, 5 / 3, -alpha * count), dtype=np.float64)

        values = (stretched(observed) - stretched(mean)) / (mean + alpha * mean**2) ** (1 / 6)
    elif transform == "none":
        values = observed
    else:
        raise BadInput(
            "trans is {value!r}; it must be rossi, standard, anscombe, anscombe2nd, pearsonNegBin or none",
            value=transform,
        )
    return np.asarray(values, dtype=np.float64)
