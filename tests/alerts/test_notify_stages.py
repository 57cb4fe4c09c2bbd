"""The stages' decisions, each with its reason; bodies and signatures of the channels."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from pydantic import SecretStr

from access.outbox import Message
from alerts.notify.channels import (
    answered,
    dingtalk_query,
    email_of,
    feishu_signature,
    request_of,
    wecom_body,
)
from alerts.notify.notice import GroupState, Notice, World
from alerts.notify.routing import QuietHours, Route, Routing, parse_routing, read_routing
from alerts.notify.stages import (
    FIRST,
    LAST,
    concern,
    dedup,
    group,
    inhibit,
    novelty,
    pass_through,
    quiet,
    quiet_until,
    route,
    silence,
    wait,
)
from gis.errors import BadInput

SHANGHAI = ZoneInfo("Asia/Shanghai")
#: 14:00 in Suzhou
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
ALERT = {
    "id": 7,
    "rule": "surge",
    "unit_kind": "compound",
    "unit_code": "3",
    "method": "threshold",
    "members": "incident",
    "level": 3,
    "community_code": "320505006001",
    "status": "open",
    "inhibited_by": None,
    "silenced_by": None,
    "holder": "grid_leader",
}
ROUTING = parse_routing(
    """
routes:
  - {id: wall, channel: wall}
  - {id: leaders, channel: phone, posts: [community, commander], match: [{label: level, values: [1, 2]}]}
