"""Who is told, over a real database, a real HTTP server and a real SMTP server; storms; a notifier that is killed."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep

import pytest
from sqlalchemy import text

from access.outbox import Backoff, deliver_due, list_messages, message_log
from alerts.judge import Finding
from alerts.labels import Matcher
from alerts.life import carry, standing_alerts
from alerts.notify.channels import senders
from alerts.notify.pipeline import list_notifications, notices_of, notify
from alerts.notify.routing import parse_routing
from alerts.silences import add_silence
from alerts.tending import tend

pytestmark = pytest.mark.database

#: 14:00 in Suzhou
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=20)


def finding(unit, *, rule="feed_silent", level=3, members=()):
    return Finding(
        rule=rule,
        unit_kind="feed",
        unit_code=unit,
        unit_name=f"试{unit}",
        level=level,
        observed=5.0,
        expected=None,
        expected_low=None,
        expected_high=None,
        method="threshold",
        window_from=NOW - timedelta(hours=2),
        window_to=NOW,
        member_ids=tuple(members),
    )


@contextmanager
def receiver():
    """A real HTTP server that keeps what it is sent; `answers` are given first, then 200."""
    taken, answers = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.path, dict(self.headers), json.loads(body)))
            status, said = answers.pop(0) if answers else (200, {"errcode": 0, "code": 0})
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", taken, answers
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


def routing_of(routes, url="http://127.0.0.1:1", more=""):
    return parse_routing(f"{more}\nroutes:\n{routes}", environment={"HOOK": url, "SECRET": "s3"})


def raise_alerts(database, code, found, now=NOW):
    with database.owner.begin() as connection:
        carry(connection, found, clear_after={}, subdistrict_code=code, now=now)
        return standing_alerts(connection, subdistrict_code=code)


def told(database, code):
    with database.owner.connect() as connection:
        return list_notifications(connection, subdistrict_code=code)


def stages_of(database, alert_id):
    with database.owner.connect() as connection:
        return [
            (notice["route"], notice["state"], [(step["stage"], step["reason"]) for step in notice["stages"]])
            for notice in notices_of(connection, alert_id)
        ]


WALL = "  - {id: wall, channel: wall}"


def test_a_step_is_decided_once_waits_for_its_group_and_is_told_with_every_reason_kept(database):
    code = "notify-once"
    first, second = raise_alerts(database, code, [finding("a"), finding("b")])
    routing = routing_of(WALL)

    assert notify(database.owner, routing, subdistrict_code=code, now=NOW) == 0
    assert notify(database.owner, routing, subdistrict_code=code, now=SOON) == 1
    assert notify(database.owner, routing, subdistrict_code=code, now=SOON + timedelta(hours=1)) == 0

    (notification,) = told(database, code)
    assert (notification["title"], notification["alerts"]) == ("【预警汇总】2 条：黄 2", 2)
    assert notification["body"].splitlines()[0] == "黄 A · 数据停更 · 试a · 新发 · 责任岗位 值班长"
    assert stages_of(database, first["id"]) == [
        (
            "wall",
            "sent",
            [
                ("concern", "concerns"),
                ("novelty", "its_own_news"),
                ("inhibit", "not_inhibited"),
                ("silence", "not_silenced"),
                ("route", "routed"),
                ("group", "grouped"),
                ("wait", "waits_for_others"),
                ("quiet", "level_never_waits"),
                ("inhibit", "not_inhibited"),
                ("silence", "not_silenced"),
                ("dedup", "news"),
                ("send", "sent_group"),
            ],
        )
    ]
    assert stages_of(database, second["id"])[0][2][6] == ("wait", "joins_group")


def test_what_is_silenced_while_it_waits_is_not_told(database):
    code = "notify-silence"
    (row,) = raise_alerts(database, code, [finding("a")])
    routing = routing_of(WALL)
    notify(database.owner, routing, subdistrict_code=code, now=NOW)
    with database.owner.begin() as connection:
        add_silence(
            connection,
            subdistrict_code=code,
            matchers=[Matcher(label="what", values=("feed_silent",))],
            reason="计划停机",
            expires_at=NOW + timedelta(hours=1),
            post="值班长",
            now=NOW,
        )
    tend(database.owner, subdistrict_code=code, now=NOW + timedelta(seconds=1))

    assert notify(database.owner, routing, subdistrict_code=code, now=SOON) == 0
    assert stages_of(database, row["id"])[0][1:] == (
        "stopped",
        [
            ("concern", "concerns"),
            ("novelty", "its_own_news"),
            ("inhibit", "not_inhibited"),
            ("silence", "not_silenced"),
            ("route", "routed"),
            ("group", "grouped"),
            ("wait", "waits_for_others"),
            ("quiet", "level_never_waits"),
            ("inhibit", "not_inhibited"),
            ("silence", "silenced"),
        ],
    )
    # once the silence ends it is news
    tend(database.owner, subdistrict_code=code, now=NOW + timedelta(hours=1))
    notify(database.owner, routing, subdistrict_code=code, now=NOW + timedelta(hours=1))
    assert notify(database.owner, routing, subdistrict_code=code, now=NOW + timedelta(hours=1, seconds=20)) == 1


def test_what_no_route_takes_says_so(database):
    code = "notify-nobody"
    (row,) = raise_alerts(database, code, [finding("a", level=4)])
    routing = routing_of("  - {id: grave, channel: wall, match: [{label: level, values: [1]}]}")
    notify(database.owner, routing, subdistrict_code=code, now=NOW)
    assert stages_of(database, row["id"])[0][:2] == ("", "stopped")
    assert stages_of(database, row["id"])[0][2][-1] == ("route", "no_route")


def test_the_ladder_reaches_the_route_of_the_post_that_holds_it(database):
    code = "notify-ladder"
    raise_alerts(database, code, [finding("a", level=2)])
    routing = routing_of(WALL + "\n  - {id: chief, channel: phone, posts: [commander]}")
    notify(database.owner, routing, subdistrict_code=code, now=NOW)
    notify(database.owner, routing, subdistrict_code=code, now=SOON)
    assert {row["route"] for row in told(database, code)} == {"wall"}
    later = NOW + timedelta(minutes=10)
    tend(database.owner, subdistrict_code=code, now=later)
    notify(database.owner, routing, subdistrict_code=code, now=later)
    notify(database.owner, routing, subdistrict_code=code, now=later + timedelta(seconds=20))
    chief = [row for row in told(database, code) if row["route"] == "chief"]
    assert ["上报" in row["body"] for row in chief] == [True]


@pytest.mark.parametrize("channel", ["webhook", "wecom", "dingtalk", "feishu"])
def test_a_robot_gets_it_over_http_and_a_refusal_is_tried_again_with_the_same_key(database, channel):
    code = f"notify-{channel}"
    with receiver() as (url, taken, answers):
        answers += [(503, {}), (200, {"errcode": 9, "code": 9})] if channel != "webhook" else [(503, {}), (500, {})]
        routing = routing_of(
            f"  - {{id: {channel}_hook, channel: {channel}, url_from: HOOK, secret_from: SECRET}}",
            url + "/hook?token=1",
        )
        raise_alerts(database, code, [finding("a", level=1)])
        notify(database.owner, routing, subdistrict_code=code, now=NOW)
        send, quick = senders(routing, clock=lambda: NOW), Backoff(first_s=1, spread=0)
        # 1 s after the first failure, 2 s after the second
        for seconds in (0, 1, 3):
            moment = NOW + timedelta(seconds=seconds)
            deliver_due(database, send, clock=lambda moment=moment: moment, backoff=quick)
    assert len(taken) == 3
    assert len({headers["Idempotency-Key"] for _, headers, _ in taken}) == 1
    assert all(path.startswith("/hook?token=1") for path, _, _ in taken)
    (row,) = told(database, code)
    assert (row["status"], row["attempts"]) == ("delivered", 3)
    with database.owner.connect() as connection:
        (message,) = list_messages(connection, channel=f"alert.{channel}", target=f"{channel}_hook")
        log = [entry["outcome"] for entry in message_log(connection, message["id"])]
    assert log == ["failed", "failed", "delivered"]
    words = json.dumps(taken[-1][2], ensure_ascii=False)
    assert "【红色预警】数据停更 · 试a" in words


#: a mail server as a process of its own; says its port, then each mail it took
MAIL_SERVER = """
import json, socket, sys
from aiosmtpd.controller import Controller

