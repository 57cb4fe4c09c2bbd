"""How many events to expect per cell and category in the next week or day, with honest quantiles.

Counts per cell are small, so what can be gained over a good moving average is small too, and comes from four things:
- the rate of a cell is an exponentially weighted mean whose memory is long where counts are low and shorter where
they are high; - a rate known from few events is drawn towards what the other categories there and the same category
next door suggest
  (gamma prior with a shape common to all cells);
- what all cells share (season, weather, trend) is followed by a level per category, estimated from the totals. How
fast the
  level may move is not set but averaged over several speeds, weighed by how well each has forecast the totals so far;
- the spread is a negative binomial with variance mean (1 + phi) + mean^2 / r, both fitted on past forecasts after
taking out the
  common error of each week, so that one storm does not widen every forecast after it.
A boosted-tree and a neural model were weighed against it: docs/early-warning.md.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import gammaln
from scipy.stats import nbinom

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

METHOD_VERSION = "2"


@dataclass(frozen=True)
class Settings:
    """Fixed parts of the forecast; speeds are per week and are converted where blocks are days."""

    slow: float = 0.01  # weekly weight of the newest block where counts are low ...
    fast: float = 0.15  # ... and where they are high
    turning_mean: float = 5.0  # weekly count at which both weigh the same
    prior_shape: float = 2.0  # gamma shape of a cell's rate about what its surroundings suggest
    level_speeds: tuple[float, ...] = (0.02, 0.05, 0.1, 0.2, 0.35, 0.6)
    level_events: float = 2000.0  # recent events at which a category's own level weighs as much as that of all
    speed_penalty: float = 0.5  # a faster level has to earn it
    speed_temperature: float = 2.0  # how soon a better speed takes over
    warm_up_blocks: int = 5
    dispersion_blocks: int = 26
    mean_min: float = 1e-3


@dataclass(frozen=True)
class Forecast:
    """Negative-binomial forecasts: mean and size per (cell, category, block); variance = mean + mean^2 / size."""

    mean: Floats
    size: Floats


def forecast(
    counts: Integers,
    neighbours: csr_array,
    *,
    first: int,
    blocks_per_week: int = 1,
    settings: Settings | None = None,
) -> Forecast:
    """Forecast every block from `first` on, each from the blocks before it (rolling, one block ahead).

    Parameters
    ----------
    counts
        Events per (cell, category, block), in order of time. The last block may be the one to forecast: what it holds
        is not looked at.
    neighbours
        Square 0/1 matrix of adjoining cells without the diagonal.
    first
        First block to forecast; at least one lies before it.
    blocks_per_week
        1 for weeks, 7 for days. Days get a profile of the weekdays per category.

    Returns
    -------
    Forecast
        Arrays of shape (cells, categories, blocks - first).
    """
    rules = settings or Settings()
    start = min(first, max(rules.warm_up_blocks, first - 40 * blocks_per_week))
    means = _rolling_means(counts, neighbours, start=start, blocks_per_week=blocks_per_week, rules=rules)
    begin = max(start, first - rules.dispersion_blocks * blocks_per_week)
    enough = counts[:, :, :first].sum(axis=(1, 2)) >= 10
    known = enough if enough.any() else np.ones(len(counts), dtype=bool)
    past = slice(begin - start, first - start)
    phi, inverse_size = _dispersion(means[known][:, :, past], counts[known][:, :, begin:first])
    mean = means[:, :, first - start :]
    return Forecast(mean=mean, size=1 / (phi / mean + inverse_size))


def quantile(forecasts: Forecast, level: float) -> Floats:
    """Return the smallest count whose probability of not being exceeded is at least `level`."""
    size = forecasts.size
    return np.asarray(nbinom.ppf(level, size, size / (size + forecasts.mean)), dtype=np.float64)


def roll_up(forecasts: Forecast, membership: csr_array) -> Forecast:
    """Sum forecasts of cells into communities or the sub-district.

    Means add up exactly; the spread is that of independent cells, matched by a negative binomial of the same variance.

    Parameters
    ----------
    membership
        Share of each cell (column) in each area (row).
    """
    cells, categories, blocks = forecasts.mean.shape
    flat = forecasts.mean.reshape(cells, -1)
    mean = np.asarray(membership @ flat)
    extra = np.asarray((membership * membership) @ (flat**2 / forecasts.size.reshape(cells, -1)))
    shape = (membership.shape[0], categories, blocks)
    size = np.divide(mean**2, extra, out=np.full_like(mean, np.inf), where=extra > 0)
    return Forecast(mean=mean.reshape(shape), size=size.reshape(shape))


def _rolling_means(
    counts: Integers, neighbours: csr_array, *, start: int, blocks_per_week: int, rules: Settings
) -> Floats:
    cells, categories, blocks = counts.shape
    totals = counts.sum(axis=0).astype(float)
    slow, fast = (1 - (1 - speed) ** (1 / blocks_per_week) for speed in (rules.slow, rules.fast))
    turning = rules.turning_mean / blocks_per_week
    memory = [_Memory(counts.shape, slow), _Memory(counts.shape, fast)]
    speeds = np.array(rules.level_speeds)
    kept = (1 - speeds) ** (1 / blocks_per_week)
    error = np.zeros(len(speeds))
    forgotten = 0.98 ** (1 / blocks_per_week)
    means = np.zeros((cells, categories, blocks - start))
    for block in range(blocks):
        profile = _weekday_profile(totals[:, :block], blocks_per_week)
        if block >= 1:
            steady, quick = (one.mean() for one in memory)
            share = steady / (steady + turning)
            rate = (1 - share) * steady + share * quick
            rate = _shrunk(rate, memory[0].blocks, neighbours, rules.prior_shape)
            expected = _levelled_totals(totals[:, :block], profile, rate.sum(axis=0), kept, rules.level_events)
            cost = error / categories + rules.speed_penalty * np.log(speeds / speeds[0])
            weight = np.exp(-(cost - cost.min()) / rules.speed_temperature)
            wanted = (weight / weight.sum()) @ expected
            if block >= start:
                level = wanted / np.maximum(rate.sum(axis=0), 1e-9)
                means[:, :, block - start] = np.maximum(rate * level, rules.mean_min)
            if block >= rules.warm_up_blocks - 1:
                missed = np.abs(totals[:, block] - expected) / np.sqrt(expected + 1)
                error = error * forgotten + missed.sum(axis=1) / blocks_per_week
        for one in memory:
            one.add(counts[:, :, block], profile)
    return means


class _Memory:
    """Exponentially weighted mean of counts over exposure, per cell and category."""

    def __init__(self, shape: tuple[int, ...], speed: float) -> None:
        self._kept = 1 - speed
        self._events = np.zeros(shape[:2])
        self._exposure = np.zeros(shape[1])
        self.blocks = 0.0

    def mean(self) -> Floats:
        return np.asarray(self._events / np.maximum(self._exposure, 1e-9), dtype=np.float64)

    def add(self, counts: Integers, exposure: Floats) -> None:
        self._events = self._events * self._kept + counts
        self._exposure = self._exposure * self._kept + exposure
        self.blocks = self.blocks * self._kept + 1


def _weekday_profile(totals: Floats, blocks_per_week: int) -> Floats:
    """Return the next block's share of an average one, per category: 1 for weeks, the weekday's for days."""
    blocks = totals.shape[1]
    if blocks_per_week == 1 or blocks < 4 * blocks_per_week:
        return np.ones(len(totals))
    recent = totals[:, -26 * blocks_per_week :]
    same = recent[:, ::-1][:, blocks_per_week - 1 :: blocks_per_week]
    overall = recent.mean(axis=1)
    # drawn towards 1 with the weight of 50 events
    return np.asarray((same.sum(axis=1) + 50) / (overall * same.shape[1] + 50), dtype=np.float64)


def _shrunk(rate: Floats, blocks: float, neighbours: csr_array, shape: float) -> Floats:
    """Draw rates towards what other categories and neighbouring cells suggest; strongly where that is low."""
    overall = rate.sum(axis=0)
    everything = max(float(overall.sum()), 1e-9)
    beside = np.asarray(neighbours @ rate) / 6
    others = (rate.sum(axis=1, keepdims=True) - rate) * (overall / np.maximum(everything - overall, 1e-9))
    suggested = (others + beside) / 2 if rate.shape[1] > 1 else beside
    suggested = 0.9 * suggested + 0.1 * rate.mean(axis=0) + 1e-6
    suggested *= overall / suggested.sum(axis=0)
    suggested = np.maximum(suggested, 1e-9)
    return np.asarray((blocks * rate + shape) / (blocks + shape / suggested), dtype=np.float64)


def _levelled_totals(totals: Floats, profile: Floats, implied: Floats, kept: Floats, level_events: float) -> Floats:
    """Return the total expected of each category in the next block, one row per speed of the level."""
    expected = np.zeros((len(kept), len(totals)))
    latest_first = totals[:, ::-1]
    for row, keep in enumerate(kept):
        weights = keep ** np.arange(min(latest_first.shape[1], 280))
        recent = latest_first[:, : len(weights)] @ weights / weights.sum()
        effective = weights.sum() ** 2 / (weights**2).sum()
        common = recent.sum() / max(float(implied.sum()), 1e-9)
        own_weight = recent * effective / (recent * effective + level_events)
        level = own_weight * recent / np.maximum(implied, 1e-9) + (1 - own_weight) * common
        expected[row] = implied * level * profile
    return expected


def _dispersion(means: Floats, counts: Integers) -> tuple[float, float]:
    """Fit phi and 1 / r of variance = mean (1 + phi) + mean^2 / r by maximum likelihood.

    Each block's means are first scaled towards its own totals: the error all cells share is the level's, not theirs.
    """
    if not counts.size or counts.sum() < 50:
        return 0.1, 0.05
    predicted = means.sum(axis=0)
    factor = (counts.sum(axis=0) + 50) / (predicted + 50)
    mean = (means * factor).ravel()
    seen = counts.ravel().astype(float)
    used = mean > 0.02
    mean, seen = mean[used], seen[used]

    def cost(log_parameters: Floats) -> float:
        size = 1 / (np.exp(log_parameters[0]) / mean + np.exp(log_parameters[1]))
        likelihood = gammaln(seen + size) - gammaln(size) + size * np.log(size / (size + mean))
        return -float((likelihood + seen * np.log(mean / (mean + size))).sum())

    found = minimize(cost, [-2.0, -3.0], method="Nelder-Mead", options={"maxiter": 80})
    phi, inverse_size = np.exp(found.x)
    return float(phi), float(inverse_size)
