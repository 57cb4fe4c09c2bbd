"""Unusual weekly counts against the same weeks of earlier years: Farrington et al. (1996) and Noufaily et al. (2013).

Both follow the functions `farrington` and `farringtonFlexible` of the R package surveillance 1.20.3 down to their
quirks, which are named where they occur: offices compare their alarms with it.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import nbinom, norm, poisson
from scipy.stats import t as student

from alerts.detect import quasi_poisson
from alerts.detect.time_units import day_text
from gis.errors import BadInput

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Control:
    """Settings under the names of R surveillance, for both methods (`noPeriods` and the like serve the flexible one
    only)."""

    b: int = 5
    w: int = 3
    alpha: float = 0.05
    reweight: bool = True
    weights_threshold: float = 2.58
    trend: bool = True
    trend_p: float = 0.05
    limit_cases: int = 5
    limit_weeks: int = 4
    power: str = "2/3"
    periods: int = 1
    past_weeks_not_included: int = 3
    threshold: str = "delta"
    freq: int = 52
    by_date: bool = False


@dataclass(frozen=True)
class Judgement:
    """What is said about one count; NaN where undefined."""

    expected: float = np.nan
    upperbound: float = np.nan
    score: float = np.nan
    p_value: float = np.nan
    alarm: bool = False


@dataclass(frozen=True)
class Prediction:
    """The model's mean for the current week on the link scale, its standard error, and the dispersion (at least 1)."""

    eta: float
    eta_se: float
    phi: float


def farrington_flexible(
    counts: Integers, days: Integers, position: int, control: Control, offset: Floats | None = None
) -> Judgement:
    """Judge one count of a series by the improved method.

    Parameters
    ----------
    counts, days
        The series in order of time: counts and dates [days since 1970-01-01].
    position
        Which count to judge; only what lies before it is used.
    offset
        log(population) of each date, if the rate is what matters.

    Raises
    ------
    BadInput
        Where a reference week b years back lies before the series.
    """
    blocks = _blocks(days, position, control)
    level_now = control.periods
    used = blocks.copy()
    used[max(0, position - control.past_weeks_not_included) : position + 1] = 0
    rows = np.flatnonzero(used)
    response = counts[rows].astype(float)
    if control.by_date:
        step = days[1] - days[0]
        times, now = (days[rows] - days[rows[0]]) / step, float((days[position] - days[rows[0]]) / step)
    else:
        times, now = rows.astype(float), float(position)
    levels = np.unique(blocks[rows])
    dummies = (blocks[rows][:, None] == levels[None, :]).astype(float)
    current = (levels == level_now).astype(float)
    shift = None if offset is None else offset[rows]
    shift_now = 0.0 if offset is None else float(offset[position])
    predicted = _flexible_prediction(response, dummies, current, times, now, shift, shift_now, control)
    if predicted is None:
        return Judgement()
    observed = int(counts[position])
    if control.threshold == "delta":
        mean = float(np.exp(predicted.eta))
        upper, p_value = _power_threshold(
            mean, mean * predicted.eta_se, predicted.phi, observed, control.power, float(norm.ppf(1 - control.alpha))
        )
        fitted = mean
    else:
        upper, p_value = _count_threshold(predicted, observed, control)
        # R takes the linear predictor, not its exponential, into the score of these two thresholds
        fitted = predicted.eta
    with np.errstate(divide="ignore", invalid="ignore"):
        score = float(np.divide(observed - fitted, upper - fitted))
    enough = _enough(counts, position, control)
    return Judgement(
        expected=float(np.exp(predicted.eta)) if enough and np.isfinite(upper) else np.nan,
        upperbound=upper if enough else np.nan,
        score=score,
        p_value=p_value,
        alarm=bool(enough and score > 1 and observed != 0),
    )


def farrington_original(counts: Integers, days: Integers, position: int, control: Control) -> Judgement:
    """Judge one count by the method of 1996: reference weeks only, weights from residuals above 1, two-sided bound."""
    rows = _reference_rows(days, position, control)
    if not len(rows):
        raise _too_short(days, position, control)
    response, times = counts[rows].astype(float), rows.astype(float)
    design = np.column_stack([np.ones(len(rows)), times - position])
    model, phi = _weighted_fit(design, response, None, control.reweight, 1.0) if control.trend else (None, 1.0)
    if model is not None:
        p_trend = _coefficient_p(model, 1, model.dispersion(response))
        keep = control.b >= 3 and p_trend < 0.05 and np.exp(model.coefficients[0]) <= response.max()
        model = model if keep else None
    if model is None:
        design = design[:, :1]
        model, phi = _weighted_fit(design, response, None, control.reweight, 1.0)
    if model is None:
        return Judgement()
    # time counts from the current week, so the first coefficient is the prediction
    mean = float(np.exp(model.coefficients[0]))
    error = float(np.sqrt(phi * model.covariance[0, 0])) * mean
    observed = int(counts[position])
    upper, p_value = _power_threshold(mean, error, phi, observed, control.power, float(norm.ppf(1 - control.alpha / 2)))
    enough = _enough(counts, position, control)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = float(np.divide(observed - mean, upper - mean)) if enough else 0.0
    return Judgement(
        expected=mean, upperbound=upper if enough else np.nan, score=score, p_value=p_value, alarm=bool(score > 1)
    )


