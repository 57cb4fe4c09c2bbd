"""Quasi-Poisson regression with log link, iterated exactly as R's `glm.fit` does.

The same start (y + 0.1), the same stopping rule (relative change of the deviance below 1e-8, at most 25 rounds) and
the same floor of the mean matter where a seasonal group has no case: its coefficient runs to minus infinity and what
is reported depends on where the iteration stops. Normal equations instead of R's QR: the designs here are a few
dummies and one trend.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import xlogy

Floats = npt.NDArray[np.float64]

TOLERANCE = 1e-8
ROUNDS_MAX = 25
MEAN_MIN = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Fit:
    """A fitted regression: coefficients, (X'WX)^-1, fitted means, working weights of the last round, residual
    freedom."""

    coefficients: Floats
    covariance: Floats
    mean: Floats
    weights: Floats
    residual_freedom: int
    converged: bool

    def dispersion(self, response: Floats, weights: Floats | None = None) -> float:
        """Return sum of weight x (working residual)^2 over the residual degrees of freedom."""
        weights = self.weights if weights is None else weights
        residual = (response - self.mean) / self.mean
        return float((weights * residual**2)[weights > 0].sum() / max(self.residual_freedom, 1))

    def hat(self, design: Floats) -> Floats:
        """Return the leverage of each observation."""
        return np.asarray(self.weights * np.einsum("ij,jk,ik->i", design, self.covariance, design), dtype=np.float64)


def fit(design: Floats, response: Floats, *, weights: Floats | None = None, offset: Floats | None = None) -> Fit:
    """Fit log(mean) = design @ coefficients + offset.

    Parameters
    ----------
    design
        One row per observation, one column per coefficient, of full rank.
    response
        Counts.
    weights
        Prior weights, one per observation (default 1).
    offset
        Added to the linear predictor, e.g. log(population).
    """
    observations, columns = design.shape
    prior = np.ones(observations) if weights is None else weights
    shift = np.zeros(observations) if offset is None else offset
    mean = response + 0.1
    predictor = np.log(mean)
    own = xlogy(response, response) - response
    deviance = 2 * float(prior @ (own - xlogy(response, mean) + mean))
    working = prior * mean
    coefficients: Floats = np.zeros(columns)
    information = np.eye(columns)
    converged = False
    for _ in range(ROUNDS_MAX):
        working = prior * mean
        weighted = design * working[:, None]
        information = design.T @ weighted
        target = weighted.T @ (predictor - shift + (response - mean) / mean)
        try:
            coefficients = np.asarray(np.linalg.solve(information, target), dtype=np.float64)
        except np.linalg.LinAlgError:
            coefficients = np.asarray(np.linalg.lstsq(information, target)[0], dtype=np.float64)
        predictor = design @ coefficients + shift
        mean = np.maximum(np.exp(np.minimum(predictor, 700.0)), MEAN_MIN)
        before, deviance = deviance, 2 * float(prior @ (own - response * predictor + mean))
        if abs(deviance - before) / (abs(deviance) + 0.1) < TOLERANCE:
            converged = True
            break
    return Fit(
        coefficients=coefficients,
        covariance=_inverse(information),
        mean=mean,
        weights=working,
        residual_freedom=observations - columns,
        converged=converged,
    )


def _inverse(information: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.inv(information), dtype=np.float64)
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.pinv(information), dtype=np.float64)
