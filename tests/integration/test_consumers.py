"""Consumers at the gate: keys, scopes of resources, layers and fields, quotas that are exact, 429, and their reset."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from access.consumers import (
    NewConsumer,
    Scope,
    add_consumer,
    add_key,
    admit_call,
    change_consumer,
    list_consumers,
    list_keys,
    list_usage,
    revoke_key,
    set_scopes,
)
from dashboard.api.event_models import Incident, ServiceRequest
from dashboard.exchange.resources import match_call, parse_resources, resources
from dashboard.server import create_app
from dashboard.settings import ServerSettings
from gis.database.connection import identified
from gis.errors import BadInput, Conflict, NotFound
from tests.asking import ORIGIN, Browser
from tests.world import World

pytestmark = pytest.mark.database

#: 09:15:20 on a Wednesday in Suzhou
NOW = datetime(2026, 11, 25, 1, 15, 20, tzinfo=UTC)
numbers = count(1)


class Centre:
    """The server over the little world, with a clock that is set by hand, and consumers made at need."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.now = NOW
        self.app: FastAPI = create_app(ServerSettings(), world.database, clock=lambda: self.now)

    def consumer(self, *scopes: Scope, **more: Any) -> tuple[int, str]:
        """A consumer with a key; returns its id and the key."""
        values = {"name": f"系统{next(numbers)}", "purpose": "试验", "minute_quota": 1000, "day_quota": 5000} | more
        with self.world.database.owner.begin() as connection:
            consumer_id = add_consumer(connection, NewConsumer(**values, scopes=scopes))
            return consumer_id, add_key(connection, consumer_id, label="first", now=datetime.now(tz=UTC))

    def usage(self, consumer_id: int) -> dict[str, tuple[int, int, int, int]]:
        """Calls, limited, denied and failed by resource."""
        with identified(self.world.database.server, self.world.sessions["auditor"]) as connection:
            rows = list_usage(connection, days=10, now=self.now)
        return {
            row["resource"]: (row["calls"], row["limited"], row["denied"], row["failed"])
            for row in rows
            if row["consumer_id"] == consumer_id
        }


@pytest.fixture(scope="module")
def centre(world: World) -> Centre:
    return Centre(world)


@pytest.fixture
def browser(centre: Centre) -> Iterator[Browser]:
    centre.now = NOW
    with Browser(centre.app, origin=None) as browser:
        yield browser


def test_a_key_opens_what_was_granted_and_nothing_else(centre: Centre, browser: Browser):
    consumer, key = centre.consumer(Scope("incidents"), role="duty_officer")

    assert browser.get("/api/incidents", token=key).status_code == 200
    denied = {
        ("GET", "/api/requests"): "not granted requests",
        ("POST", "/api/incidents"): "may read incidents and not write it",
        ("GET", "/api/alerts"): "not granted alerts",
        ("GET", "/tiles/a/b"): "nothing a key can be granted",
        ("GET", "/api/incidents/1/transitions"): "nothing a key can be granted",
        ("GET", "/live/main"): "nothing a key can be granted",
    }
    for (method, path), why in denied.items():
        answer = browser.ask(method, path, token=key, json={} if method == "POST" else None)
        assert (answer.status_code, why in answer.json()["error"]) == (403, True), path
    # what the role itself may not reach is refused before the gate, as for everybody
    assert browser.get("/api/audit", token=key).status_code == 403
    # two of requests, alerts; incidents' POST; three that are no resource
    assert centre.usage(consumer) == {
        "incidents": (1, 0, 1, 0),
        "requests": (0, 0, 1, 0),
        "alerts": (0, 0, 1, 0),
        "": (0, 0, 3, 0),
    }


def test_a_key_is_no_link_and_opens_no_page(centre: Centre, browser: Browser):
    _, key = centre.consumer(Scope("incidents"))

    answer = browser.get("/reports", params={"token": key})

    assert answer.headers["location"] == "/sign-in?why=link"
    assert "set-cookie" not in answer.headers
    # as a parameter it is a key like in the header
    assert browser.get("/api/incidents", params={"token": key}).status_code == 200
    assert browser.get("/api/requests", params={"token": key}).status_code == 403


