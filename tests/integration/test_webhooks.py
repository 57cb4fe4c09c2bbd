"""Webhooks from the change to a receiver in a process of its own: signed, retried, dead, replayed, within rights."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from access.consumers import NewConsumer, Scope, add_consumer, add_key, change_consumer, set_scopes
from access.interfaces import list_interfaces
from access.outbox import Backoff, deliver_due, list_messages, message_log, replay
from access.signing import verify
from access.webhooks import add_webhook, list_webhooks, pause_webhook, ping_webhook
from dashboard.exchange.probing import check_given
from dashboard.exchange.webhooks import seconds_asked
from dashboard.postman import all_senders, deliver
from gis.database.connection import identified
from gis.errors import BadInput, Conflict, NotAllowed
from gis.identity import identity_keys
from tests.world import CODE, SECOND, World

pytestmark = pytest.mark.database

numbers = count(1)


@dataclass
class Receiver:
    """The other side."""

    folder: Path
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        self.folder.joinpath("port").unlink(missing_ok=True)
        self.process = subprocess.Popen([sys.executable, "-m", "tests.receiver", str(self.folder)])
        while not self.folder.joinpath("port").exists():
            assert self.process.poll() is None
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def answers(self, *statuses: str) -> None:
        self.folder.joinpath("answers").write_text("\n".join(statuses))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.folder.joinpath('port').read_text()}/events"

    @property
    def got(self) -> list[dict[str, Any]]:
        log = self.folder / "log"
        return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    receiver = Receiver(tmp_path)
    receiver.answers("200")
    receiver.start()
    yield receiver
    receiver.stop()


@pytest.fixture(autouse=True)
def nobody_else_listens(world: World) -> Iterator[None]:
    """Webhooks and messages of other tests are gone."""

    def empty() -> None:
        with world.database.owner.begin() as connection:
            connection.execute(text("DELETE FROM access.webhook"))
            connection.execute(text("DELETE FROM support.outbox"))

    empty()
    yield
    empty()


class Postman:
    """Delivers by hand; its clock is the machine's, moved on at will."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ahead = timedelta(0)
        self.senders = all_senders(world.database, self.clock)

    def clock(self) -> datetime:
        return datetime.now(tz=UTC) + self.ahead

    def round(self, *, later_s: float = 0, attempts: int = 3) -> int:
        self.ahead += timedelta(seconds=later_s)
        backoff = Backoff(first_s=10, attempts=attempts, spread=0)
        return deliver_due(self.world.database, self.senders, clock=self.clock, backoff=backoff)

    def messages(self) -> list[dict[str, Any]]:
        with self.world.database.owner.connect() as connection:
            return list_messages(connection)


@pytest.fixture
def postman(world: World) -> Postman:
    return Postman(world)


def subscribe(
    world: World, url: str, *events: str, scopes: tuple[Scope, ...] = (Scope("incidents"),), **more: Any
) -> tuple[int, int, str]:
    """A consumer with a key and a webhook: consumer, webhook, signing secret."""
    with world.database.owner.begin() as connection:
        new = NewConsumer(name=f"收件{next(numbers)}", purpose="试验", scopes=scopes, **more)
        consumer = add_consumer(connection, new)
        add_key(connection, consumer, now=datetime.now(tz=UTC))
        keys = identity_keys(world.database.secrets)
        return consumer, *add_webhook(connection, consumer, url=url, event_types=events, keys=keys)


def report(world: World, key: str, *, community: str = SECOND, account: str = "operator") -> int:
    """An incident that somebody reports, in their own session."""
    with identified(world.database.server, world.sessions[account]) as connection:
        return int(
            connection.scalar(
                text(
                    "INSERT INTO base.incident (reported_at, subdistrict_code, feed, source_key, category, source, title,"
                    " community_code) VALUES ('2026-03-01 08:00+00', :here, 'hooks', :key, '城市管理', '网格上报', '井盖缺失',"
                    " :community) RETURNING id"
                ),
                {"here": CODE, "key": f"{key}-{next(numbers)}", "community": community},
            )
        )


