"""What time alone does to alerts: fall back, climb the ladder, expire, be silent and not."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from alerts.acting import acknowledge, follow_up
from alerts.cap.issuing import messages
from alerts.judge import Finding
from alerts.labels import Matcher
from alerts.life import alert_events, carry, standing_alerts
from alerts.notify.routing import TOLD_CHANGES
from alerts.silences import add_silence, lift_silence, list_silences
from alerts.tending import tend
from gis.errors import BadInput, NotFound

pytestmark = pytest.mark.database

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@pytest.fixture
def raised(database, request):
    """An orange alert about a feed, in a sub-district of the test's own."""
    code = f"tend-{request.node.name[-40:]}"
    found = Finding(
        rule="feed_silent",
        unit_kind="feed",
        unit_code="f1",
        unit_name="试",
        level=2,
        observed=5.0,
        expected=None,
        expected_low=None,
        expected_high=None,
        method="silence",
        window_from=NOW - timedelta(hours=2),
        window_to=NOW,
    )
    with database.owner.begin() as connection:
        carry(connection, [found], clear_after={}, subdistrict_code=code, now=NOW)
        alert_id = standing_alerts(connection, subdistrict_code=code)[0]["id"]
    yield code, alert_id, found
    with database.owner.begin() as connection:
        connection.execute(text("DELETE FROM alerting.alert_event WHERE alert_id = :id"), {"id": alert_id})
        connection.execute(text("DELETE FROM alerting.alert WHERE id = :id"), {"id": alert_id})
        connection.execute(text("DELETE FROM alerting.silence WHERE subdistrict_code = :code"), {"code": code})


def tended(database, code, minutes):
    changes = tend(database.owner, subdistrict_code=code, now=NOW + timedelta(minutes=minutes))
    return [change.change for change in changes]


def the_alert(database, code):
    with database.owner.connect() as connection:
        (row,) = standing_alerts(connection, subdistrict_code=code)
    return row


def test_nobody_takes_it_and_it_climbs_to_the_commander_and_no_further(database, raised):
    code, alert_id, _ = raised
    # a silent feed is first the duty officer's; orange gives each post ten minutes
    assert the_alert(database, code)["holder"] == "duty_officer"
    assert tended(database, code, 9) == []
    assert tended(database, code, 10) == ["escalated"]
    assert the_alert(database, code)["holder"] == "commander"
    assert tended(database, code, 60) == []
    with database.owner.connect() as connection:
        event = alert_events(connection, alert_id)[-1]
    assert (event["actor"], event["detail"]) == ("clock", {"from": "duty_officer", "to": "commander"})


def test_acknowledged_it_stays_while_something_follows_and_falls_back_when_nothing_does(database, raised):
    code, alert_id, _ = raised
    with database.owner.begin() as connection:
        acknowledge(connection, alert_id, post="值班员", note="", now=NOW + timedelta(minutes=1))
    # orange: something must follow within 30 minutes
    assert tended(database, code, 30) == []
    with database.owner.begin() as connection:
        follow_up(connection, alert_id, what="report", post="值班员", note="", now=NOW + timedelta(minutes=30))
    assert tended(database, code, 59) == []
    assert tended(database, code, 60) == ["fell_back"]
    row = the_alert(database, code)
    assert (row["status"], row["holder"], row["due_at"]) == ("open", "duty_officer", None)
    # whoever holds it has the whole time again
    assert tended(database, code, 69) == []
    assert tended(database, code, 70) == ["escalated"]


def test_what_nobody_confirms_expires(database, raised):
    code, alert_id, found = raised
    with database.owner.begin() as connection:
        carry(connection, [found], clear_after={}, subdistrict_code=code, now=NOW + timedelta(hours=2))
    assert "cleared" not in tended(database, code, 60 * 26)
    assert tended(database, code, 60 * 26 + 1) == ["cleared"]
    with database.owner.connect() as connection:
        ended = connection.scalar(text("SELECT ended_by FROM alerting.alert WHERE id = :id"), {"id": alert_id})
    assert ended == "expired"


def test_what_still_holds_is_said_anew_to_other_systems_before_it_expires_there_and_to_nobody_else(database, raised):
    code, alert_id, found = raised
    hours = [*range(1, 24)]
    for hour in hours:
        with database.owner.begin() as connection:
            carry(connection, [found], clear_after={}, subdistrict_code=code, now=NOW + timedelta(hours=hour))
    # a message holds for 24 hours and is renewed two before
    assert "renewed" not in tended(database, code, 22 * 60 - 1)
    assert "renewed" in tended(database, code, 22 * 60)
    assert "renewed" not in tended(database, code, 22 * 60 + 10)
    with database.owner.connect() as connection:
        sent = messages(connection, [alert_id], subdistrict_code=code)[alert_id]
    assert [message.msg_type for message in sent] == ["Alert", "Update"]
    assert sent[1].sent < sent[0].infos[0].expires < sent[1].infos[0].expires
    # people are not told of it
    assert "renewed" not in TOLD_CHANGES


def silence(connection, code, **more):
    values = {"matchers": [Matcher(label="what", values=("feed_silent",))], "reason": "计划停机", **more}
    return add_silence(connection, subdistrict_code=code, post="值班长", now=NOW, **values)


def test_a_silence_holds_it_back_until_it_ends(database, raised):
    code, _, _ = raised
    with database.owner.begin() as connection:
        silence_id = silence(connection, code, expires_at=NOW + timedelta(hours=1))
        # of another level: does not match
        silence(
            connection,
            code,
            matchers=[Matcher(label="what", values=("feed_silent",)), Matcher(label="level", op="not_in", values=(2,))],
            expires_at=NOW + timedelta(hours=5),
        )
    assert tended(database, code, 1) == ["silenced"]
    assert the_alert(database, code)["silenced_by"] == silence_id
    with database.owner.connect() as connection:
        listed = list_silences(connection, subdistrict_code=code)
    assert [(one["held_back"], one["reason"]) for one in listed] == [(0, "计划停机"), (1, "计划停机")]
    # held back, it climbs no ladder; released, whoever holds it has the whole time
    assert tended(database, code, 59) == []
    assert tended(database, code, 60) == ["unsilenced"]
    assert tended(database, code, 69) == []
    assert tended(database, code, 70) == ["escalated"]


def test_a_silence_can_be_lifted_once(database, raised):
    code, _, _ = raised
    with database.owner.begin() as connection:
        silence_id = silence(connection, code, expires_at=NOW + timedelta(hours=1))
        lift_silence(connection, silence_id, post="值班长", now=NOW + timedelta(minutes=1))
        with pytest.raises(NotFound, match=f"no silence {silence_id}"):
            lift_silence(connection, silence_id, post="值班长", now=NOW + timedelta(minutes=2))
    assert tended(database, code, 3) == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"matchers": []}, "at least one matcher"),
        ({"reason": "  "}, "needs a reason"),
        ({"expires_at": NOW}, "before it begins"),
        ({"expires_at": NOW + timedelta(days=32)}, "at most 31 days"),
    ],
)
def test_a_silence_that_hides_too_much_is_refused(database, wrong, sentence):
    with database.owner.connect() as connection, pytest.raises(BadInput, match=sentence):
        silence(connection, "tend-wrong", **{"expires_at": NOW + timedelta(hours=1), **wrong})
