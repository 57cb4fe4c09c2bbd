"""Was the score right? Each month predicted from the months before it, compared with what then escalated.

Beside it a control without signal: the same history with each month's outcomes dealt out at random among the places,
fitted and predicted in the same way. There the lift must be about 1 and the score nearly flat; what it shows more is
skill that is not there. And a comparison of kinds of places: a kind that is flagged more than its later escalations
justify shows as an observed/expected ratio whose interval lies below that of all, or as a false-positive rate above
the others'.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, chi2

from alerts.risk.factors import AHEAD_DAYS, LONGEST_DAYS, Places, factors, outcomes
from alerts.risk.model import Model, fit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: months that must lie before the first one predicted
LEAST_MONTHS = 6
#: the share of places that is flagged
FLAGGED = 0.1
BINS = 5
CONTROLS = 5


@dataclass(frozen=True)
class History:
    """Factors and outcomes at the beginning of each month; axes month, place, factor."""

    days: tuple[int, ...]
    measured: Floats
    escalated: Floats


@dataclass(frozen=True)
class Predicted:
    """Probabilities and outcomes of the months that were predicted; axes month, place."""

    days: tuple[int, ...]
    probability: Floats
    happened: NDArray[np.bool_]
    #: share of place-months that escalated in the months before each
    base_rate: Floats

    def base(self) -> Floats:
        """The base rate known before each month, for each place."""
        return np.broadcast_to(self.base_rate[:, None], self.probability.shape)


def history_of(records: Any, places: Places, *, first_day: int, last_day: int) -> History:
    """Measure a history every 30 days, the last time 30 days before `last_day`."""
    days = tuple(range(last_day - AHEAD_DAYS + 1, first_day + LONGEST_DAYS - 1, -AHEAD_DAYS))[::-1]
    return History(
        days=days,
        measured=np.array([factors(records, places, day=day) for day in days]),
        escalated=np.array([outcomes(records, places, day=day) for day in days]),
    )


def fit_months(history: History, months: slice) -> Model | None:
    """Fit the score to some months."""
    measured = history.measured[months]
    if not len(measured):
        return None
    return fit(measured.reshape(-1, measured.shape[-1]), history.escalated[months].ravel())


def predict(history: History) -> Predicted | None:
    """Predict each month from those before it; None when there are too few months or escalations."""
    kept, probability, base = [], [], []
    for month in range(LEAST_MONTHS, len(history.days)):
        model = fit_months(history, slice(0, month))
        if model is not None:
            kept.append(month)
            probability.append(model.probability(history.measured[month]))
            base.append(float((history.escalated[:month] > 0).mean()))
    if not kept:
        return None
    return Predicted(
        days=tuple(history.days[month] for month in kept),
        probability=np.array(probability),
        happened=history.escalated[kept] > 0,
        base_rate=np.array(base),
    )


def control(history: History, *, seed: int) -> History:
    """The same history with each month's outcomes dealt out anew among the places."""
    generator = np.random.default_rng(seed)
    return History(history.days, history.measured, np.array([generator.permutation(row) for row in history.escalated]))


def report(history: History, places: Places) -> dict[str, Any] | None:
    """Everything that is told of a back-test.

    Returns
    -------
    report
        months ([{day, places, happened, flagged_hits, lift}]), lift, lift_low, lift_high, brier, brier_skill,
        reliability ([{predicted, observed, low, high, n}]), auc, control ({lift, brier_skill, spread}), spread, kinds
        ([{kind, places, expected, observed, ratio, low, high, flagged, false_positive, fp_low, fp_high}]).
        None when there is too little to say anything.
    """
    predicted = predict(history)
    if predicted is None or not predicted.happened.any():
        return None
    p, y = predicted.probability, predicted.happened
    flagged = np.array([flags(row) for row in p])
    controls = [predict(control(history, seed=seed)) for seed in range(CONTROLS)]
    hits, chance = int((flagged & y).sum()), y.sum(axis=1) * flagged.mean(axis=1)
    low, high = poisson_interval(hits)
    return {
        "months": [
            {
                "day": day,
                "places": int(p.shape[1]),
                "happened": int(happened.sum()),
                "flagged_hits": int((marks & happened).sum()),
                "lift": lift(marks[None], happened[None]),
            }
            for day, marks, happened in zip(predicted.days, flagged, y, strict=True)
        ],
        "lift": lift(flagged, y),
        "lift_low": low / float(chance.sum()),
        "lift_high": high / float(chance.sum()),
        "brier": float(((p - y) ** 2).mean()),
        "brier_skill": skill(p, y, predicted.base()),
        "reliability": reliability(p, y),
        "auc": mean_area(predicted),
        "spread": spread(p),
        "control": control_report([one for one in controls if one is not None]),
        "kinds": [of_kind(kind, p, y, flagged, places.kinds) for kind in sorted(set(places.kinds))],
    }