def test_an_event_arrives_signed_and_says_what_was_granted(world: World, receiver: Receiver, postman: Postman):
    scope = Scope("incidents", fields=frozenset({"category", "status"}))
    _, _, secret = subscribe(world, receiver.url, "incident.reported", scopes=(scope,))

    incident = report(world, "signed")
    assert postman.round() == 1

    (got,) = receiver.got
    event = json.loads(got["body"])
    assert event["type"] == "incident.reported"
    assert event["data"] == {
        "id": incident, "reported_at": "2026-03-01T08:00:00+00:00", "category": "城市管理", "status": "reported",
    }  # fmt: skip
    verify(secret, got["headers"], got["body"].encode(), now=datetime.now(tz=UTC))
    changed = got["body"].replace("reported", "closed").encode()
    with pytest.raises(NotAllowed, match="does not belong"):
        verify(secret, got["headers"], changed, now=datetime.now(tz=UTC))
    with pytest.raises(NotAllowed, match="too old"):
        verify(secret, got["headers"], got["body"].encode(), now=datetime.now(tz=UTC) + timedelta(minutes=6))
    with pytest.raises(NotAllowed):
        verify("whsec_" + "A" * 43 + "=", got["headers"], got["body"].encode(), now=datetime.now(tz=UTC))
    assert postman.messages()[0]["status"] == "delivered"


def test_what_a_webhook_would_be_sent_is_held_against_its_contract_on_the_clock(world: World, receiver: Receiver):
    now = datetime.now(tz=UTC)
    _, webhook, _ = subscribe(world, receiver.url, "incident.reported")
    check_given(world.database, now=now)
    key = f"hook:{webhook}"

    def entry() -> dict[str, Any]:
        with identified(world.database.server, world.sessions["operator"]) as connection:
            return next(row for row in list_interfaces(connection) if row["key"] == key)

    assert entry()["tested_at"] is None, "nothing happened yet"
    report(world, "contract")
    check_given(world.database, now=now + timedelta(minutes=30))
    assert (entry()["passed"], entry()["checked"]) == (True, 1)
    with world.database.owner.begin() as connection:
        connection.execute(
            text("UPDATE support.outbox SET payload = payload || '{\"at\": 5}' WHERE target = :id"),
            {"id": str(webhook)},
        )
    check_given(world.database, now=now + timedelta(minutes=60))
    assert (entry()["passed"], entry()["faults"]) == (False, ["timestamp：类型不是 string (1)"])


def test_a_change_that_is_taken_back_tells_nobody(world: World, receiver: Receiver, postman: Postman):
    subscribe(world, receiver.url, "incident.reported")
    with identified(world.database.server, world.sessions["operator"]) as connection:
        connection.execute(
            text(
                "INSERT INTO base.incident (reported_at, subdistrict_code, feed, source_key, category, source)"
                " VALUES ('2026-03-01 08:00+00', :here, 'hooks', 'undone', '城市管理', '网格上报')"
            ),
            {"here": CODE},
        )
        connection.rollback()
    assert postman.round() == 0


def test_a_receiver_that_fails_and_recovers_gets_every_event_once(world: World, receiver: Receiver, postman: Postman):
    subscribe(world, receiver.url, "incident.reported")
    report(world, "retried")
    receiver.answers("500", "drop", "200")

    assert [postman.round(), postman.round(), postman.round(later_s=10), postman.round(later_s=20)] == [1, 0, 1, 1]

    (message,) = postman.messages()
    assert message["status"] == "delivered"
    with world.database.owner.connect() as connection:
        log = message_log(connection, message["id"])
    assert [row["outcome"] for row in log] == ["failed", "failed", "delivered"]
    assert (log[0]["answer"], log[2]["answer"]) == ("HTTP 500", "HTTP 200")
    # the same id each time, so that a receiver that took it in before it failed can tell
    assert {got["headers"]["webhook-id"] for got in receiver.got} == {f"msg_{message['id']}"}