quiet_hours: {from: "22:00", to: "07:00", levels: [3, 4]}
""",
    environment={},
)


def notice(change="raised", level=None, detail=None, event_id=1, **alert):
    row = ALERT | alert
    return Notice(
        event_id=event_id,
        change=change,
        event_level=level or row["level"],
        at=NOW,
        alert=row,
        route=ROUTING.routes[0],
        detail=detail or {},
    )


def world(now=NOW, **more):
    return World(now=now, routing=ROUTING, groups=more.pop("groups", {}), **more)


def said(stage, about, around):
    verdict = stage(about, around)
    return verdict.word, verdict.reason


def test_what_people_did_themselves_is_for_the_record():
    assert said(concern, notice("acknowledged"), world()) == ("stop", "for_the_record")
    assert said(concern, notice("raised"), world()) == ("pass", "concerns")


def test_what_a_larger_alert_explains_is_not_told_but_its_end_is():
    assert said(inhibit, notice(inhibited_by=3), world()) == ("stop", "inhibited")
    assert said(inhibit, notice(), world()) == ("pass", "not_inhibited")
    assert said(inhibit, notice("cleared", inhibited_by=3, status="cleared"), world()) == ("pass", "not_inhibited")


@pytest.mark.parametrize(
    ("change", "level", "detail", "members", "expected"),
    [
        # a count that swings, a shape that reaches out with the same cases: nothing happened
        ("level", 4, {"from": 3}, "incident", ("stop", "no_new_case")),
        ("grown", 3, {"new_cells": 2}, "incident", ("stop", "no_new_case")),
        ("grown", 3, {"new_cells": 2, "new": 1}, "incident", ("pass", "new_cases")),
        ("level", 4, {"from": 3, "new": 1}, "incident", ("pass", "new_cases")),
        ("level", 2, {"from": 3}, "incident", ("pass", "graver")),
        # a silent feed counts no cases: its level is all there is to tell
        ("level", 4, {"from": 3}, None, ("pass", "its_own_news")),
        ("escalated", 3, {}, "incident", ("pass", "its_own_news")),
    ],
)
def test_it_is_told_again_only_when_a_case_was_added_or_it_became_graver(change, level, detail, members, expected):
    assert said(novelty, notice(change, level=level, detail=detail, members=members), world()) == expected


def test_a_silence_says_why():
    verdict = silence(notice(silenced_by=4), world(silences={4: {"reason": "计划停机"}}))
    assert (verdict.word, verdict.values) == ("stop", {"silence": 4, "why": "计划停机"})


def test_a_route_is_for_some_labels_and_posts():
    leaders = ROUTING.routes[1]
    assert said(route, notice(level=2).along(leaders), world()) == ("stop", "route_other_labels")
    mine = notice().along(leaders)
    mine.alert = ALERT | {"level": 2}
    assert said(route, mine, world()) == ("stop", "route_other_post")
    mine.alert = ALERT | {"level": 2, "holder": "commander"}
    assert said(route, mine, world()) == ("pass", "routed")


def test_the_first_waits_for_others_and_others_join_it():
    around = world()
    first, second = notice(), notice()
    for one in (first, second):
        group(one, around)
    assert first.group_key == "surge|320505006001"
    assert said(wait, first, around) == ("hold", "waits_for_others")
    assert first.due_at == NOW + timedelta(seconds=20)
    assert said(wait, second, around) == ("hold", "joins_group")
    assert second.due_at == first.due_at


def test_a_group_told_just_now_waits_for_its_interval_but_red_does_not():
    told = {("wall", "surge|320505006001"): GroupState(None, NOW - timedelta(seconds=100))}
    mild, red = notice(), notice("level", level=1)
    for one in (mild, red):
        group(one, world())
    assert said(wait, mild, world(groups=dict(told))) == ("hold", "waits_interval")
    assert mild.due_at == NOW + timedelta(seconds=200)
    assert said(wait, red, world(groups=dict(told))) == ("pass", "red_at_once")
    assert red.due_at == NOW


@pytest.mark.parametrize(
    ("local", "until"),
    [
        ((21, 59), None),
        ((22, 0), (24, 7)),
        ((23, 59), (24, 7)),
        ((0, 30), (23, 7)),
        ((6, 59), (23, 7)),
        ((7, 0), None),
    ],
)
def test_quiet_hours_go_over_midnight(local, until):
    at = datetime(2026, 11, 23, *local, tzinfo=SHANGHAI)
    hours = QuietHours(**{"from": time(22), "to": time(7)})
    expected = datetime(2026, 11, *until, tzinfo=SHANGHAI) if until else None
    assert quiet_until(hours, at, SHANGHAI) == expected


def test_mild_alerts_wait_until_the_morning_and_grave_ones_do_not():
    night = datetime(2026, 11, 23, 23, 0, tzinfo=SHANGHAI)
    mild, grave = notice(), notice(level=2)
    for one in (mild, grave):
        group(one, world())
        one.due_at = night
    assert said(quiet, mild, world(night)) == ("hold", "quiet_hours")
    assert mild.due_at == datetime(2026, 11, 24, 7, 0, tzinfo=SHANGHAI)
    # it waits in a group of its own, or graver ones of its group would carry it out at night
    assert mild.group_key != grave.group_key
    assert said(quiet, grave, world(night)) == ("pass", "level_never_waits")


def test_what_is_over_before_it_was_told_is_not_told():
    assert said(dedup, notice("raised", status="cleared"), world()) == ("stop", "over_before_told")
    told = world(told={("wall", 7): (3, 1)})
    assert said(dedup, notice("cleared", status="cleared", event_id=2), told) == ("pass", "news")
    assert said(dedup, notice("released", event_id=2), told) == ("stop", "told_already")
    assert said(dedup, notice("released", level=2, event_id=2), world(told={("wall", 7): (4, 1)})) == ("pass", "news")


def test_what_waited_for_the_morning_is_not_told_after_what_followed_it():
    assert said(dedup, notice("raised", level=4), world(told={("wall", 7): (2, 5)})) == ("stop", "told_since")


def test_every_decision_is_kept_with_its_reason():
    one = notice(silenced_by=4)
    assert not pass_through(one, FIRST, world(silences={4: {"reason": "x"}}))
    assert [(step["stage"], step["verdict"], step["reason"]) for step in one.stages] == [
        ("concern", "pass", "concerns"),
        ("novelty", "pass", "its_own_news"),
        ("inhibit", "pass", "not_inhibited"),
        ("silence", "stop", "silenced"),
    ]
    assert one.stopped
    assert [name for name, _ in LAST] == ["inhibit", "silence", "dedup"]


def message(channel, **payload):
    told = {
        "title": "【橙色预警】矛盾纠纷聚集 · 马浜社区",
        "text": "橙 A · 11 件\n黄 B · 5 件",
        "level": 2,
        "composed_at": NOW.isoformat(),
        "alerts": [],
        **payload,
    }
    return Message(1, "x", f"alert.{channel}", "r", "alert.notification", "key-1", told, 1, "c", NOW)


def http_route(channel, url="https://example.invalid/hook?access_token=t", secret=None):
    return Route(
        id="r", channel=channel, url_from="X", url=SecretStr(url), secret=SecretStr(secret) if secret else None
    )


def test_dingtalk_is_signed_as_its_documentation_says():
    request = request_of(http_route("dingtalk", secret="SEC1"), message("dingtalk"), NOW)

    # 2026-11-23 06:00:00 UTC
    stamp = "1795413600000"
    digest = hmac.new(b"SEC1", f"{stamp}\nSEC1".encode(), hashlib.sha256).digest()
    assert request.url.params["timestamp"] == stamp
    assert request.url.params["sign"] == base64.b64encode(digest).decode()
    assert request.url.params["access_token"] == "t"
    # plus and slash of base64 go percent-encoded, or the robot reads blanks
    assert "+" not in dingtalk_query("SEC1", NOW).split("sign=")[1]


def test_feishu_is_signed_over_nothing_with_time_and_secret_as_key():
    key = b"1795413600\nSEC2"
    expected = base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
    assert feishu_signature("SEC2", NOW) == {"timestamp": "1795413600", "sign": expected}


def test_the_generic_webhook_is_signed_over_its_body_and_carries_the_key():
    request = request_of(http_route("webhook", secret="s"), message("webhook"), NOW)
    expected = "sha256=" + hmac.new(b"s", request.content, hashlib.sha256).hexdigest()
    assert request.headers["X-Fengqiao-Signature"] == expected
    assert request.headers["Idempotency-Key"] == "key-1"
    assert b'"idempotency_key": "key-1"' in request.content


def test_wecom_stays_within_its_limit():
    body = wecom_body({"title": "题", "text": "\n".join(f"{n} 行" + "字" * 100 for n in range(40))})
    content = body["markdown"]["content"]
    assert len(content.encode()) <= 4096
    assert content.endswith("字" * 100)


def test_an_e_mail_is_known_again_by_its_message_id():
    mail = email_of(Route(id="r", channel="smtp", server="h", sender="a@b.cn", to=("c@d.cn",)), message("smtp"))
    assert mail["Message-ID"] == "<key-1@b.cn>"
    assert mail["Subject"].split() == ["【橙色预警】矛盾纠纷聚集", "·", "马浜社区"]


@pytest.mark.parametrize(
    ("channel", "response", "delivered", "for_good"),
    [
        ("webhook", httpx.Response(204), True, False),
        ("webhook", httpx.Response(503), False, False),
        ("webhook", httpx.Response(410), False, True),
        ("webhook", httpx.Response(429, headers={"Retry-After": "30"}), False, False),
        ("webhook", httpx.Response(302), False, False),
        ("wecom", httpx.Response(200, json={"errcode": 0, "errmsg": "ok"}), True, False),
        ("wecom", httpx.Response(200, json={"errcode": 45009, "errmsg": "api freq out of limit"}), False, False),
        ("dingtalk", httpx.Response(200, json={"errcode": 310000, "errmsg": "sign not match"}), False, False),
        ("feishu", httpx.Response(200, json={"code": 0, "msg": "success"}), True, False),
        ("feishu", httpx.Response(200, json={"code": 19021, "msg": "sign match fail"}), False, False),
        ("feishu", httpx.Response(200, text="<html>"), False, False),
    ],
)
def test_a_robot_that_answers_200_may_have_refused(channel, response, delivered, for_good):
    sent = answered(channel, response)
    assert (sent.delivered, sent.for_good) == (delivered, for_good)
    assert sent.retry_after_s == (30.0 if response.status_code == 429 else None)


def test_the_shipped_routes_hold_and_send_nothing_anywhere():
    routing = read_routing(None, environment={})
    assert {one.channel for one in routing.routes} == {"wall", "phone"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("routes: []", "routes"),
        ("routes: [", "is not YAML"),
        ("routes: [{id: a, channel: wecom}]", "needs url_from"),
        ("routes: [{id: a, channel: smtp, server: h}]", "needs server, sender and to"),
        ("routes: [{id: a, channel: wall}, {id: a, channel: wall}]", "given twice: a"),
        ("routes: [{id: a, channel: wall, match: [{label: colour, values: [1]}]}]", "label"),
        ("routes: [{id: a, channel: webhook, url_from: HOOK}]", "HOOK is not set"),
        ("routes: [{id: a, channel: webhook, url_from: BAD}]", "BAD holds no http"),
        ("routes: [{id: a, channel: wall}]\nquiet_hours: {from: '22:00', to: '07:00', levels: [1]}", "never hold red"),
        ("routes: [{id: a, channel: wall}]\ntimezone: Mars/One", "timezone"),
        ("routes: [{id: a, channel: wall, changes: [seen]}]", "changes seen"),
    ],
)
def test_routes_that_do_not_hold_together_are_refused_in_a_sentence(text, sentence):
    with pytest.raises(BadInput, match=sentence):
        parse_routing(text, environment={"BAD": "file:///etc/passwd"})


def test_secrets_hide_in_repr():
    routing = parse_routing(
        "routes: [{id: a, channel: webhook, url_from: HOOK, secret_from: KEY}]",
        environment={"HOOK": "https://example.invalid/very-secret", "KEY": "hush"},
    )
    assert "very-secret" not in repr(routing)
    assert "hush" not in repr(routing)
    assert isinstance(routing, Routing)