class Box:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone"):
            return "550 no such box"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        print(json.dumps([envelope.rcpt_tos, envelope.content.decode()]), flush=True)
        return "250 taken"

with socket.create_server(("127.0.0.1", 0)) as probe:
    port = probe.getsockname()[1]
controller = Controller(Box(), hostname="127.0.0.1", port=port)
controller.start()
print(port, flush=True)
sys.stdin.read()
controller.stop()
"""


def test_mail_goes_by_a_real_smtp_server_and_a_refused_address_is_dead(database):
    code = "notify-smtp"
    server = subprocess.Popen(
        [sys.executable, "-c", MAIL_SERVER], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    try:
        port = server.stdout.readline().strip()
        mail = f"channel: smtp, server: 127.0.0.1, port: {port}, security: none, sender: alerts@example.cn"
        routing = routing_of(
            f"  - {{id: mail_duty, {mail}, to: [duty@example.cn]}}\n  - {{id: mail_gone, {mail}, to: [gone@example.cn]}}"
        )
        raise_alerts(database, code, [finding("a", level=1)])
        notify(database.owner, routing, subdistrict_code=code, now=NOW)
        deliver_due(database, senders(routing, clock=lambda: NOW), clock=lambda: NOW)
    finally:
        said, _ = server.communicate(timeout=20)
    ((to, content),) = [json.loads(line) for line in said.splitlines()]
    (notification,) = [row for row in told(database, code) if row["route"] == "mail_duty"]
    assert to == ["duty@example.cn"]
    assert "Message-ID: <" in content
    assert notification["status"] == "delivered"
    (dead,) = [row for row in told(database, code) if row["route"] == "mail_gone"]
    assert (dead["status"], dead["reason"]) == ("dead", "SMTP [550]")


def test_a_storm_of_ten_thousand_is_a_few_dozen_notifications_and_no_fact_is_lost(database):
    code = "notify-storm"
    # 40 rules with 250 units each: 40 groups on each of two routes
    found = [
        finding(f"u{unit}", rule=f"rule{rule}", level=1 + (rule + unit) % 4, members=(rule * 1000 + unit,))
        for rule in range(40)
        for unit in range(250)
    ]
    routes = WALL + "\n  - {id: storm_hook, channel: webhook, url_from: HOOK}"
    routing = routing_of(routes)
    with database.owner.begin() as connection:
        carry(connection, found, clear_after={}, subdistrict_code=code, now=NOW)
    for second in range(0, 60, 5):
        notify(database.owner, routing, subdistrict_code=code, now=NOW + timedelta(seconds=second))

    notifications = told(database, code)
    assert len(notifications) <= 24
    assert {row["route"] for row in notifications} == {"wall", "storm_hook"}
    with database.owner.connect() as connection:

        def count(sql):
            return connection.scalar(text(sql), {"code": code})

        assert count("SELECT count(*) FROM alerting.alert WHERE subdistrict_code = :code") == 10_000
        assert count("SELECT count(DISTINCT letter) FROM alerting.alert WHERE subdistrict_code = :code") == 10_000
        assert (
            count(
                "SELECT count(*) FROM alerting.notice WHERE subdistrict_code = :code AND state = 'stopped'"
                " OR subdistrict_code = :code AND jsonb_array_length(stages) < 8"
            )
            == 0
        )
        told_of = count(
            "SELECT count(*) FROM (SELECT DISTINCT route, unnest(alert_ids) FROM alerting.notification"
            " WHERE subdistrict_code = :code) AS told"
        )
        waiting = count("SELECT count(*) FROM alerting.notice WHERE subdistrict_code = :code AND state = 'waiting'")
    # what has not been told within the minute waits for the next one
    assert told_of + waiting == 20_000
    assert notify(database.owner, routing, subdistrict_code=code, now=NOW + timedelta(seconds=200)) <= 14
    with database.owner.connect() as connection:
        sql = "SELECT count(*) FROM alerting.notice WHERE subdistrict_code = :code AND state <> 'sent'"
        assert connection.scalar(text(sql), {"code": code}) == 0


NOTIFIER = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from access.outbox import deliver_due
from alerts.notify.channels import senders
from alerts.notify.pipeline import notify
from alerts.notify.routing import parse_routing
from gis.database.connection import open_database
from gis.settings import DatabaseSettings

database = open_database(DatabaseSettings(var_dir=Path(sys.argv[1]), database_url=None))
routing = parse_routing(sys.argv[2], environment=os.environ)
clock = lambda: datetime.now(UTC)
channels = senders(routing, clock=clock)
print("working", flush=True)
while True:
    notify(database.owner, routing, subdistrict_code=sys.argv[3], now=clock())
    deliver_due(database, channels, clock=clock, threads=2, limit=5)
"""


