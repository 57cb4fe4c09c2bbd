"""Counts per unit and week become findings."""

from datetime import UTC, datetime, timedelta

import pytest
from scipy.stats import poisson

from alerts.judge import completeness_findings, count_findings, expected_interval, silence_findings
from alerts.rules import CompletenessRule, CountLevel, CountRule, ShareLevel, SilenceLevel, SilenceRule, Where

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def rule(**changes):
    values = {
        "id": "surge",
        "counts": "incident",
        "where": Where(),
        "unit": "community",
        "window_h": 24,
        "floor": 0.5,
        "levels": (CountLevel(level=4, at_least=4, times=2), CountLevel(level=2, at_least=8, times=4)),
        "clear_after_h": 6,
    }
    return CountRule(**(values | changes))


def row(week, unit, observed, kinds=("噪声",)):
    ids = [week * 100 + number for number in range(observed)]
    return {"week": week, "unit_code": unit, "observed": observed, "member_ids": ids, "kinds": [*kinds] * observed}


def test_a_surge_is_found_against_the_mean_of_eight_weeks():
    # 8 earlier weeks hold 4 + 4 = 8 events, so 1 a week; 8 now is 8 times as much
    rows = [row(0, "a", 8), row(3, "a", 4), row(7, "a", 4), row(0, "b", 3)]

    found = count_findings(rule(), rows, now=NOW)

    assert [(one.unit_code, one.level, one.observed, one.expected) for one in found] == [("a", 2, 8.0, 1.0)]
    assert found[0].expected_low == 0.0
    assert found[0].expected_high == 3.0  # Poisson(1): P(X <= 3) = 0.981, the first at or above 0.975
    assert found[0].window_from == NOW - timedelta(hours=24)
    assert found[0].reasons == (("噪声", 8),)


def test_a_unit_that_was_always_busy_is_no_surge():
    rows = [row(0, "a", 8), *(row(week, "a", 8) for week in range(1, 9))]

    assert count_findings(rule(), rows, now=NOW) == []


def test_what_is_open_now_is_not_compared_with_earlier_weeks():
    levels = (CountLevel(level=3, at_least=2, times=0),)
    found = count_findings(rule(where=Where(overdue=True), levels=levels), [row(0, "a", 2)], now=NOW)

    assert found[0].level == 3
    assert found[0].expected is None
    assert found[0].expected_low is None


def test_a_silent_feed_is_found_after_its_times_and_its_least():
    silence = SilenceRule(id="silent", levels=(SilenceLevel(level=4, times=4, at_least_s=1200),))
    feed = {"unit_code": "incidents", "title": "事件", "expected_every_s": 300, "newest_event_at": NOW}

    assert silence_findings(silence, [feed | {"silent_s": 1199}], now=NOW) == []
    found = silence_findings(silence, [feed | {"silent_s": 1200}], now=NOW)
    assert (found[0].unit_kind, found[0].unit_code, found[0].level) == ("feed", "incidents", 4)


def test_a_feed_that_brings_too_little_is_found_by_its_share():
    rule = CompletenessRule(
        id="thin", kind="incomplete", levels=(ShareLevel(level=4, below=0.9), ShareLevel(level=3, below=0.7))
    )
    feed = {"unit_code": "visits", "title": "走访", "read": 100, "measured_at": NOW}

    def level(share: float, **more: object) -> list[int]:
        return [one.level for one in completeness_findings(rule, [feed | {"completeness": share} | more], now=NOW)]

    assert (level(0.9), level(0.899), level(0.69)) == ([], [4], [3])
    # one of two rows says nothing
    assert level(0.5, read=2) == []
    (found,) = completeness_findings(rule, [feed | {"completeness": 0.8}], now=NOW)
    assert (found.unit_kind, found.observed, found.expected, found.method) == ("feed", 0.8, 0.9, "completeness")
    with pytest.raises(ValueError, match="smaller share"):
        CompletenessRule(
            id="thin", kind="incomplete", levels=(ShareLevel(level=4, below=0.5), ShareLevel(level=3, below=0.7))
        )


@pytest.mark.parametrize("mean", [0.5, 1.0, 3.2, 40.0])
def test_the_interval_is_that_of_scipys_poisson(mean):
    assert expected_interval(mean) == tuple(poisson.interval(0.95, mean))
