"""Levels by the stated rule, worked by hand from levels.yml."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.cases import case_of
from alerts.grading import grade, shipped_level_rule
from alerts.judge import Finding

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def case(level, *, observed=12.0, high: float | None = 6.0, kind="compound", hours=24, method="threshold"):
    return case_of(
        [
            Finding(
                rule="surge",
                unit_kind=kind,
                unit_code="1",
                level=level,
                observed=observed,
                expected=None if high is None else 3.0,
                expected_low=None if high is None else 0.0,
                expected_high=high,
                method=method,
                window_from=NOW - timedelta(hours=hours),
                window_to=NOW,
            )
        ]
    )


@pytest.mark.parametrize(
    ("told", "exposed", "level", "step", "certainty", "urgency"),
    [
        # 12 of at most 6 expected is beyond the interval by more than a third: likely; a day's window: immediate
        (case(3), 800, 3, "", "Likely", "Immediate"),
        # 6 000 exposed raise it by one
        (case(3), 6000, 2, "many_exposed", "Likely", "Immediate"),
        # a step never makes red
        (case(2), 9000, 2, "", "Likely", "Immediate"),
        # nor unmakes it
        (case(1, observed=7.0), 0, 1, "", "Possible", "Immediate"),
        # 7 of 6 is possible only: 7 < 1.33 x 6 = 7.98
        (case(2, observed=7.0), 800, 3, "unsure", "Possible", "Immediate"),
        (case(2, observed=7.98), 800, 2, "", "Likely", "Immediate"),
        # nobody lives there
        (case(2), 4, 3, "nobody_exposed", "Likely", "Immediate"),
        # counted, not inferred: what is observed stays
        (case(2, high=None), 0, 2, "", "Observed", "Immediate"),
        # a fortnight's window is not immediate, so many people do not raise it
        (case(3, hours=336), 9000, 3, "", "Likely", "Expected"),
        # a whole community always has many people
        (case(3, kind="community"), 30000, 3, "", "Likely", "Immediate"),
        (case(3, method="forecast/1"), 9000, 3, "", "Likely", "Future"),
        # blue is the least there is
        (case(4, observed=6.5), 0, 4, "", "Possible", "Immediate"),
    ],
)
def test_the_level_follows_the_stated_rule(told, exposed, level, step, certainty, urgency):
    graded = grade(told, exposed=exposed, rule=shipped_level_rule())

    assert (graded.level, graded.step, graded.certainty, graded.urgency) == (level, step, certainty, urgency)
    assert graded.severity == {1: "Extreme", 2: "Severe", 3: "Moderate", 4: "Minor"}[level]
    assert graded.found == told.level


def test_one_to_four_persons_are_not_told():
    graded = grade(case(2), exposed=4, rule=shipped_level_rule())

    assert graded.as_json()["exposed"] is None