def control_report(known: Sequence[Predicted]) -> dict[str, float] | None:
    """What the score seems to be worth where there is nothing to find; the mean over the controls."""
    known = [one for one in known if one.happened.any()]
    if not known:
        return None
    lifts = [lift(np.array([flags(row) for row in one.probability]), one.happened) for one in known]
    return {
        "lift": float(np.mean([one for one in lifts if one is not None])),
        "brier_skill": float(np.mean([skill(one.probability, one.happened, one.base()) for one in known])),
        "spread": float(np.mean([spread(one.probability) for one in known])),
    }


def spread(probability: Floats) -> float:
    """How much the score differs between places of a month: deviation over mean; 0 = flat."""
    return float(probability.std(axis=1).mean() / probability.mean())


def mean_area(predicted: Predicted) -> float | None:
    """The mean of `area_under` over the months in which something, and not everything, escalated; None without one."""
    pairs = zip(predicted.probability, predicted.happened, strict=True)
    areas = [area_under(row, happened) for row, happened in pairs if 0 < happened.sum() < len(row)]
    return float(np.mean(areas)) if areas else None


def flags(probability: Floats) -> NDArray[np.bool_]:
    """Flag the tenth with the highest probability, at least one place."""
    count = max(1, round(FLAGGED * len(probability)))
    marks = np.zeros(len(probability), dtype=bool)
    marks[np.argsort(-probability, kind="stable")[:count]] = True
    return marks


def lift(flagged: NDArray[np.bool_], happened: NDArray[np.bool_]) -> float | None:
    """How many times more often the flagged escalated than places drawn at random, month by month summed.

    None where nothing escalated.
    """
    chance = float((happened.sum(axis=1) * flagged.mean(axis=1)).sum())
    return float((flagged & happened).sum()) / chance if chance else None


def skill(probability: Floats, happened: NDArray[np.bool_], base: Floats) -> float:
    """Brier skill: 1 − Brier score / Brier score of the base rate known before each month."""
    return 1 - float(((probability - happened) ** 2).mean()) / float(((base - happened) ** 2).mean())


def reliability(probability: Floats, happened: NDArray[np.bool_]) -> list[dict[str, float]]:
    """Mean probability and observed share of place-months in bins of equal number, with exact 95 % intervals."""
    order = np.argsort(probability, axis=None, kind="stable")
    p, y = probability.ravel()[order], happened.ravel()[order]
    told = []
    for part in np.array_split(np.arange(len(p)), BINS):
        n, hits = len(part), int(y[part].sum())
        low, high = share_interval(hits, n)
        told.append({"predicted": float(p[part].mean()), "observed": hits / n, "low": low, "high": high, "n": n})
    return told


def of_kind(
    kind: str, probability: Floats, happened: NDArray[np.bool_], flagged: NDArray[np.bool_], kinds: Sequence[str]
) -> dict[str, Any]:
    """Whether one kind of places is flagged more than what later escalates there justifies, as the others are."""
    own = np.array([one == kind for one in kinds])
    p, y, marks = probability[:, own], happened[:, own], flagged[:, own]
    expected, observed = float(p.sum()), int(y.sum())
    low, high = poisson_interval(observed)
    calm = int((~y).sum())
    false = int((marks & ~y).sum())
    fp_low, fp_high = share_interval(false, calm) if calm else (0.0, 1.0)
    return {
        "kind": kind,
        "places": int(own.sum()),
        "expected": expected,
        "observed": observed,
        "ratio": observed / expected,
        "low": low / expected,
        "high": high / expected,
        "flagged": float(marks.mean()),
        "false_positive": false / calm if calm else 0.0,
        "fp_low": fp_low,
        "fp_high": fp_high,
        "too_often": high / expected < float(happened.sum()) / float(probability.sum()),
    }


def poisson_interval(count: int) -> tuple[float, float]:
    """Exact 95 % interval of a Poisson mean (Garwood 1936)."""
    return (float(chi2.ppf(0.025, 2 * count) / 2) if count else 0.0), float(chi2.ppf(0.975, 2 * count + 2) / 2)


def share_interval(hits: int, n: int) -> tuple[float, float]:
    """Exact 95 % interval of a share (Clopper and Pearson 1934)."""
    low = float(beta.ppf(0.025, hits, n - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, n - hits)) if hits < n else 1.0
    return low, high


def area_under(probability: Floats, happened: NDArray[np.bool_]) -> float:
    """Probability that a place that escalated had the higher score than one that did not (Mann-Whitney)."""
    ranks = np.empty(len(probability))
    ranks[np.argsort(probability, kind="stable")] = np.arange(1, len(probability) + 1)
    hits = int(happened.sum())
    return float((ranks[happened].sum() - hits * (hits + 1) / 2) / (hits * (len(happened) - hits)))
