"""Read the time forms of deliveries; what is not exactly one of them is no time."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from etl.checks import matches
from etl.faults import Mask

DAY = r"\d{4}-\d{2}-\d{2}"
MINUTE = DAY + r"[ T]\d{2}:\d{2}"
SECOND = MINUTE + r":\d{2}(?:\.\d{1,6})?"
ZONED = SECOND + r"(?:Z|[+-]\d{2}:?\d{2})"


@dataclass(frozen=True)
class Times:
    """A column of instants and what was wrong with it."""

    #: UTC; NaT where empty or wrong
    at: "pd.Series[pd.Timestamp]"
    #: neither empty nor in a form we read
    bad_form: Mask
    #: in a form we read, but no such day or hour
    impossible: Mask
    #: only the day was given
    day_only: Mask


def read_times(values: "pd.Series[str]", zone: ZoneInfo) -> Times:
    """Read `2021-06-28 15:45:43`, `2021-06-28 15:45`, `2021-06-21` (00:00) as local time, and ISO 8601 with an offset.

    Anything else (`2026/3/5 8:05`, `3月5日`, a spreadsheet's serial number) is not guessed at.
    """
    given = (values != "").to_numpy(dtype=bool, copy=True)
    result = np.full(len(values), np.datetime64("NaT", "us"), dtype="datetime64[us]")
    impossible = np.zeros(len(values), dtype=bool)
    read = np.zeros(len(values), dtype=bool)
    day_only = np.zeros(len(values), dtype=bool)
    for form, is_zoned in ((SECOND, False), (DAY, False), (MINUTE, False), (ZONED, True)):
        mask = given & ~read
        if not mask.any():
            break
        mask &= matches(values, form)
        if not mask.any():
            continue
        read |= mask
        if form == DAY:
            day_only = mask
        part = values[mask].astype(object)
        parsed = pd.to_datetime(part, format="ISO8601", errors="coerce", utc=is_zoned)
        impossible[mask] = parsed.isna().to_numpy()
        if not is_zoned:
            # 1986 to 1991 had summer time here: an hour that came twice is the first, one that never came moves on
            parsed = parsed.dt.tz_localize(
                zone, ambiguous=np.ones(len(parsed), dtype=bool), nonexistent="shift_forward"
            )
        result[mask] = parsed.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
    return Times(
        at=pd.Series(result, index=values.index).dt.tz_localize("UTC"),
        bad_form=given & ~read,
        impossible=impossible,
        day_only=day_only,
    )


@dataclass(frozen=True)
class Days:
    """A column of days and what was wrong with it."""

    #: `datetime64[us]` at midnight; NaT where empty or wrong
    on: "pd.Series[pd.Timestamp]"
    bad_form: Mask
    impossible: Mask


def read_days(values: "pd.Series[str]") -> Days:
    """Read days like `2021-06-21`."""
    given = (values != "").to_numpy(dtype=bool, copy=True)
    formed = given & matches(values, DAY)
    on = np.full(len(values), np.datetime64("NaT"), dtype="datetime64[us]")
    on[formed] = pd.to_datetime(values[formed].to_numpy(dtype=object), format="%Y-%m-%d", errors="coerce")
    return Days(on=pd.Series(on, index=values.index), bad_form=given & ~formed, impossible=formed & np.isnat(on))
