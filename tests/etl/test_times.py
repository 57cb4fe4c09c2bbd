"""Time forms of deliveries: those that are read, and those that are not guessed at."""

from zoneinfo import ZoneInfo

import pandas as pd

from etl.times import read_days, read_times

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_forms_that_are_read_become_instants() -> None:
    values = pd.Series(
        ["2021-06-28 15:45:43", "2021-06-21", "2021-04-23 00:00", "2026-01-01T08:00:00+08:00", "2026-01-01T08:00:00Z"],
        dtype="str",
    )

    times = read_times(values, SHANGHAI)

    # Shanghai is eight hours ahead
    assert [str(at) for at in times.at] == [
        "2021-06-28 07:45:43+00:00", "2021-06-20 16:00:00+00:00", "2021-04-22 16:00:00+00:00",
        "2026-01-01 00:00:00+00:00", "2026-01-01 08:00:00+00:00",
    ]  # fmt: skip
    assert times.day_only.tolist() == [False, True, False, False, False]
    assert not times.bad_form.any()
    assert not times.impossible.any()


def test_other_forms_are_not_guessed_at() -> None:
    values = pd.Series(["2026/3/5 8:05", "3月5日", "46086.3375", "昨天下午", "2026-03-05T", ""], dtype="str")

    times = read_times(values, SHANGHAI)

    assert times.bad_form.tolist() == [True] * 5 + [False]
    assert times.at.isna().all()


def test_days_and_hours_that_never_were_are_impossible() -> None:
    values = pd.Series(["2026-02-30 10:15:00", "2025-13-01", "2025-01-01 25:00:00", "2024-02-29"], dtype="str")

    times = read_times(values, SHANGHAI)

    assert times.impossible.tolist() == [True, True, True, False]
    assert not times.bad_form.any()


def test_days_are_read_strictly() -> None:
    days = read_days(pd.Series(["2024-02-29", "2023-02-29", "29.2.2024", ""], dtype="str"))

    assert str(days.on[0]) == "2024-02-29 00:00:00"
    assert days.impossible.tolist() == [False, True, False, False]
    assert days.bad_form.tolist() == [False, False, True, False]
