"""Whole days, months and years between two dates, and the person-time a population spends in them."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from gis.errors import BadInput

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

DAYS_PER_UNIT = {"day": 1.0, "month": 365.25 / 12, "year": 365.25}


def unit_bounds(first_day: int, last_day: int, unit: str) -> Integers:
    """Return the first day of each time unit, and the day after the last one.

    Units are counted back from the end, so only the first of them can be a part of one.

    Parameters
    ----------
    first_day, last_day
        The period, both included [days since 1970-01-01].
    unit
        day, month or year.
    """
    if last_day < first_day:
        raise BadInput(
            "the period ends on {last}, before it starts on {first}",
            last=day_text(last_day),
            first=day_text(first_day),
        )
    if unit == "day":
        return np.arange(first_day, last_day + 2, dtype=np.int64)
    end = pd.Timestamp(last_day + 1, unit="D")
    months = 12 if unit == "year" else 1
    bounds = [last_day + 1]
    while bounds[-1] > first_day:
        start = end - pd.DateOffset(months=months * len(bounds))
        bounds.append(max(first_day, int(start.to_datetime64().astype("datetime64[D]").astype(np.int64))))
    return np.array(bounds[::-1], dtype=np.int64)


def day_text(day: int) -> str:
    """Return a day number as YYYY-MM-DD."""
    return str(np.datetime64(int(day), "D"))


def person_time(days: Integers, people: Floats, bounds: Integers) -> Floats:
    """Return the person-days one group spends in each unit.

    The population of a date counts from 00:00, runs linearly to the next date and is constant before the first and
    after the last; each day counts with its value at noon, so a leap year weighs 366 days.

    Parameters
    ----------
    days, people
        Dates [days since 1970-01-01] in order, and the population at each.
    bounds
        See `unit_bounds`.
    """
    noon = np.arange(bounds[0], bounds[-1]) + 0.5
    daily = np.interp(noon, days.astype(float), people)
    return np.asarray(np.add.reduceat(daily, bounds[:-1] - bounds[0]), dtype=np.float64)


def expected_cases(person_days: Floats, stratum_cases: Floats) -> Floats:
    """Return expected cases by indirect standardisation.

    Parameters
    ----------
    person_days
        Array (location, unit, stratum).
    stratum_cases
        Cases of each stratum over all locations and units.

    Returns
    -------
    expected
        Array (location, unit): sum over strata of person-days x (cases / person-days of the stratum).
    """
    exposure = person_days.sum(axis=(0, 1))
    rates = np.divide(stratum_cases, exposure, out=np.zeros_like(exposure), where=exposure > 0)
    return np.asarray(person_days @ rates, dtype=np.float64)
