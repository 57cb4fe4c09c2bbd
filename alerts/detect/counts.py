"""One door to the detectors of unusual counts: a series, a method and R surveillance's control in, one row per date
out."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from alerts.detect import control_charts, farrington, glr
from alerts.detect.time_units import day_text
from gis.errors import BadInput

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Settings = Mapping[str, Any]

COLUMNS = ("expected", "upperbound", "score", "p_value")


class Method(StrEnum):
    """The detectors of unusual counts."""

    FARRINGTON_FLEXIBLE = "farrington-flexible"
    FARRINGTON = "farrington"
    EARS_C1 = "ears-c1"
    EARS_C2 = "ears-c2"
    EARS_C3 = "ears-c3"
    CUSUM = "cusum"
    GLR_NB = "glr-nb"
    BAYES = "bayes"


def judge_series(
    counts: Integers,
    days: Integers,
    positions: Integers,
    *,
    method: Method,
    control: Settings,
    population: Floats | None = None,
) -> pd.DataFrame:
    """Judge counts of one series, each with what was known before it.

    Parameters
    ----------
    counts, days
        The series in order of time: counts and dates [days since 1970-01-01].
    positions
        Which counts to judge: consecutive, in order.
    method
        Which detector.
    control
        Parameters by the names of R surveillance 1.20.3 (docs/early-warning.md); absent or null ones take its defaults.
    population
        People at each date, for `populationOffset`.

    Returns
    -------
    judgements
        One row per position: observed, expected, upperbound, score, p_value (NaN where undefined) and alarm (0 or 1).
    """
    given = {name: value for name, value in control.items() if value is not None}
    if method in (Method.FARRINGTON_FLEXIBLE, Method.FARRINGTON):
        judged = _farrington(counts, days, positions, method, given, population)
    elif method == Method.CUSUM:
        judged = _cusum(counts, positions, given)
    elif method == Method.BAYES:
        judged = _bayes(counts, positions, given)
    elif method == Method.GLR_NB:
        judged = _glr(counts, positions, given)
    else:
        judged = _ears(counts, positions, method[-2:].upper(), given)
    columns = {name: judged.get(name, np.full(len(positions), np.nan)) for name in COLUMNS}
    return pd.DataFrame({"observed": counts[positions], **columns, "alarm": judged["alarm"].astype(int)})


def regular_step(days: Integers, series: str) -> None:
    """Raise where a series has a gap: a method that counts back by rows would look at the wrong week."""
    steps = np.diff(days)
    if len(steps) < 2 or (steps == steps[0]).all():
        return
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    if steps.min() >= 28 and (np.diff(months) == np.diff(months)[0]).all():
        return
    usual = int(np.bincount(steps).argmax())
    row = int(np.argmax(steps != usual))
    raise BadInput(
        "series {series} goes from {day} to {next_day} where its step is {usual} days; give every date "
        "once, with 0 where nothing happened",
        series=series,
        day=day_text(days[row]),
        next_day=day_text(days[row + 1]),
        usual=usual,
    )


def _farrington(
    counts: Integers, days: Integers, positions: Integers, method: Method, given: Settings, population: Floats | None
) -> dict[str, npt.NDArray[Any]]:
    flexible = method == Method.FARRINGTON_FLEXIBLE
    half = _whole(given, "w", 3)
    limit = given.get("limit54", (5, 4))
    if not isinstance(limit, list | tuple) or len(limit) != 2 or not all(isinstance(part, int) for part in limit):
        raise BadInput("limit54 is {limit}; it must be two whole numbers, events and weeks", limit=repr(limit))
    settings = farrington.Control(
        b=_whole(given, "b", 5),
        w=half,
        alpha=_number(given, "alpha", 0.05),
        reweight=bool(given.get("reweight", True)),
        weights_threshold=_number(given, "weightsThreshold", 2.58),
        trend=bool(given.get("trend", True)),
        trend_p=_number(given, "pThresholdTrend", 0.05),
        limit_cases=int(limit[0]),
        limit_weeks=int(limit[1]),
        power=str(given.get("powertrans", "2/3")),
        periods=_whole(given, "noPeriods", 1),
        past_weeks_not_included=_whole(given, "pastWeeksNotIncluded", half),
        threshold=str(given.get("thresholdMethod", "delta")),
        freq=_whole(given, "freq", 52),
        by_date=bool(given.get("epochAsDate", False)),
    )
    _refuse_other("thresholdMethod", settings.threshold, ("delta", "nbPlugin", "muan"))
    _refuse_other("powertrans", settings.power, ("none", "1/2", "2/3"))
    if settings.limit_cases < 0 or settings.limit_weeks < 1:
        raise BadInput(
            "limit54 is {limit}; it must be cases of at least 0 and a period of at least 1", limit=repr(list(limit))
        )
    offset = None
    if given.get("populationOffset") and population is not None:
        offset = np.log(population)
    rows = [
        farrington.farrington_flexible(counts, days, int(position), settings, offset)
        if flexible
        else farrington.farrington_original(counts, days, int(position), settings)
        for position in positions
    ]
    return {name: np.array([getattr(row, name) for row in rows]) for name in (*COLUMNS, "alarm")}


def _ears(counts: Integers, positions: Integers, version: str, given: Settings) -> dict[str, npt.NDArray[Any]]:
    bound = control_charts.ears_bound(
        counts,
        positions,
        method=version,
        baseline=_whole(given, "baseline", 7),
        min_sigma=_number(given, "minSigma", 0.0),
        alpha=_number(given, "alpha", 0.025 if version == "C3" else 0.001),
    )
    return {"upperbound": bound, "alarm": counts[positions] > bound}


def _cusum(counts: Integers, positions: Integers, given: Settings) -> dict[str, npt.NDArray[Any]]:
    limit = _number(given, "h", 2.26)
    statistic, bound = control_charts.cusum(
        counts,
        positions,
        k=_number(given, "k", 1.04),
        h=limit,
        mean=given.get("m"),
        transform=str(given.get("trans", "standard")),
        alpha=_number(given, "alpha", 0.1),
        freq=_whole(given, "freq", 52),
    )
    return {"upperbound": bound, "score": statistic, "alarm": statistic >= limit}


def _bayes(counts: Integers, positions: Integers, given: Settings) -> dict[str, npt.NDArray[Any]]:
    bound = control_charts.bayes_bound(
        counts,
        positions,
        b=_whole(given, "b", 0),
        w=_whole(given, "w", 6),
        this_year=bool(given.get("actY", True)),
        alpha=_number(given, "alpha", 0.05),
        freq=_whole(given, "freq", 52),
    )
    return {"upperbound": bound, "alarm": counts[positions] > bound}


def _glr(counts: Integers, positions: Integers, given: Settings) -> dict[str, npt.NDArray[Any]]:
    _refuse_other("change", str(given.get("change", "intercept")), ("intercept",))
    _refuse_other("dir", str(given.get("dir", "inc")), ("inc", "dec"))
    alpha = given.get("alpha")
    level = given.get("mu0", {})
    if isinstance(level, Mapping):
        start = int(positions[0])
        times = np.arange(1, len(counts) + 1, dtype=float)
        design = glr.seasonal_design(
            times,
            harmonics=_whole(level, "S", 1),
            trend=bool(level.get("trend", False)),
            freq=_whole(given, "freq", 52),
        )
        if start <= design.shape[1]:
            raise BadInput(
                "glr-nb needs more than {needed} counts before the first one judged, not {found}",
                needed=design.shape[1],
                found=start,
            )
        if not counts[:start].any():
            return {"score": np.full(len(positions), np.nan), "alarm": np.zeros(len(positions), dtype=bool)}
        coefficients, theta = glr.fit_negative_binomial(design[:start], counts[:start].astype(float))
        mean = np.exp(design[positions] @ coefficients)
        alpha = 1 / theta if alpha is None else alpha
    else:
        mean = _given_means(level, len(positions))
    statistic, alarm = glr.glr_chart(
        counts[positions].astype(float),
        mean,
        alpha=0.0 if not alpha else _number({"dispersion alpha": alpha}, "dispersion alpha", 0.0),
        limit=_number(given, "c.ARL", 5),
        least=_whole(given, "Mtilde", 1),
        window=_whole(given, "M", -1),
        upward=given.get("dir", "inc") == "inc",
        kappa=_number(given, "theta", 0.0) if "theta" in given else None,
    )
    return {"expected": mean, "score": statistic, "alarm": alarm}


def _given_means(level: object, count: int) -> Floats:
    try:
        return np.broadcast_to(np.asarray(level, dtype=float), count).copy()
    except (TypeError, ValueError):
        raise BadInput(
            "mu0 is {level}; it must be an object, a number or {count} numbers", level=repr(level), count=count
        ) from None


def _number(settings: Settings, name: str, default: float) -> float:
    value = settings.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise BadInput("{name} is {value!r}; it must be a number", name=name, value=value)
    if name == "alpha" and not 0 < value < 1:
        raise BadInput("alpha is {value!r}; it must lie between 0 and 1", value=value)
    return float(value)


def _whole(settings: Settings, name: str, default: int) -> int:
    value = _number(settings, name, default)
    if value != int(value) or (value < 0 and name != "M"):
        raise BadInput("{name} is {value:g}; it must be a whole number of at least 0", name=name, value=value)
    return int(value)


def _refuse_other(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise BadInput("{name} is {value!r}; it must be {allowed}", name=name, value=value, allowed=allowed)