def test_a_receiver_that_is_away_makes_dead_letters_which_are_replayed_when_it_is_back(
    world: World, receiver: Receiver, postman: Postman
):
    subscribe(world, receiver.url, "incident.reported")
    url_port = receiver.folder.joinpath("port").read_text()
    incidents = [report(world, "away"), report(world, "away")]
    receiver.stop()
    for later_s in (0, 10, 20):
        postman.round(later_s=later_s)
    dead = [row for row in postman.messages() if row["status"] == "dead"]
    assert len(dead) == 2
    assert "Connect" in dead[0]["reason"]
    assert receiver.got == []

    # the same address again: a receiver that came back
    receiver.start()
    with world.database.owner.begin() as connection:
        connection.execute(text("UPDATE access.webhook SET url = :url"), {"url": receiver.url})
    assert url_port
    with identified(world.database.server, world.sessions["operator"]) as connection:
        replay(connection, [row["id"] for row in dead], now=postman.clock())
    assert postman.round() == 2

    assert sorted(json.loads(got["body"])["data"]["id"] for got in receiver.got) == incidents
    assert {(row["status"], row["replays"]) for row in postman.messages()} == {("delivered", 1)}


def test_a_receiver_that_asks_for_patience_gets_it_and_one_that_is_gone_is_left(
    world: World, receiver: Receiver, postman: Postman
):
    subscribe(world, receiver.url, "incident.reported")
    report(world, "patience")
    receiver.answers("429/120", "410")

    assert postman.round() == 1
    assert postman.round(later_s=118) == 0
    assert postman.round(later_s=3) == 1

    (message,) = postman.messages()
    assert (message["status"], message["reason"]) == ("dead", "HTTP 410")


