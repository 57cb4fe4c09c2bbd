"""Rules judged afterwards over the loaded sample: marked, told to nobody, and what a day's judgement would have raised."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from alerts.judge import count_findings, measure
from alerts.past import keep_past, keep_past_once, lives, midnight
from alerts.rules import CountLevel, CountRule, Rules, shipped_rules

pytestmark = pytest.mark.database

#: at a fiftieth of the sample days are quiet: what four or six of a kind are there is a surge here
LOW = (CountLevel(level=4, at_least=2, times=1), CountLevel(level=3, at_least=4, times=2))
RULES = Rules(
    rules=tuple(
        rule.model_copy(update={"levels": LOW}) for rule in shipped_rules().rules if isinstance(rule, CountRule)
    )
)


@pytest.fixture(scope="module")
def past(loaded):
    """The sample's past, judged; taken away again."""
    code, zone = loaded.district.code, loaded.district.zone
    with loaded.database.owner.begin() as connection:
        kept = keep_past(connection, RULES, subdistrict_code=code, zone=zone, now=loaded.now)
    yield kept
    with loaded.database.owner.begin() as connection:
        connection.execute(
            text("DELETE FROM alerting.alert_event USING alerting.alert WHERE alert.id = alert_id AND replayed")
        )
        connection.execute(text("DELETE FROM alerting.alert WHERE replayed"))


def rows_of(loaded):
    sql = "SELECT * FROM alerting.alert WHERE replayed AND subdistrict_code = :code ORDER BY raised_at, id"
    with loaded.database.owner.connect() as connection:
        return [dict(row) for row in connection.execute(text(sql), {"code": loaded.district.code}).mappings()]


def test_the_past_is_marked_over_and_nobody_is_told(loaded, past):
    rows = rows_of(loaded)
    assert len(rows) == past > 0
    assert all(row["status"] == "cleared" and row["raised_at"] < row["cleared_at"] <= loaded.now for row in rows)
    with loaded.database.owner.connect() as connection:
        unrouted = connection.scalar(
            text(
                "SELECT count(*) FROM alerting.alert_event JOIN alerting.alert ON alert.id = alert_id"
                " WHERE replayed AND routed_at IS NULL"
            )
        )
    assert unrouted == 0


def test_each_first_day_is_as_a_judgement_at_its_midnight_would_have_been(loaded, past):
    rules = {rule.id: rule for rule in RULES.rules}
    rows = rows_of(loaded)
    for row in rows[:: max(1, len(rows) // 6)]:
        at, rule = row["raised_at"], rules[row["rule"]]
        with loaded.database.owner.connect() as connection:
            counted = measure(
                connection, rule, subdistrict_code=loaded.district.code, now=at - timedelta(microseconds=1)
            )
            first = connection.execute(
                text("SELECT observed FROM alerting.alert_event WHERE alert_id = :id AND change = 'raised'"),
                {"id": row["id"]},
            ).scalar_one()
        found = count_findings(rule, counted, now=at)
        if row["unit_kind"] in ("compound", "community"):
            (finding,) = [one for one in found if one.unit_code == row["unit_code"]]
            assert (finding.observed, finding.window_to) == (first, at)
        else:
            codes = {format(cell, "x") for cell in row["cells"]}
            assert [one for one in found if one.unit_code in codes]


def test_it_is_done_once_and_anew_gives_the_same(loaded, past):
    code, zone = loaded.district.code, loaded.district.zone
    owner = loaded.database.owner
    assert keep_past_once(owner, RULES, subdistrict_code=code, zone=zone, now=loaded.now) == 0

    def plain():
        return [
            (row["rule"], row["unit_code"], row["level"], row["raised_at"], row["cleared_at"])
            for row in rows_of(loaded)
        ]

    before = plain()
    with owner.begin() as connection:
        again = keep_past(connection, RULES, subdistrict_code=code, zone=zone, now=loaded.now)
    assert again == past
    assert plain() == before


def test_what_goes_on_the_next_day_is_one_alert_and_a_gap_makes_two(loaded):
    from tests.integration.test_alert_life import finding

    day = loaded.now.date()
    found = {
        day: [finding(unit="1", kind="compound", members=[1], level=4)],
        day + timedelta(days=1): [finding(unit="1", kind="compound", members=[2, 3], level=3, observed=7.0)],
        day + timedelta(days=3): [finding(unit="1", kind="compound", members=[4], level=4)],
    }
    first, second = lives(found, first=day, last=day + timedelta(days=5))

    assert (first.raised_on, first.held_on, first.case.level) == (day, day + timedelta(days=1), 3)
    assert [change for _, change, _ in first.steps] == ["raised", "level"]
    assert second.raised_on == day + timedelta(days=3)
    # what still stands on the last day is the living judge's
    assert lives(found, first=day, last=day + timedelta(days=1)) == []
    assert midnight(day, loaded.district.zone).hour == 0