def test_a_notifier_killed_at_any_moment_loses_and_doubles_nothing(database, var_dir):
    code, drawn = "notify-killed", random.Random(7)
    document = (
        "group: {by: [where], wait_s: 0, interval_s: 0}\nstorm: {per_minute: 100000}\nroutes:\n"
        "  - {id: killed_wall, channel: wall}\n  - {id: killed_hook, channel: webhook, url_from: HOOK}\n"
    )
    units: list[Finding] = []
    with receiver() as (url, taken, _):

        def start():
            process = subprocess.Popen(
                [sys.executable, "-c", NOTIFIER, str(var_dir), document, code],
                stdout=subprocess.PIPE,
                env=os.environ | {"HOOK": url},
            )
            assert process.stdout.readline() == b"working\n"
            return process

        killed_at_work = 0
        for round_number in range(5):
            process = start()
            units += [finding(f"k{round_number}-{place}", level=2) for place in range(24)]
            raise_alerts(database, code, units, now=datetime.now(UTC))
            sleep(drawn.uniform(0.0, 0.4))
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()
            with database.owner.connect() as connection:
                left = connection.scalar(text(LEFT), {"code": code})
            killed_at_work += left > 0
        # a claim left by a dead deliverer is due again when its lease is over: let it be over now
        with database.owner.begin() as connection:
            connection.execute(
                text(
                    "UPDATE support.outbox SET next_attempt_at = now() WHERE target = 'killed_hook' AND status = 'waiting'"
                )
            )
        process = start()
        for _ in range(200):
            sleep(0.1)
            with database.owner.connect() as connection:
                if connection.scalar(text(LEFT), {"code": code}) == 0:
                    break
        process.kill()
        process.wait()
        process.stdout.close()
    with database.owner.connect() as connection:
        rows = connection.execute(text(TOLD), {"code": code}).all()
    # the kills hit live work
    assert killed_at_work >= 2
    assert len(units) == 120
    # every step was told exactly once on each route, by our own log
    assert sorted((row.route, row.unit_code, row.times) for row in rows) == sorted(
        (route, unit.unit_code, 1) for route in ("killed_hook", "killed_wall") for unit in units
    )
    # and at least once to the other side, never under a second key
    keys = [headers["Idempotency-Key"] for _, headers, _ in taken]
    assert set(keys) == {row.idempotency_key for row in rows if row.route == "killed_hook"}
    assert len(set(keys)) == 120


#: steps not decided, notices not told, messages not delivered
LEFT = """
SELECT (SELECT count(*) FROM alerting.alert_event JOIN alerting.alert ON alert.id = alert_id WHERE subdistrict_code = :code AND routed_at IS NULL)
     + (SELECT count(*) FROM alerting.notice WHERE subdistrict_code = :code AND state = 'waiting')
     + (SELECT count(*) FROM support.outbox WHERE subdistrict_code = :code AND status = 'waiting')
"""
TOLD = """
SELECT notice.route, alert.unit_code, count(*) AS times, max(notification.idempotency_key) AS idempotency_key
  FROM alerting.notice JOIN alerting.alert ON alert.id = notice.alert_id JOIN alerting.notification ON notification.id = notice.notification_id
 WHERE notice.subdistrict_code = :code AND notice.state = 'sent' GROUP BY notice.route, alert.unit_code
"""