def _flexible_prediction(
    response: Floats,
    dummies: Floats,
    current: Floats,
    times: Floats,
    now: float,
    shift: Floats | None,
    shift_now: float,
    control: Control,
) -> Prediction | None:
    with_trend = np.column_stack([dummies, times - now])
    at_now = np.append(current, 0.0)
    if control.trend:
        model, phi, omega = _flexible_fit(with_trend, response, shift, control)
        if model is not None:
            spread = model.dispersion(response, omega)
            p_trend = _coefficient_p(model, len(current), spread)
            prediction = np.exp(float(at_now @ model.coefficients) + shift_now)
            if control.b >= 3 and p_trend < control.trend_p and prediction <= response.max():
                return _predict(model, at_now, shift_now, spread, phi)
    model, phi, omega = _flexible_fit(dummies, response, shift, control)
    if model is None:
        return None
    return _predict(model, current, shift_now, model.dispersion(response, omega), phi)


def _predict(model: quasi_poisson.Fit, at_now: Floats, shift_now: float, spread: float, phi: float) -> Prediction:
    return Prediction(
        eta=float(at_now @ model.coefficients) + shift_now,
        eta_se=float(np.sqrt(max(spread * float(at_now @ model.covariance @ at_now), 0.0))),
        phi=phi,
    )


def _flexible_fit(
    design: Floats, response: Floats, shift: Floats | None, control: Control
) -> tuple[quasi_poisson.Fit | None, float, Floats | None]:
    first = quasi_poisson.fit(design, response, offset=shift)
    if not first.converged:
        return None, 1.0, None
    phi = max(first.dispersion(response), 1.0)
    if not control.reweight:
        return first, phi, None
    omega = _downweighted(first, design, response, phi, control.weights_threshold)
    second = quasi_poisson.fit(design, response, weights=omega, offset=shift)
    # R puts these weights in place of the working ones, and later standard errors are taken with them
    return second, max(second.dispersion(response), 1.0), omega


def _weighted_fit(
    design: Floats, response: Floats, shift: Floats | None, reweight: bool, threshold: float
) -> tuple[quasi_poisson.Fit | None, float]:
    model = quasi_poisson.fit(design, response, offset=shift)
    if not model.converged:
        return None, 1.0
    phi = max(model.dispersion(response), 1.0)
    if reweight:
        omega = _downweighted(model, design, response, phi, threshold)
        model = quasi_poisson.fit(design, response, weights=omega, offset=shift)
        phi = max(model.dispersion(response), 1.0)
    return model, phi


def _downweighted(model: quasi_poisson.Fit, design: Floats, response: Floats, phi: float, threshold: float) -> Floats:
    # standardised Anscombe residuals; past outbreaks stand out and count for less
    residual = 1.5 * (response ** (2 / 3) * model.mean ** (-1 / 6) - np.sqrt(model.mean))
    with np.errstate(divide="ignore", invalid="ignore"):
        residual = residual / np.sqrt(phi * np.clip(1 - model.hat(design), 0.0, None))
    residual = np.nan_to_num(residual, nan=0.0)
    weights = np.ones(len(residual))
    large = residual > threshold
    weights[large] = residual[large] ** -2.0
    return np.asarray(weights * (len(weights) / weights.sum()), dtype=np.float64)


def _coefficient_p(model: quasi_poisson.Fit, column: int, spread: float) -> float:
    error = np.sqrt(spread * model.covariance[column, column])
    if not error > 0:
        return 1.0
    return float(2 * student.sf(abs(model.coefficients[column]) / error, model.residual_freedom))


def _power_threshold(
    mean: float, error: float, phi: float, observed: int, power: str, quantile: float
) -> tuple[float, float]:
    # the counts are made symmetric by a power; 2/3 does so for a Poisson variable
    tau = phi + error**2 / mean
    exponents = {"none": (1.0, mean * tau), "1/2": (0.5, tau / 4), "2/3": (2 / 3, 4 / 9 * mean ** (1 / 3) * tau)}
    exponent, variance = exponents[power]
    centre, deviation = mean**exponent, float(np.sqrt(variance))
    upper = (centre + quantile * deviation) ** (1 / exponent)
    return float(upper), float(norm.sf(observed**exponent, loc=centre, scale=deviation))


