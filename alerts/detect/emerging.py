"""Hot spots over time: Mann-Kendall trend of Gi* per cell and the classes of emerging hot spots.

The eight hot classes follow Esri's published definitions as read in the rules below, tried in this order; the eight
cold ones are their mirror image, which with `no_hot_pattern` makes seventeen.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

NO_PATTERN = "no_hot_pattern"
TREND_LEVEL = 0.1  # a trend counts below this p (Esri: 90 % confidence)


def mann_kendall(series: Floats) -> tuple[Floats, Floats]:
    """Test each row for a monotone trend.

    S = sum of sign(x_j - x_i) over i < j; variance with the correction for ties; z = (S -+ 1) / sd (Mann 1945,
    Kendall 1975).

    Parameters
    ----------
    series
        One row per cell, columns in order of time.

    Returns
    -------
    z, p
        One value per row, p two-sided. z = 0 and p = 1 where all values of a row are equal or there are fewer than
        three.
    """
    rows, periods = series.shape
    score = np.zeros(rows)
    for lag in range(1, periods):
        score += np.sign(series[:, lag:] - series[:, :-lag]).sum(axis=1)
    ordered = np.sort(series, axis=1)
    ties = np.zeros(rows)
    run = np.ones(rows)
    for column in range(1, periods + 1):
        same = ordered[:, column] == ordered[:, column - 1] if column < periods else np.zeros(rows, dtype=bool)
        ties += np.where(same, 0.0, run * (run - 1) * (2 * run + 5))
        run = np.where(same, run + 1, 1.0)
    variance = (periods * (periods - 1) * (2 * periods + 5) - ties) / 18
    z = np.zeros(rows)
    moved = variance > 0
    z[moved] = (score - np.sign(score))[moved] / np.sqrt(variance[moved])
    return z, np.asarray(2 * norm.sf(np.abs(z)), dtype=np.float64)


def emerging_class(hot: Flags, cold: Flags, *, trend_z: float, trend_p: float) -> str:
    """Name the pattern of one cell over T periods, h of them hot; `no_hot_pattern` when no rule holds.

    For the cold classes call it with `hot` and `cold` exchanged and the trend's sign turned.
    """
    periods, total = len(hot), int(hot.sum())
    if total == 0:
        return NO_PATTERN
    mostly = 10 * total >= 9 * periods
    if not hot[-1]:
        return "historical" if mostly else NO_PATTERN
    if total == 1:
        return "new"
    if not mostly and bool(hot[-total:].all()):
        return "consecutive"
    if mostly:
        if trend_p < TREND_LEVEL and trend_z != 0:
            return "intensifying" if trend_z > 0 else "diminishing"
        return "persistent"
    return "oscillating" if bool(cold.any()) else "sporadic"


def classify(z: Floats, hot: Flags, cold: Flags, *, with_cold: bool = False) -> pd.DataFrame:
    """Class every cell of a space-time cube.

    Parameters
    ----------
    z, hot, cold
        Gi* and its significant cells, one row per cell, one column per period (see `hotspots.gi_star`).
    with_cold
        Look for a cold pattern (`new_cold` ... `historical_cold`) where there is no hot one.

    Returns
    -------
    classes
        One row per row of `z`: class, trend_z, trend_p (NaN where Gi* is undefined).
    """
    trend_z, trend_p = mann_kendall(z)
    undefined = ~np.isfinite(z).all(axis=1)
    trend_z[undefined] = np.nan
    trend_p[undefined] = np.nan
    names = []
    for cell in range(len(z)):
        name = emerging_class(hot[cell], cold[cell], trend_z=trend_z[cell], trend_p=trend_p[cell])
        if with_cold and name == NO_PATTERN:
            name = emerging_class(cold[cell], hot[cell], trend_z=-trend_z[cell], trend_p=trend_p[cell])
            name = name if name == NO_PATTERN else f"{name}_cold"
        names.append(name)
    return pd.DataFrame({"class": names, "trend_z": trend_z, "trend_p": trend_p})