def test_rows_are_those_of_the_consumers_role(centre: Centre, browser: Browser, world: World):
    _, key = centre.consumer(Scope("incidents"), role="community_leader", community_codes=("990000001002",))
    _, all_of_them = centre.consumer(Scope("incidents"))

    seen = browser.get("/api/incidents", token=key).json()["incidents"]

    assert seen
    assert {row["community_code"] for row in seen} == {"990000001002"}
    assert len(browser.get("/api/incidents", token=all_of_them).json()["incidents"]) > len(seen)


def test_fields_outside_the_scope_are_dropped_from_lists_and_records(centre: Centre, browser: Browser):
    _, key = centre.consumer(Scope("incidents", fields=frozenset({"category", "cell"})))

    page = browser.get("/api/incidents", params={"limit": 2}, token=key)
    one = browser.get(f"/api/incidents/{page.json()['incidents'][0]['id']}", token=key)

    expected = {"id", "reported_at", "category", "cell"}
    assert [set(row) for row in page.json()["incidents"]] == [expected, expected]
    assert set(one.json()) == expected
    assert page.json()["next"]
    assert int(page.headers["content-length"]) == len(page.content)
    # a page of another form of the same rows is cut as well: what is packed or unchanged cannot be looked into
    packed = browser.get("/api/incidents", token=key, headers={"Accept-Encoding": "gzip", "If-None-Match": "*"})
    assert packed.status_code == 200
    assert all(set(row) == expected for row in packed.json()["incidents"])


@pytest.mark.parametrize(
    ("parameter", "status"), [("category", 200), ("since", 200), ("status", 403), ("community", 403), ("unheard", 403)]
)
def test_a_filter_on_a_field_outside_the_scope_is_refused(
    centre: Centre, browser: Browser, parameter: str, status: int
):
    _, key = centre.consumer(Scope("incidents", fields=frozenset({"category"})))
    values = {"since": "2026-01-01T00:00:00Z", "status": "open"}

    answer = browser.get("/api/incidents", params={parameter: values.get(parameter, "x")}, token=key)

    assert answer.status_code == status


def test_layers_are_granted_one_by_one(centre: Centre, browser: Browser):
    _, key = centre.consumer(Scope("layers", items=frozenset({"population", "elevation"})), Scope("tiles"))

    listed = browser.get("/api/layers", token=key).json()["layers"]

    assert {layer["id"] for layer in listed} == {"population", "elevation"}
    assert browser.get("/api/layers/population/cells", token=key).status_code == 200
    answer = browser.get("/api/layers/demand/cells", token=key)
    assert (answer.status_code, answer.json()["error"]) == (403, "this key was not granted 'demand' of layers")
    assert browser.get("/tiles/communities/12/3419/1678.mvt", token=key).status_code in (200, 204)
    _, other = centre.consumer(Scope("tiles", items=frozenset({"roads"})))
    assert browser.get("/tiles/communities/12/3419/1678.mvt", token=other).status_code == 403


def test_values_of_a_layer_can_be_withheld_while_its_classes_are_given(centre: Centre, browser: Browser):
    _, key = centre.consumer(Scope("layers", fields=frozenset({"classes"})))

    cells = browser.get("/api/layers/population/cells", token=key).json()

    assert set(cells) == {"layer", "resolution", "version", "cells", "suppressed", "classes"}


def test_an_expired_a_revoked_and_an_unknown_key_are_refused(centre: Centre, browser: Browser, world: World):
    consumer, key = centre.consumer(Scope("incidents"))
    real_now = datetime.now(tz=UTC)
    with world.database.owner.begin() as connection:
        expired = add_key(connection, consumer, now=real_now, lifetime=timedelta(seconds=-1))
        second = add_key(connection, consumer, label="second", now=real_now, lifetime=timedelta(days=30))
    assert browser.get("/api/incidents", token=expired).status_code == 401
    assert browser.get("/api/incidents", token=second).status_code == 200

    with identified(world.database.server, world.sessions["operator"]) as connection:
        keys = {row["label"]: row for row in list_keys(connection) if row["consumer_id"] == consumer}
        revoke_key(connection, consumer, keys["second"]["id"])
        with pytest.raises(NotFound):
            revoke_key(connection, consumer, keys["second"]["id"])
    centre.app.state.book.known.clear()

    assert browser.get("/api/incidents", token=second).status_code == 401
    # the others of the same consumer go on
    assert browser.get("/api/incidents", token=key).status_code == 200
    assert "secret" not in "".join(keys["second"])


