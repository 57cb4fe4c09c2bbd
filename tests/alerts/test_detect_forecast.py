"""Forecasts: better than the simple baselines where these can be beaten, calibrated, adding up, blind to the future."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import nbinom

from alerts.detect.forecast import Forecast, forecast, quantile, roll_up

CELLS, CATEGORIES, WEEKS = 120, 3, 60


def ring(cells: int = CELLS) -> csr_array:
    at = np.arange(cells)
    rows = np.concatenate([at, at])
    columns = np.concatenate([(at + 1) % cells, (at - 1) % cells])
    return csr_array((np.ones(2 * cells), (rows, columns)), shape=(cells, cells))


def sample(seed: int = 3) -> np.ndarray:
    """Counts of cells with gamma rates under a level that drifts for all of them."""
    generator = np.random.default_rng(seed)
    rates = generator.gamma(0.8, 1.5, (CELLS, CATEGORIES, 1))
    level = np.exp(np.cumsum(generator.normal(0, 0.05, (1, CATEGORIES, WEEKS)), axis=2))
    return generator.poisson(rates * level * generator.gamma(10, 0.1, (CELLS, CATEGORIES, WEEKS)))


def crps(predicted: Forecast, counts: np.ndarray) -> float:
    steps = np.arange(120)
    size, mean = predicted.size[..., None], predicted.mean[..., None]
    below = nbinom.cdf(steps, size, size / (size + mean))
    return float(((below - (counts[..., None] <= steps)) ** 2).sum(axis=-1).mean())


def test_it_beats_the_mean_of_four_weeks_and_the_mean_of_all():
    counts = sample()
    predicted = forecast(counts, ring(), first=50)
    ours = crps(predicted, counts[:, :, 50:])

    weeks = range(50, WEEKS)
    for history in (4, 50):
        mean = np.stack([counts[:, :, week - history : week].mean(axis=2) for week in weeks], axis=2)
        simple = Forecast(mean=np.maximum(mean, 1e-3), size=np.full(mean.shape, 10.0))
        assert ours < crps(simple, counts[:, :, 50:])


def test_it_is_calibrated():
    counts = sample(9)
    predicted = forecast(counts, ring(), first=40)
    seen = counts[:, :, 40:]

    share = predicted.size / (predicted.size + predicted.mean)
    low, at = nbinom.cdf(seen - 1, predicted.size, share), nbinom.pmf(seen, predicted.size, share)
    pit = np.sort((low + np.random.default_rng(1).random(seen.shape) * at).ravel())

    # 7 200 values: chance alone moves the distance to uniform by about 0.016 (95 %)
    assert np.abs(pit - (np.arange(len(pit)) + 0.5) / len(pit)).max() < 0.03


def test_what_a_week_holds_does_not_change_its_forecast():
    counts = sample()
    changed = counts.copy()
    changed[:, :, 55:] = 99

    before, after = forecast(counts, ring(), first=50), forecast(changed, ring(), first=50)

    assert after.mean[:, :, :6] == pytest.approx(before.mean[:, :, :6], abs=0)
    assert after.mean[:, :, 6].sum() > before.mean[:, :, 6].sum()


def test_areas_add_up():
    predicted = forecast(sample(), ring(), first=58)
    areas = csr_array(np.repeat(np.eye(4), CELLS // 4, axis=1))

    whole = roll_up(predicted, areas)

    assert whole.mean.sum() == pytest.approx(predicted.mean.sum())
    variance = predicted.mean + predicted.mean**2 / predicted.size
    assert (whole.mean + whole.mean**2 / whole.size).sum() == pytest.approx(variance.sum())


def test_days_learn_the_weekdays():
    generator = np.random.default_rng(4)
    weekday = np.array([2.0, 1, 1, 1, 1, 1, 0.2])
    counts = generator.poisson(np.tile(weekday, 12)[None, None, :] * 2.0, (60, 1, 84))

    predicted = forecast(counts, ring(60), first=77, blocks_per_week=7)

    means = predicted.mean.mean(axis=(0, 1))
    assert means[0] == pytest.approx(4.0, rel=0.15)
    assert means[6] == pytest.approx(0.4, rel=0.35)


def test_quantiles_are_the_smallest_counts_reaching_the_level():
    predicted = Forecast(mean=np.full((1, 1, 1), 4.0), size=np.full((1, 1, 1), 1e9))

    # Poisson with mean 4: P(X <= 6) = .889, P(X <= 7) = .949
    assert quantile(predicted, 0.9)[0, 0, 0] == 7


def test_counts_of_zero_give_a_small_positive_mean():
    predicted = forecast(np.zeros((5, 2, 10), dtype=np.int64), ring(5), first=8)

    assert predicted.mean.shape == (5, 2, 2)
    assert (predicted.mean == 1e-3).all()
    assert np.isfinite(predicted.size).all()
