"""Rate requests against those who may ask, drawn to the mean where few people stand behind the figure."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gis.errors import IndexMismatch


@dataclass(frozen=True)
class Prior:
    """What rates are drawn to."""

    #: requests per eligible person in the whole sub-district
    mean: float
    #: variance of the true rate between cells
    variance: float


def estimate_prior(requests: pd.Series, eligible: pd.Series) -> Prior:
    """Estimate mean and variance of the cells' true rates by moments (Marshall 1991, global estimator).

    Parameters
    ----------
    requests, eligible
        Per cell, same index [requests], [persons].
    """
    require_same_cells(requests, eligible)
    asked, may_ask = requests.to_numpy(dtype=np.float64), eligible.to_numpy(dtype=np.float64)
    known = may_ask > 0
    asked, may_ask = asked[known], may_ask[known]
    if not may_ask.size:
        return Prior(mean=0.0, variance=0.0)
    mean = asked.sum() / may_ask.sum()
    # weighted variance of the raw rates, less what chance alone would give cells of this size
    spread = float(np.sum(may_ask * (asked / may_ask - mean) ** 2) / may_ask.sum())
    return Prior(mean=float(mean), variance=max(0.0, spread - float(mean) / float(may_ask.mean())))


def demand_per_1000(requests: pd.Series, eligible: pd.Series, *, prior: Prior | None = None) -> pd.Series:
    """Rate service requests against the people who may ask for the service.

    A cell with few eligible people gets a rate drawn towards the sub-district's mean (empirical Bayes), so that one
    request from two residents does not light up the map: rate = m + A / (A + m / n) (r - m), with mean m, variance A,
    n eligible and raw rate r. Source: R. J. Marshall (1991), "Mapping disease and mortality rates using empirical
    Bayes estimators", Applied Statistics 40(2).

    Parameters
    ----------
    requests
        Requests in the period, indexed by cell [count].
    eligible
        Residents for whom the service exists, same index [persons].
    prior
        Mean and variance to draw to; estimated from these cells when not given.

    Returns
    -------
    demand_per_1000
        One value per cell on the index of `requests` [requests per 1 000 persons]. NaN where nobody is eligible.

    Raises
    ------
    IndexMismatch
        If the two series do not cover the same cells.
    """
    require_same_cells(requests, eligible)
    known = prior or estimate_prior(requests, eligible)
    may_ask = eligible.to_numpy(dtype=np.float64)
    may_ask = np.where(may_ask > 0, may_ask, np.nan)
    raw = requests.to_numpy(dtype=np.float64) / may_ask
    chance = known.mean / may_ask
    trust = np.divide(
        known.variance, known.variance + chance, out=np.zeros_like(chance), where=known.variance + chance > 0
    )
    rate = known.mean + trust * (raw - known.mean)
    return pd.Series(1000.0 * rate, index=requests.index, name="demand_per_1000")


def require_same_cells(requests: pd.Series, eligible: pd.Series) -> None:
    if not requests.index.equals(eligible.index):
        extra = requests.index.symmetric_difference(eligible.index)
        raise IndexMismatch(
            "{count} cells are in one series only, first {first}; both must cover the same cells",
            count=len(extra),
            first=extra[:1].tolist(),
        )