def _count_threshold(predicted: Prediction, observed: int, control: Control) -> tuple[float, float]:
    mean = np.exp(predicted.eta)
    if control.threshold == "muan":
        mean = np.exp(norm.ppf(1 - control.alpha, loc=predicted.eta, scale=predicted.eta_se))
    if not np.isfinite(mean):
        return np.nan, np.nan
    if predicted.phi > 1:
        size, chance = mean / (predicted.phi - 1), 1 / predicted.phi
        upper, p_value = nbinom.ppf(1 - control.alpha, size, chance), nbinom.sf(observed - 1, size, chance)
    else:
        upper, p_value = poisson.ppf(1 - control.alpha, mean), poisson.sf(observed - 1, mean)
    return float(upper), float(p_value)


def _enough(counts: Integers, position: int, control: Control) -> bool:
    recent = counts[max(0, position - control.limit_weeks + 1) : position + 1]
    return bool(recent.sum() >= control.limit_cases)


def _years_back(day: int, years: int) -> int:
    date = pd.Timestamp(day, unit="D")
    # 29 February becomes 1 March in other years, as in R's seq.Date
    month, dom = (
        (3, 1) if (date.month, date.day) == (2, 29) and not _leap(date.year - years) else (date.month, date.day)
    )
    return int(np.datetime64(f"{date.year - years:04d}-{month:02d}-{dom:02d}", "D").astype(np.int64))


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _reference_positions(days: Integers, position: int, control: Control) -> Integers:
    # positions of the current date and of the same week 1 .. b years back, latest first
    if not control.by_date:
        found = position - control.freq * np.arange(control.b + 1)
        if found[-1] < 0:
            raise _too_short(days, position, control)
        return np.asarray(found, dtype=np.int64)
    wanted = []
    for years in range(control.b + 1):
        day = _years_back(int(days[position]), years)
        if control.freq == 52:
            # the nearest date of the same weekday; R measures weekdays from Sunday and keeps the first of two equally
            # near
            same_week = day - ((day + 4) % 7 - (int(days[position]) + 4) % 7)
            other = same_week - 7 if same_week > day else same_week + 7
            day = other if abs(same_week - day) > abs(other - day) else same_week
        wanted.append(day)
    places = np.searchsorted(days, wanted)
    if (np.take(days, np.minimum(places, len(days) - 1)) != wanted).any():
        raise _too_short(days, position, control)
    return np.asarray(places, dtype=np.int64)


def _blocks(days: Integers, position: int, control: Control) -> Integers:
    """Return the seasonal level of every date that may be used: `periods` in the windows, 1 .. periods - 1 between;
    else 0."""
    references = _reference_positions(days, position, control)
    if references[-1] < control.w:
        raise _too_short(days, position, control)
    levels = np.zeros(len(days), dtype=np.int64)
    levels[max(0, position - control.w) : position + 1] = control.periods
    between = control.periods - 1
    for later, reference in itertools.pairwise(references):
        levels[reference - control.w : reference + control.w + 1] = control.periods
        if not between:
            continue
        gap = int(later - 2 * control.w - 1 - reference)
        if gap < between:
            raise BadInput(
                "noPeriods {periods} is more than the {gap} dates between two windows; lower it",
                periods=control.periods,
                gap=gap,
            )
        # the remainder of the division is shared among the first levels
        sizes = np.full(between, gap // between) + (np.arange(between) < gap % between)
        start = int(reference) + control.w + 1
        levels[start : start + gap] = np.repeat(np.arange(1, control.periods), sizes)
    return levels


def _reference_rows(days: Integers, position: int, control: Control) -> Integers:
    offsets = np.arange(-control.w, control.w + 1)
    if not control.by_date:
        centres = position - control.freq * np.arange(control.b, 0, -1)
        rows = (centres[:, None] + offsets).ravel()
        return np.asarray(rows[rows >= 0], dtype=np.int64)
    wanted: list[int] = []
    for years in range(1, control.b + 1):
        centre = _years_back(int(days[position]), years)
        if control.freq == 52:
            ahead = (int(days[position]) - centre) % 7
            behind = (centre - int(days[position])) % 7
            wanted.extend(centre + 7 * offsets + (ahead if ahead < behind else -behind))
        elif control.freq == 12:
            month = np.datetime64(centre, "D").astype("datetime64[M]")
            wanted.extend(int((month + offset).astype("datetime64[D]").astype(np.int64)) for offset in offsets)
        else:
            wanted.extend(centre + offsets)
    places = np.searchsorted(days, wanted)
    there = (places < len(days)) & (np.take(days, np.minimum(places, len(days) - 1)) == wanted)
    return np.asarray(places[there], dtype=np.int64)


def _too_short(days: Integers, position: int, control: Control) -> BadInput:
    return BadInput(
        "{day} has no reference dates {b} years back in a series that starts on {first}; lower b or "
        "begin the range later",
        day=day_text(days[position]),
        b=control.b,
        first=day_text(days[0]),
    )