#: a postman in a process of its own, to be killed
POSTMAN = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from sqlalchemy import make_url
from dashboard.postman import deliver
from gis.database.connection import Database
from gis.database.secrets import read_or_make_secrets
database = Database(make_url(sys.argv[1]), read_or_make_secrets(Path(sys.argv[2])))
asyncio.run(deliver(database, clock=lambda: datetime.now(tz=UTC)))
"""


def test_a_postman_killed_in_the_middle_loses_nothing_and_what_comes_twice_says_so(
    world: World, var_dir: Path, receiver: Receiver, postman: Postman
):
    subscribe(world, receiver.url, "incident.reported")
    expected = [report(world, "killed") for _ in range(20)]
    receiver.answers(*["slow"] * 40)
    url = world.database.owner_url.render_as_string(hide_password=False)
    process = subprocess.Popen([sys.executable, "-c", POSTMAN, url, str(var_dir)])
    while len(receiver.got) < 6:
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert any(row["under_way"] for row in postman.messages()), "it died with messages in hand"

    receiver.answers("200")
    while any(row["status"] == "waiting" for row in postman.messages()):
        # past the lease of the dead one
        postman.round(later_s=130)

    by_incident: dict[int, set[str]] = {}
    for got in receiver.got:
        by_incident.setdefault(json.loads(got["body"])["data"]["id"], set()).add(got["headers"]["webhook-id"])
    assert sorted(by_incident) == expected, "nothing is lost"
    assert all(len(ids) == 1 for ids in by_incident.values()), "twice is told by the id"
    assert len(receiver.got) - len(expected) <= 8, "no more than it had in hand came twice"


def test_a_postman_that_is_stopped_and_started_again_sends_nothing_twice(
    world: World, receiver: Receiver, postman: Postman
):
    subscribe(world, receiver.url, "incident.reported")
    expected = [report(world, "restart") for _ in range(20)]

    async def deliver_for(seconds: float) -> None:
        task = asyncio.create_task(deliver(world.database, clock=lambda: datetime.now(tz=UTC)))
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(deliver_for(0.05))
    while any(row["status"] == "waiting" for row in postman.messages()):
        asyncio.run(deliver_for(0.3))

    assert sorted(json.loads(got["body"])["data"]["id"] for got in receiver.got) == expected


def test_the_postman_hears_of_a_message_at_once(world: World, receiver: Receiver):
    subscribe(world, receiver.url, "incident.reported")

    async def live() -> float:
        task = asyncio.create_task(deliver(world.database, clock=lambda: datetime.now(tz=UTC)))
        await asyncio.sleep(0.5)
        began = time.monotonic()
        await asyncio.to_thread(report, world, "at-once")
        for _ in range(600):
            if receiver.got:
                break
            await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return time.monotonic() - began

    asyncio.run(live())
    assert len(receiver.got) == 1


def test_each_kind_of_event_is_told_to_who_asked_for_it(world: World, receiver: Receiver, postman: Postman):
    everything = (Scope("incidents"), Scope("requests"), Scope("alerts"), Scope("figures"))
    subscribe(
        world, receiver.url, "incident.closed", "request.reported", "alert.raised", "batch.loaded", scopes=everything
    )
    incident = report(world, "kinds")
    with world.database.owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO casework.transition (subdistrict_code, subject, subject_id, step, from_status, to_status, at, actor)"
                " VALUES (:here, 'incident', :id, 'closed', 'handling', 'closed', now(), 'test'),"
                " (:here, 'incident', :id, 'accepted', 'dispatched', 'accepted', now(), 'test'),"
                " (:here, 'visit', :id, 'closed', 'due', 'done', now(), 'test')"
            ),
            {"here": CODE, "id": incident},
        )
        alert = connection.scalar(
            text(
                "INSERT INTO alerting.alert (subdistrict_code, rule, unit_kind, unit_code, letter, level, observed, method,"
                " window_from, window_to, raised_at, updated_at, held_at, opened_at, held_by_at, fingerprint) VALUES (:here,"
                " 'hooks', 'feed', 'hooks', 'Z', 4, 1, 'test', now(), now(), now(), now(), now(), now(), now(), 'hooks')"
                " RETURNING id"
            ),
            {"here": CODE},
        )
        connection.execute(
            text(
                "INSERT INTO alerting.alert_event (alert_id, change, level, observed, actor) VALUES (:id, 'raised', 4, 1, 'test')"
            ),
            {"id": alert},
        )
        batch = connection.scalar(
            text(
                "INSERT INTO support.batch (subdistrict_code, feed, source, content_hash, actor) VALUES (:here, 'hooks', 'a.csv',"
                " 'x', 'test') RETURNING id"
            ),
            {"here": CODE},
        )
        connection.execute(text("UPDATE support.batch SET finished_at = now() WHERE id = :id"), {"id": batch})

    while postman.round():
        pass

    events = {json.loads(got["body"])["type"]: json.loads(got["body"])["data"] for got in receiver.got}
    assert {kind: data["id"] for kind, data in events.items()} == {
        "incident.closed": incident,
        "alert.raised": alert,
        "batch.loaded": batch,
    }
    with world.database.owner.begin() as connection:
        connection.execute(text("DELETE FROM alerting.alert_event WHERE alert_id = :id"), {"id": alert})
        connection.execute(text("DELETE FROM alerting.alert WHERE id = :id"), {"id": alert})


def test_loaded_rows_are_no_events_of_their_own(world: World, receiver: Receiver, postman: Postman):
    subscribe(world, receiver.url, "incident.reported")
    with world.database.owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO base.incident (reported_at, subdistrict_code, feed, source_key, category, source)"
                " VALUES ('2026-03-01 08:00+00', :here, 'hooks', 'loaded', '城市管理', '网格上报')"
            ),
            {"here": CODE},
        )
    assert postman.messages() == []


def test_nobody_is_told_of_what_lies_outside_their_rights(world: World, receiver: Receiver, postman: Postman):
    subscribe(world, receiver.url, "incident.reported", role="community_leader", community_codes=("990000001001",))
    report(world, "elsewhere", community=SECOND)
    assert postman.messages() == []

    # a sandbox consumer hears of nothing real, and its test event is invented
    _, sandbox, secret = subscribe(world, receiver.url + "/sandbox", "incident.reported", sandbox=True)
    report(world, "real", community="990000001002")
    assert postman.messages() == []
    with identified(world.database.server, world.sessions["operator"]) as connection:
        ping_webhook(connection, sandbox, subdistrict_code=CODE, now=datetime.now(tz=UTC))
    assert postman.round() == 1
    (got,) = receiver.got
    assert json.loads(got["body"])["data"] == {"text": "ping"}
    verify(secret, got["headers"], got["body"].encode(), now=datetime.now(tz=UTC))


def test_a_right_taken_away_meanwhile_holds(world: World, receiver: Receiver, postman: Postman):
    consumer, webhook, _ = subscribe(world, receiver.url, "incident.reported")
    report(world, "meanwhile")
    with identified(world.database.server, world.sessions["operator"]) as connection:
        set_scopes(connection, consumer, [])
    postman.round()
    assert [row["status"] for row in postman.messages()] == ["dead"]

    with identified(world.database.server, world.sessions["operator"]) as connection:
        set_scopes(connection, consumer, [Scope("incidents")])
        pause_webhook(connection, webhook, reason="对方停机", now=datetime.now(tz=UTC))
    report(world, "paused")
    assert len(postman.messages()) == 1
    with identified(world.database.server, world.sessions["operator"]) as connection:
        pause_webhook(connection, webhook, reason="", now=None)
        change_consumer(connection, consumer, suspended_at=datetime.now(tz=UTC))
    report(world, "suspended")
    assert len(postman.messages()) == 1
    assert receiver.got == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://a.example/x", "no address"),
        ("https://", "no address"),
        ("https://user:word@a.example/", "no name, password"),
        ("http://169.254.169.254/latest", "no host of another system"),
        ("http://8.8.8.8/x", "https:// only"),
    ],
)
def test_an_address_events_should_not_go_to_is_refused(world: World, url: str, said: str):
    with pytest.raises(BadInput, match=said):
        subscribe(world, url, "incident.reported")


def test_events_of_what_was_not_granted_are_refused_and_two_of_one_address(world: World):
    with pytest.raises(BadInput, match="was not granted alerts"):
        subscribe(world, "http://127.0.0.1:1/x", "alert.raised")
    with pytest.raises(BadInput, match=r"no event type cat\.born"):
        subscribe(world, "http://127.0.0.1:1/x", "cat.born")
    consumer, _, _ = subscribe(world, "http://127.0.0.1:1/x", "incident.reported")
    keys = identity_keys(world.database.secrets)
    with pytest.raises(Conflict), world.database.owner.begin() as connection:
        add_webhook(connection, consumer, url="http://127.0.0.1:1/x", event_types=["incident.closed"], keys=keys)


def test_the_secret_is_nowhere_to_be_read(world: World):
    _, webhook, secret = subscribe(world, "http://127.0.0.1:1/x", "incident.reported")
    with identified(world.database.server, world.sessions["operator"]) as connection:
        assert [row["id"] for row in list_webhooks(connection)] == [webhook]
        assert secret not in json.dumps(list_webhooks(connection), default=str)
        with pytest.raises(Exception, match="permission denied"):
            connection.execute(text("SELECT * FROM access.webhook_secret"))
    with world.database.owner.connect() as connection:
        stored = connection.scalar(
            text("SELECT secret_cipher FROM access.webhook_secret WHERE webhook_id = :id"), {"id": webhook}
        )
        audited = connection.scalars(
            text("SELECT changes::text FROM access.audit WHERE table_name = 'access.webhook'")
        ).all()
    assert secret.encode() not in bytes(stored)
    assert all("cipher" not in row for row in audited)


def test_retry_after_is_read_in_both_forms():
    now = datetime(2026, 11, 25, 8, tzinfo=UTC)
    # RFC 9110: seconds, or a date
    assert seconds_asked("90", now=now) == 90
    assert seconds_asked("Wed, 25 Nov 2026 08:02:00 GMT", now=now) == 120
    assert seconds_asked("soon", now=now) is None
    assert seconds_asked(None, now=now) is None
