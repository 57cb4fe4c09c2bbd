"""The outbox on the real database: nothing lost, nothing twice by itself, growing pauses, dead letters and their replay."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from access.outbox import (
    Backoff,
    Message,
    NewMessage,
    Sent,
    claim,
    deliver_due,
    enqueue,
    list_messages,
    message_log,
    replay,
    settle,
    tidy_outbox,
)
from gis.database.connection import identified
from gis.errors import BadInput, NotFound
from tests.world import CODE, World

pytestmark = pytest.mark.database

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
#: 10 s, 20 s, then dead
SHORT = Backoff(first_s=10, attempts=3, spread=0)


@pytest.fixture
def world(world: World) -> Iterator[World]:
    """The little world with an empty outbox."""
    yield world
    with world.database.owner.begin() as connection:
        connection.execute(text("DELETE FROM support.outbox"))


def message(key: str, *, channel: str = "test", target: str = "there", **payload: Any) -> NewMessage:
    return NewMessage(channel, target, "test.happened", key, payload)


def put_in(world: World, *messages: NewMessage, now: datetime = NOW) -> int:
    with world.database.owner.begin() as connection:
        return enqueue(connection, messages, subdistrict_code=CODE, now=now)


def take(world: World, *, now: datetime = NOW, **options: Any) -> list[Message]:
    with world.database.owner.begin() as connection:
        return claim(connection, ["test"], now=now, **options)


def end(world: World, taken: Message, sent: Sent, *, now: datetime = NOW) -> str | None:
    with world.database.owner.begin() as connection:
        return settle(connection, taken, sent, now=now, backoff=SHORT)


def stored(world: World) -> list[dict[str, Any]]:
    with world.database.owner.connect() as connection:
        return list_messages(connection)


def test_pauses_double_up_to_an_hour_and_are_spread():
    plain = Backoff(first_s=10, most_s=3600, spread=0)
    # 10, 20, 40, … 2560, then 5120 is cut to 3600
    assert [plain.pause(n).total_seconds() for n in (1, 2, 3, 9, 10, 500)] == [10, 20, 40, 2560, 3600, 3600]
    spread = {Backoff().pause(1, seed=seed).total_seconds() for seed in range(50)}
    assert min(spread) >= 8
    assert max(spread) <= 12
    assert len(spread) > 40
    assert Backoff().pause(3, seed=7) == Backoff().pause(3, seed=7)


def test_the_same_event_for_the_same_target_is_one_message(world: World):
    assert put_in(world, message("a", n=1), message("a", n=2), message("a", target="elsewhere")) == 2
    assert put_in(world, message("a", n=3)) == 0
    assert sorted((row["target"], row["payload"].get("n")) for row in stored(world)) == [
        ("elsewhere", None),
        ("there", 1),
    ]


def test_a_message_is_there_only_with_the_change_it_tells_of(world: World):
    with world.database.owner.begin() as connection:
        assert enqueue(connection, [message("a")], subdistrict_code=CODE, now=NOW) == 1
        connection.rollback()
    assert stored(world) == []


def test_what_arrived_is_not_sent_again(world: World):
    put_in(world, message("a", text="水位 3.2 m"))
    (taken,) = take(world)
    assert (taken.payload, taken.attempt) == ({"text": "水位 3.2 m"}, 1)

    assert end(world, taken, Sent(True, "200")) == "delivered"

    assert take(world, now=NOW + timedelta(days=9)) == []
    assert stored(world)[0]["settled_at"] == NOW


def test_a_failure_is_tried_again_after_growing_pauses_and_then_dead(world: World):
    put_in(world, message("a"))
    at, outcomes = NOW, []
    for pause_s in (10, 20, None):
        (taken,) = take(world, now=at)
        outcomes.append(end(world, taken, Sent(False, "503"), now=at))
        if pause_s is not None:
            assert take(world, now=at + timedelta(seconds=pause_s - 0.1)) == []
            at += timedelta(seconds=pause_s)

    assert outcomes == ["waiting", "waiting", "dead"]
    assert take(world, now=at + timedelta(days=9)) == []
    (dead,) = stored(world)
    assert (dead["status"], dead["attempts"], dead["reason"]) == ("dead", 3, "503")
    with world.database.owner.connect() as connection:
        assert [row["outcome"] for row in message_log(connection, dead["id"])] == ["failed", "failed", "dead"]


def test_a_refusal_for_good_is_dead_at_once(world: World):
    put_in(world, message("a"))
    (taken,) = take(world)
    assert end(world, taken, Sent(False, "410 gone", for_good=True)) == "dead"


def test_who_asks_to_be_left_alone_is_left_alone(world: World):
    put_in(world, message("a"))
    (taken,) = take(world)
    end(world, taken, Sent(False, "429", retry_after_s=300))
    assert take(world, now=NOW + timedelta(seconds=299)) == []
    assert len(take(world, now=NOW + timedelta(seconds=300))) == 1


def test_a_deliverer_that_dies_leaves_its_message_to_the_next_and_cannot_settle_it_later(world: World):
    put_in(world, message("a"))
    (first,) = take(world, lease_s=60)
    assert take(world, now=NOW + timedelta(seconds=59)) == []

    later = NOW + timedelta(seconds=60)
    (second,) = take(world, now=later)

    assert (second.id, second.attempt) == (first.id, 2)
    assert end(world, first, Sent(True), now=later) is None
    assert end(world, second, Sent(True), now=later) == "delivered"
    with world.database.owner.connect() as connection:
        assert [row["outcome"] for row in message_log(connection, first.id)] == ["abandoned", "delivered"]


def test_one_slow_target_holds_up_only_its_own(world: World):
    put_in(world, *(message(f"s{n}", target="slow") for n in range(50)), message("q", target="quick"))
    taken = take(world, limit=10, per_target=4)
    assert sorted(one.target for one in taken) == ["quick", "slow", "slow", "slow", "slow"]


def test_many_deliverers_at_once_take_every_message_exactly_once(world: World):
    put_in(world, *(message(f"m{n}", target=str(n % 7)) for n in range(200)))
    seen: list[int] = []
    lock = threading.Lock()

    def sender(message: Message) -> Sent:
        with lock:
            seen.append(message.id)
        return Sent(True)

    def run() -> None:
        while deliver_due(world.database, {"test": sender}, clock=lambda: NOW, threads=1, limit=16):
            pass

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(seen) == 200
    assert len(set(seen)) == 200
    assert {row["status"] for row in stored(world)} == {"delivered"}


def test_a_sender_that_breaks_loses_nothing_and_holds_up_nobody(world: World):
    put_in(world, message("bad"), message("good"))

    def sender(message: Message) -> Sent:
        if message.idempotency_key == "bad":
            raise RuntimeError("no route")
        return Sent(True)

    assert deliver_due(world.database, {"test": sender}, clock=lambda: NOW, backoff=SHORT) == 2

    rows = {row["idempotency_key"]: row for row in stored(world)}
    assert (rows["bad"]["status"], rows["bad"]["reason"]) == ("waiting", "RuntimeError: no route")
    assert rows["good"]["status"] == "delivered"


def test_only_the_channels_asked_for_are_delivered(world: World):
    put_in(world, message("a", channel="other"))
    assert take(world) == []


def test_a_dead_message_begins_anew_and_the_audit_says_who_did_it(world: World):
    put_in(world, message("a"), message("b"))
    first, second = take(world)
    end(world, first, Sent(False, "404", for_good=True))
    end(world, second, Sent(True))

    with identified(world.database.server, world.sessions["operator"]) as connection:
        assert replay(connection, [first.id], now=NOW) == 1
        with pytest.raises(NotFound, match=str(second.id)):
            replay(connection, [second.id], now=NOW)
        with pytest.raises(BadInput):
            replay(connection, [], now=NOW)

    (again,) = take(world)
    assert (again.id, again.attempt) == (first.id, 1)
    assert again.idempotency_key == "a"
    with world.database.owner.connect() as connection:
        audited = connection.execute(
            text("SELECT actor, changes FROM access.audit WHERE action = 'outbox_replayed' ORDER BY id DESC LIMIT 1")
        ).one()
    assert (audited.actor, audited.changes) == ("operator", {"outbox": [first.id]})


def test_who_may_put_in_read_and_replay(world: World):
    for account in ("worker-11", "duty"):
        with identified(world.database.server, world.sessions[account]) as connection:
            assert enqueue(connection, [message(account), message(account)], subdistrict_code=CODE, now=NOW) == 1
    with identified(world.database.server, world.sessions["worker-11"]) as connection:
        assert list_messages(connection) == []
    for account in ("duty", "operator", "auditor"):
        with identified(world.database.server, world.sessions[account]) as connection:
            assert len(list_messages(connection)) == 2
    taken = take(world)[0]
    end(world, taken, Sent(False, "404", for_good=True))
    for account in ("worker-11", "duty", "auditor"):
        with pytest.raises(NotFound), identified(world.database.server, world.sessions[account]) as connection:
            replay(connection, [taken.id], now=NOW)
    with pytest.raises(ProgrammingError), identified(world.database.server, world.sessions["duty"]) as connection:
        enqueue(connection, [message("far")], subdistrict_code="990000002", now=NOW)


def test_what_arrived_long_ago_goes_and_what_is_dead_stays(world: World):
    put_in(world, message("a"), message("b"), message("c"))
    first, second, _ = take(world)
    end(world, first, Sent(True))
    end(world, second, Sent(False, "404", for_good=True))

    with world.database.owner.begin() as connection:
        assert tidy_outbox(connection, before=NOW) == 0
        assert tidy_outbox(connection, before=NOW + timedelta(seconds=1)) == 1

    assert sorted((row["idempotency_key"], row["status"]) for row in stored(world)) == [("b", "dead"), ("c", "waiting")]
