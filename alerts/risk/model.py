"""The score: how probable it is that a dispute in a place escalates within 30 days, and what each factor adds.

A Poisson regression of the number of escalations on the factors, with a ridge and with weights that cannot be negative:
more disputes, complaints or overdue cases never speak for calm, and each factor's part can be told as what it
multiplies the expected number by. A negative binomial (causes nobody sees) turns the expected number into a
probability, as wide as it takes for the mean probability to be what was seen.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize

from alerts.risk.factors import FACTORS

Floats = NDArray[np.float64]

METHOD_VERSION = "1"
#: strength of the ridge, as if so many escalations spoke for a weight of 0
RIDGE = 4.0
#: below so many escalations nothing is fitted
LEAST_ESCALATIONS = 20
#: factors that may speak in either direction
EITHER_WAY = ("homes", "season", "vacancy")


@dataclass(frozen=True)
class Model:
    """A fitted score."""

    intercept: float
    weights: Floats
    means: Floats
    scales: Floats
    #: size of the negative binomial; large = Poisson
    size: float

    def expected(self, measured: Floats) -> Floats:
        """Expected number of escalations in the next 30 days per row of factors."""
        return np.asarray(np.exp(np.clip(self.intercept + self.parts(measured).sum(axis=1), -20, 5)))

    def parts(self, measured: Floats) -> Floats:
        """What each factor adds to the logarithm of the expected number, against the mean place."""
        return np.asarray((measured - self.means) / self.scales * self.weights)

    def probability(self, measured: Floats) -> Floats:
        """Probability that at least one dispute escalates in the next 30 days."""
        return np.asarray(1 - (1 + self.expected(measured) / self.size) ** -self.size)


def fit(measured: Floats, escalated: Floats) -> Model | None:
    """Fit the score; None when fewer than `LEAST_ESCALATIONS` escalations are known.

    Parameters
    ----------
    measured
        One row per place and month, one column per factor.
    escalated
        Number of escalations in the 30 days after.
    """
    if escalated.sum() < LEAST_ESCALATIONS:
        return None
    means, scales = measured.mean(axis=0), measured.std(axis=0)
    constant = scales < 1e-9
    scales = np.where(constant, 1.0, scales)
    table = (measured - means) / scales
    table[:, constant] = 0.0

    def cost(parameters: Floats) -> tuple[float, Floats]:
        log = np.clip(parameters[0] + table @ parameters[1:], -20, 5)
        mean = np.exp(log)
        missed = mean - escalated
        gradient = np.concatenate([[missed.sum()], table.T @ missed + RIDGE * parameters[1:]])
        return float((mean - escalated * log).sum() + RIDGE / 2 * (parameters[1:] ** 2).sum()), gradient

    begin = np.concatenate([[np.log(escalated.mean())], np.zeros(table.shape[1])])
    bounds = [(None, None), *((None, None) if name in EITHER_WAY else (0.0, None) for name in FACTORS)]
    found = minimize(cost, begin, jac=True, bounds=bounds, method="L-BFGS-B")
    mean = np.exp(np.clip(found.x[0] + table @ found.x[1:], -20, 5))
    return Model(
        intercept=float(found.x[0]), weights=found.x[1:], means=means, scales=scales, size=fit_size(mean, escalated)
    )


def fit_size(mean: Floats, escalated: Floats) -> float:
    """Size of the negative binomial for which the mean probability is the share that escalated, in 0.05 … 1 000."""
    share = float((escalated > 0).mean())

    def missed(log_size: float) -> float:
        size = np.exp(log_size)
        return float((1 - (1 + mean / size) ** -size).mean()) - share

    low, high = np.log(0.05), np.log(1000.0)
    if missed(low) >= 0:
        return 0.05
    return 1000.0 if missed(high) <= 0 else float(np.exp(brentq(missed, low, high)))