def test_an_agreement_ends_by_date_or_by_hand(centre: Centre, browser: Browser, world: World):
    _, key = centre.consumer(Scope("incidents"), expires_at=NOW + timedelta(hours=1))
    assert browser.get("/api/incidents", token=key).status_code == 200
    centre.now = NOW + timedelta(hours=1)
    answer = browser.get("/api/incidents", token=key)
    assert (answer.status_code, "has ended" in answer.json()["error"]) == (401, True)

    other, other_key = centre.consumer(Scope("incidents"))
    with identified(world.database.server, world.sessions["operator"]) as connection:
        change_consumer(connection, other, suspended_at=NOW)
    assert browser.get("/api/incidents", token=other_key).status_code == 401


def test_a_quota_answers_429_says_when_to_come_back_and_is_there_again_then(centre: Centre, browser: Browser):
    consumer, key = centre.consumer(Scope("incidents"), minute_quota=3, day_quota=5)

    answers = [browser.get("/api/incidents", params={"limit": 1}, token=key) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    first, last = answers[0].headers, answers[3].headers
    assert first["ratelimit-policy"] == '"minute";q=3;w=60, "day";q=5;w=86400'
    # 01:15:20 UTC: the minute ends in 40 s, the local day (09:15:20) in 14 h 44 min 40 s = 53080 s
    assert first["ratelimit"] == '"minute";r=2;t=40, "day";r=4;t=53080'
    assert (first["ratelimit-limit"], first["ratelimit-remaining"], first["ratelimit-reset"]) == ("3", "2", "40")
    assert (last["retry-after"], last["ratelimit-remaining"]) == ("40", "0")
    assert "used up its calls of the minute" in answers[3].json()["error"]

    centre.now = NOW + timedelta(seconds=40)
    again = [browser.get("/api/incidents", params={"limit": 1}, token=key) for _ in range(3)]
    # two are left of the day
    assert [answer.status_code for answer in again] == [200, 200, 429]
    assert again[2].headers["retry-after"] == "53040"
    assert "of the day" in again[2].json()["error"]

    centre.now = NOW + timedelta(seconds=53080)
    assert browser.get("/api/incidents", params={"limit": 1}, token=key).status_code == 200
    with identified(centre.world.database.server, centre.world.sessions["auditor"]) as connection:
        by_day = [
            (str(row["day"]), row["calls"], row["limited"])
            for row in list_usage(connection, days=10, now=centre.now)
            if row["consumer_id"] == consumer
        ]
    assert by_day == [("2026-11-25", 5, 2), ("2026-11-26", 1, 0)]


def test_what_is_refused_uses_up_no_quota(centre: Centre, browser: Browser):
    _, key = centre.consumer(Scope("incidents"), minute_quota=1)
    for _ in range(3):
        assert browser.get("/api/requests", token=key).status_code == 403
    assert browser.get("/api/incidents", token=key).status_code == 200


def test_two_hundred_calls_at_once_are_metered_exactly(centre: Centre):
    consumer, key = centre.consumer(Scope("incidents"), minute_quota=150, day_quota=10_000)
    centre.now = NOW

    async def ask_all() -> list[int]:
        transport = httpx.ASGITransport(app=centre.app)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, timeout=60) as client:
            headers = {"Authorization": f"Bearer {key}"}
            asked = [client.get("/api/incidents?limit=1", headers=headers) for _ in range(200)]
            return [answer.status_code for answer in await asyncio.gather(*asked)]

    statuses = asyncio.run(ask_all())

    assert (statuses.count(200), statuses.count(429)) == (150, 50)
    assert centre.usage(consumer) == {"incidents": (150, 50, 0, 0)}


def test_a_restart_neither_loses_nor_doubles_a_count(centre: Centre, world: World):
    consumer, key = centre.consumer(Scope("incidents"), minute_quota=3)
    for left in (2, 1):
        # a server of its own each time: nothing is remembered but by the database
        app = create_app(ServerSettings(), world.database, clock=lambda: NOW)
        with Browser(app, origin=None) as browser:
            answer = browser.get("/api/incidents", token=key)
        assert answer.headers["ratelimit-remaining"] == str(left)
    # a server that dies between counting and answering has counted once
    with world.database.server.begin() as connection:
        assert admit_call(connection, consumer, "incidents", now=NOW).minute_left == 0
    assert centre.usage(consumer) == {"incidents": (3, 0, 0, 0)}


