"""The office's pages of alerts, silences, routes and drills: what they show, what they do, and what they refuse."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from access.outbox import NewMessage, Sent, deliver_due, enqueue, list_messages
from alerts.judge import Finding
from alerts.life import carry, standing_alerts
from alerts.notify.pipeline import notify
from dashboard.office.shell import drill_strip
from dashboard.office.warnings import exercises, lives, quiet, ways
from tests.visiting import visit_of
from tests.world import CODE

pytestmark = pytest.mark.database


@pytest.fixture
def raised(world):
    """An alert that was told on the wall; gone again after the test."""
    now = datetime.now(tz=UTC)
    found = Finding(
        rule="feed_silent", unit_kind="feed", unit_code="office-test", unit_name="试", level=3, observed=5.0, expected=None,
        expected_low=None, expected_high=None, method="silence", window_from=now - timedelta(hours=2), window_to=now,
    )  # fmt: skip
    owner = world.database.owner
    with owner.begin() as connection:
        carry(connection, [found], clear_after={}, subdistrict_code=CODE, now=now)
        (alert,) = [
            row for row in standing_alerts(connection, subdistrict_code=CODE) if row["unit_code"] == "office-test"
        ]
    visit = visit_of(world, "operator", "operator")
    for seconds in (0, 60):
        routing = visit.services.alert_routing
        notify(owner, routing, subdistrict_code=CODE, now=now + timedelta(seconds=seconds))
    yield alert["id"]
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM alerting.notice WHERE subdistrict_code = :code"), {"code": CODE})
        connection.execute(text("DELETE FROM alerting.notification WHERE subdistrict_code = :code"), {"code": CODE})
        connection.execute(text("DELETE FROM alerting.silence WHERE subdistrict_code = :code"), {"code": CODE})
        connection.execute(
            text(
                "DELETE FROM alerting.alert_event USING alerting.alert WHERE alert.id = alert_id AND unit_code = 'office-test'"
            )
        )
        connection.execute(text("DELETE FROM alerting.alert WHERE unit_code = 'office-test'"))


def words(component) -> str:
    return json.dumps(component, default=lambda one: one.to_plotly_json(), ensure_ascii=False)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_life_of_an_alert_is_told_with_every_stages_reason(world, raised, language):
    visit = visit_of(world, "operator", "operator", language)
    told = words(lives.life_of(visit, raised))
    expected = {
        "zh": ("数据停更", "定级", "立即处置", "系统判定", "等同组其他预警到", "尚未告知", "与本组"),
        "en": ("Feed silent", "immediate", "judged", "waits for others", "not told yet", "told with"),
    }[language]
    for word in expected:
        assert word in told
    # the row of the table
    (row,) = [row for row in lives.alert_rows(visit) if row["id"] == raised]
    assert row["stands"]


def test_the_asker_acknowledges_and_says_what_followed(world, raised):
    visit = visit_of(world, "operator", "operator")
    _, _, (said,) = lives.acted(visit, "on_site", raised, "")
    assert "只有已签收的预警才能登记后续处置" in said["message"]
    rows, life, _ = lives.acted(visit, "acknowledge", raised, "正在处理")
    assert next(row for row in rows if row["id"] == raised)["holder"] == "post of operator"
    assert "正在处理" in words(life)
    _, life, _ = lives.acted(visit, "report", raised, "已恢复")
    assert "已恢复" in words(life)
    with world.database.owner.connect() as connection:
        audited = connection.scalar(
            text(
                "SELECT count(*) FROM access.audit WHERE table_name = 'alerting.alert' AND record_id = :id AND action = 'update'"
            ),
            {"id": str(raised)},
        )
    # at one and the same moment the second act changes no column of the alert: its event tells of it
    assert audited == 1


def test_silences_are_made_listed_lifted_and_refused_in_a_sentence(world, raised):
    visit = visit_of(world, "operator", "operator")
    _, (said,) = quiet.made(visit, "", "4", ["feed_silent"], None, None, None)
    assert "静默须写明原因" in said["message"]
    _, (said,) = quiet.made(visit, "计划停机", "4", [], None, None, [])
    assert "静默至少须有一个条件" in said["message"]
    rows, _ = quiet.made(visit, "计划停机", "4", ["feed_silent"], ["3", "4"], None, ["feed:office-test"])
    assert (rows[0]["state"], rows[0]["matchers"], rows[0]["by"]) == (
        "生效",
        "规则 为 数据停更；级别 为 黄、蓝；单元 为 试",
        "post of operator",
    )
    rows, _ = quiet.lifted(visit, rows[0]["id"])
    assert rows[0]["state"] == "已解除"


def test_an_auditor_looks_and_does_nothing(world, raised):
    visit = visit_of(world, "auditor", "auditor")
    assert "lives-acknowledge" not in words(lives.layout(visit))
    assert "silences-make" not in words(quiet.layout(visit))
    _, _, (said,) = lives.acted(visit, "acknowledge", raised, "")
    assert "不由您处置" in said["message"]


def test_the_log_names_route_and_delivery_and_no_secret(world, raised):
    visit = visit_of(world, "operator", "operator")
    page = words(ways.layout(visit))
    assert "【黄色预警】数据停更 · 试" in page
    assert "已显示" in page
    assert "静时 22:00—07:00" in page
    # what was told on the wall was shown, so there is no try to deliver it
    assert "大屏、手机页直接显示" in words(ways.told_part(visit, ways.log_rows(visit)[0]))


def test_each_try_to_deliver_is_listed_with_what_the_other_side_said(world, raised):
    now = datetime.now(tz=UTC)
    message = NewMessage("alert.webhook", "hook", "alert.notification", "office-tries", {})
    refusals = iter([Sent(False, "HTTP 503"), Sent(True, "HTTP 200")])
    with world.database.owner.begin() as connection:
        enqueue(connection, [message], subdistrict_code=CODE, now=now)
    for seconds in (0, 60):
        moment = now + timedelta(seconds=seconds)
        senders = {"alert.webhook": lambda _: next(refusals)}
        deliver_due(world.database, senders, clock=lambda moment=moment: moment)
    visit = visit_of(world, "operator", "operator")
    with world.database.owner.connect() as connection:
        (sent,) = list_messages(connection, channel="alert.webhook", target="hook")
    told = words(ways.told_part(visit, {"route": "hook", "body": "黄 A", "outbox_id": sent["id"], "next": ""}))
    assert told.index("失败，再试 · HTTP 503") < told.index("第2次") < told.index("已送达 · HTTP 200")


def test_every_page_is_striped_while_a_drill_runs(world):
    visit = visit_of(world, "operator", "operator")
    assert drill_strip(visit) == []
    run = "INSERT INTO alerting.drill (subdistrict_code, title, scenario, started_at, started_by) VALUES (:code, '季度演练', 'fire', now(), '值班长')"
    with world.database.owner.begin() as connection:
        connection.execute(text(run), {"code": CODE})
    try:
        assert "演练 · 季度演练" in words(drill_strip(visit))
    finally:
        with world.database.owner.begin() as connection:
            connection.execute(text("DELETE FROM alerting.drill"))


def test_a_drill_without_a_title_or_a_compound_is_refused(world):
    visit = visit_of(world, "operator", "operator")
    _, (said,) = exercises.started(visit, "dispute", "")
    assert "演练须有标题" in said["message"]
    _, (said,) = exercises.ended(visit)
    assert said["message"] == "当前没有演练"
    assert "drills-start" in words(exercises.layout(visit))
