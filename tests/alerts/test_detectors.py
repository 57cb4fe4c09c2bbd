"""The slower rules over made-up histories: what exceeds its forecast is found, and never before there is a history."""

import pandas as pd
import pytest

from alerts.detectors import detections
from alerts.rules import check_rule


def history(counts):
    """Records of one community from (day, how many)."""
    rows = [(day, number) for day, count in counts for number in range(count)]
    table = pd.DataFrame(rows, columns=["day", "number"])
    table["id"] = range(len(table))
    return table.assign(kind="噪声扰民", community="a", cell=pd.array([pd.NA] * len(table), dtype="Int64"))


def rule(days):
    return check_rule(
        {
            "id": "more_than_forecast",
            "kind": "forecast-exceeded",
            "counts": "incident",
            "unit": "community",
            "days": days,
            "levels": [{"level": 4, "at_least": 5, "once_in_days": 365}],
        }
    )


@pytest.mark.parametrize("days", [1, 7])
def test_a_day_far_above_its_forecast_is_found_and_nothing_before_there_is_a_history(days):
    # three a day for 80 days from day 100 on, thirty on the last
    quiet = [(day, 3) for day in range(100, 180)]

    found = detections(rule(days), history([*quiet, (180, 30)]), first_day=40, last_day=180)

    assert [(one.day, one.unit_code, one.level) for one in found] == [(180, "a", 4)]
    (one,) = found
    # a day of 30 against about 3; a week of 6 x 3 + 30 against about 21
    assert one.observed == (30 if days == 1 else 48)
    assert one.expected == pytest.approx(3 if days == 1 else 21, rel=0.25)
    assert one.low <= one.expected <= one.high < one.observed
    assert len(one.member_ids) == one.observed
    assert one.first_day == 180 - days + 1


def test_an_unfinished_day_is_held_against_the_share_that_has_passed():
    quiet = [(day, 10) for day in range(100, 180)]
    half = history([*quiet, (180, 20)])

    assert detections(rule(1), half, first_day=180, last_day=180, share_of_last_day=0.3)
    assert not detections(rule(1), half, first_day=180, last_day=180, share_of_last_day=1.0)