def test_a_consumer_sees_its_own_terms_and_calls(centre: Centre, browser: Browser, world: World):
    _, key = centre.consumer(Scope("incidents", fields=frozenset({"category"})))
    browser.get("/api/incidents", token=key)

    own = browser.get("/api/consumer", token=key).json()

    assert own["scopes"] == [{"resource": "incidents", "write": False, "fields": ["category"], "items": ["*"]}]
    assert [(row["resource"], row["calls"]) for row in own["usage"]] == [("incidents", 1), ("own", 1)]
    assert browser.get("/api/consumer", token=world.tokens["operator"]).status_code == 404


def test_only_operators_make_and_change_consumers_and_the_audit_says_so(centre: Centre, world: World):
    for account in ("worker-11", "duty", "auditor"):
        refused = pytest.raises(ProgrammingError, match="only an operator makes a consumer")
        with refused, identified(world.database.server, world.sessions[account]) as connection:
            add_consumer(connection, NewConsumer(name=f"by {account}", purpose="x"))
    with pytest.raises(ProgrammingError, match="only an operator"), world.database.server.begin() as connection:
        add_consumer(connection, NewConsumer(name="by nobody", purpose="x"))
    with identified(world.database.server, world.sessions["operator"]) as connection:
        made = add_consumer(connection, NewConsumer(name="市平台", purpose="汇总", scopes=(Scope("alerts"),)))
        secret = add_key(connection, made, label="k", now=datetime.now(tz=UTC))
        with pytest.raises(Conflict):
            add_consumer(connection, NewConsumer(name="市平台", purpose="汇总"))
    with identified(world.database.server, world.sessions["operator"]) as connection:
        change_consumer(connection, made, minute_quota=7)
        set_scopes(connection, made, [Scope("alerts", fields=frozenset({"level"}))])
        (listed,) = [row for row in list_consumers(connection, now=NOW) if row["id"] == made]
    assert (listed["minute_quota"], listed["keys"], listed["scopes"][0]["fields"]) == (7, 1, ["level"])
    with identified(world.database.server, world.sessions["duty"]) as connection:
        assert list_consumers(connection, now=NOW) == []
        with pytest.raises(NotFound):
            change_consumer(connection, made, minute_quota=9)
    with world.database.owner.connect() as connection:
        audited = connection.execute(
            text(
                "SELECT action, changes::text FROM access.audit WHERE actor = 'operator'"
                " AND table_name IN ('access.consumer', 'access.consumer_scope', 'access.token') AND at > now() - interval '1 minute'"
            )
        ).all()
    assert {"insert", "update", "delete"} <= {row.action for row in audited}
    assert all(secret not in row.changes for row in audited)


def test_what_makes_no_consumer_is_said_at_once(world: World):
    wrong = NewConsumer(name=" ", purpose="", role="operator", minute_quota=0)
    with (
        pytest.raises(BadInput, match=r"name and purpose.*no 'operator'.*at least one call"),
        world.database.owner.begin() as connection,
    ):
        add_consumer(connection, wrong)
    with pytest.raises(BadInput, match="may be changed"), world.database.owner.begin() as connection:
        change_consumer(connection, 1, name="x")


def test_the_table_of_resources_names_the_fields_there_are():
    table = resources()

    assert set(table["incidents"].fields) == set(Incident.model_fields)
    assert set(table["requests"].fields) == set(ServiceRequest.model_fields)


def test_paths_are_matched_whole():
    matched = {
        path: (match.resource.id, match.item, match.cuts) if (match := match_call(*path.split(" "))) else None
        for path in (
            "GET /api/incidents",
            "HEAD /api/incidents/7",
            "GET /api/incidents/7/8",
            "GET /api/layers/demand/cells",
            "GET /ogc/collections/open.places/items",
            "GET /ogc/collections/open.places/tiles/WebMercatorQuad/1/2/3",
            "DELETE /api/incidents/7",
        )
    }
    assert list(matched.values()) == [
        ("incidents", None, True),
        ("incidents", None, True),
        None,
        ("layers", "demand", True),
        ("open", "open.places", True),
        ("open", "open.places", False),
        None,
    ]


def test_a_wrong_table_of_resources_is_refused():
    row = {"id": "a", "name": {"zh": "甲", "en": "A"}, "paths": ["GET /a"], "fields": ["x"]}
    with pytest.raises(BadInput, match="y is no field"):
        parse_resources([{**row, "always": ["y"]}])
    with pytest.raises(BadInput, match="GET /b is no path"):
        parse_resources([{**row, "cut": ["GET /b"]}])
