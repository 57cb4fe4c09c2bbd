"""What speaks for a place's risk at the beginning of a day: one column per factor, from what was known by then.

Pure. Counts enter as log(1 + n): the second dispute says more than the twentieth.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: how far ahead an escalation is looked for [days]
AHEAD_DAYS = 30
#: a dispute follows another when that was so close in time [days]
REPEAT_DAYS, NEAR_DAYS = 60, 7
YEAR_DAYS = 365

#: factor -> (flag of the record, from and to how many days back it counts)
COUNTED: dict[str, tuple[str, int, int]] = {
    "disputes": ("dispute", 0, 30),
    "disputes_before": ("dispute", 30, 180),
    "repeated": ("repeated", 0, 60),
    "near_repeat": ("near_repeat", 0, 30),
    "together": ("escalated", 0, 180),
    "overdue": ("overdue", 0, 60),
    "returned": ("returned", 0, 90),
    "petitions": ("petition", 0, 90),
    "property": ("property", 0, 60),
    "wages": ("wages", 0, 60),
    "turnover": ("turnover", 0, 60),
}
FACTORS = (*COUNTED, "vacancy", "season", "homes")
#: how many days of history the longest window takes
LONGEST_DAYS = 180


@dataclass(frozen=True)
class Places:
    """The places scored: code, kind (commercial, resettlement, apartment, cell), homes, and the share that is empty."""

    codes: tuple[str, ...]
    kinds: tuple[str, ...]
    homes: Floats
    vacancy: Floats

    def position(self, codes: pd.Series) -> Integers:
        """Where each code stands; −1 for one that is not scored."""
        return np.asarray(pd.Index(self.codes).get_indexer(pd.Index(codes)), dtype=np.int64)


def marked(records: pd.DataFrame) -> pd.DataFrame:
    """Mark disputes that follow another one: in the same building within 60 days, or near by within a week.

    Parameters
    ----------
    records
        day, building and near (any name of the neighbourhood), dispute (flag); in any order.
    """
    return records.assign(
        repeated=follows(records, "building", REPEAT_DAYS), near_repeat=follows(records, "near", NEAR_DAYS)
    )


def follows(records: pd.DataFrame, place: str, days: int) -> NDArray[np.bool_]:
    """Whether each dispute has an earlier one (or another of the same day) at its place within `days`."""
    found = np.zeros(len(records), dtype=bool)
    own = np.flatnonzero((records["dispute"] & records[place].notna()).to_numpy(dtype=bool))
    names = pd.factorize(records[place].iloc[own])[0]
    day = records["day"].to_numpy(np.int64)[own]
    order = np.lexsort((day, names))
    same = names[order][1:] == names[order][:-1]
    found[own[order[1:]]] = same & (day[order][1:] - day[order][:-1] <= days)
    return found


def factors(records: pd.DataFrame, places: Places, *, day: int) -> Floats:
    """Measure every factor of every place at the beginning of a day.

    Parameters
    ----------
    records
        place (position, −1 = none), day [days since 1970], and the flags of `COUNTED`; as of `marked`.

    Returns
    -------
    measured
        One row per place, one column per factor (`FACTORS`). Season is the same for all: how many disputes the
        sub-district had in the same 30 days a year ago against that year's mean, in logs; 0 without that year.
    """
    size = len(places.codes)
    age = day - records["day"].to_numpy(np.int64)
    place = records["place"].to_numpy(np.int64)
    measured = np.zeros((size, len(FACTORS)))
    for column, (flag, newest, oldest) in enumerate(COUNTED.values()):
        counted = records[flag].to_numpy(dtype=bool) & (age > newest) & (age <= oldest) & (place >= 0)
        measured[:, column] = np.log1p(np.bincount(place[counted], minlength=size))
    measured[:, -3] = places.vacancy
    measured[:, -2] = season(records, age)
    measured[:, -1] = np.log1p(places.homes)
    return measured


def season(records: pd.DataFrame, age: Integers) -> float:
    """What the next 30 days usually bring to the whole sub-district: last year's against the mean month (in logs)."""
    disputes = records["dispute"].to_numpy(dtype=bool)
    year = disputes & (age > 0) & (age <= YEAR_DAYS)
    same = year & (age <= YEAR_DAYS) & (age > YEAR_DAYS - AHEAD_DAYS)
    if not same.any() or not (disputes & (age > YEAR_DAYS)).any():
        return 0.0
    return float(np.log(same.sum() / (year.sum() * AHEAD_DAYS / YEAR_DAYS)))


def outcomes(records: pd.DataFrame, places: Places, *, day: int) -> Floats:
    """How many disputes escalated in each place in the 30 days from `day` on."""
    ahead = records["day"].to_numpy(np.int64) - day
    place = records["place"].to_numpy(np.int64)
    counted = records["escalated"].to_numpy(dtype=bool) & (ahead >= 0) & (ahead < AHEAD_DAYS) & (place >= 0)
    return np.bincount(place[counted], minlength=len(places.codes)).astype(np.float64)
