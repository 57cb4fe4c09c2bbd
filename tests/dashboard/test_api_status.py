"""The figures of the sub-district: the right ones, without a token, counted only when something was written."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import event, text

from dashboard.api.status import StatusDesk
from dashboard.server import create_app
from dashboard.settings import ServerSettings
from gis.database.connection import Database
from tests.asking import Browser
from tests.world import CODE, REPORTED, World, incident

#: the names outside checks call, in their order
KEYS = [
    "communities",
    "compounds",
    "resettlement",
    "apartments",
    "residents",
    "cells",
    "placed",
    "unplaced",
    "quarantined",
    "incidents",
    "incidents_open",
    "requests",
    "resources",
    "alerts_open",
    "data_age_s",
]


@pytest.fixture(scope="module")
def app(world: World) -> FastAPI:
    return create_app(ServerSettings(), world.database)


def status(app: FastAPI) -> dict[str, float | None]:
    with Browser(app) as browser:
        answer = browser.get("/api/status")
    assert answer.status_code == 200
    figures: dict[str, float | None] = answer.json()
    return figures


def test_the_keys_are_the_agreed_ones(app: FastAPI):
    assert list(status(app)) == KEYS


def test_the_figures_are_those_of_plain_counts(app: FastAPI, world: World):
    figures = status(app)

    def count(query: str) -> int:
        with world.database.owner.connect() as connection:
            return int(connection.scalar(text(f"SELECT count(*) FROM {query}")))

    # the world by heart, see tests/world.py: other tests add incidents, requests and compounds, never persons
    assert (figures["communities"], figures["residents"]) == (2, 3)
    assert figures["incidents"] == count("base.incident") >= 6
    assert figures["incidents_open"] == count("base.incident WHERE closed_at IS NULL")
    assert figures["requests"] == count("base.service_request") >= 3
    placed = sum(count(f"base.{table} WHERE geom IS NOT NULL") for table in ("resident", "incident", "service_request"))
    everything = sum(count(f"base.{table}") for table in ("resident", "incident", "service_request"))
    assert (figures["placed"], figures["unplaced"]) == (placed, everything - placed)


def test_what_is_written_is_counted_at_once(app: FastAPI, world: World):
    before = status(app)
    with world.database.owner.begin() as connection:
        incident(connection, "fresh", community=None, grid=None)
        connection.execute(
            text("UPDATE base.incident SET status = 'closed', closed_at = reported_at WHERE source_key = 'fresh'")
        )
        connection.execute(
            text(
                "INSERT INTO base.place (subdistrict_code, feed, source_key, kind, compound_kind, name) VALUES"
                " (:here, 'c', 'r', 'compound', 'resettlement', 'r')"
            ),
            {"here": CODE},
        )
        connection.execute(
            text(
                "INSERT INTO base.place (subdistrict_code, feed, source_key, kind, counted, name) VALUES (:here,"
                " 'c', 'e', 'compound', false, 'an estate')"
            ),
            {"here": CODE},
        )
        connection.execute(
            text(
                "INSERT INTO base.cell (cell, subdistrict_code, resolution, parent_9, area_m2, share, geom) SELECT"
                " 1, :here, 10, 2, 3, 1, ST_MakeEnvelope(0, 0, 1, 1, 4326)"
            ),
            {"here": CODE},
        )
    after = status(app)

    changed = {key: after[key] - before[key] for key in KEYS if key != "data_age_s" and after[key] != before[key]}  # type: ignore[operator]
    # the estate over counted compounds is not counted; a closed incident is not open
    assert changed == {"incidents": 1, "unplaced": 1, "compounds": 1, "resettlement": 1, "cells": 1}


def test_the_age_is_that_of_the_newest_event_of_any_feed(world: World):
    newest = datetime.fromisoformat("2026-03-01T10:00:00+00:00")
    with world.database.owner.begin() as connection:
        for name, moment in (("a", newest), ("b", newest - timedelta(days=3)), ("c", None)):
            connection.execute(
                text(
                    "INSERT INTO support.feed (subdistrict_code, name, title, newest_event_at) VALUES (:here, :name,"
                    " :name, :at)"
                ),
                {"here": CODE, "name": name, "at": moment},
            )
    app = create_app(ServerSettings(), world.database, clock=lambda: newest + timedelta(minutes=7, seconds=1.5))

    assert status(app)["data_age_s"] == 421.5


@pytest.fixture
def counting(world: World) -> Iterator[list[str]]:
    """The statements that count the big tables, as they are asked."""
    asked: list[str] = []

    def note(*arguments: Any) -> None:
        if "support.status_counts" in arguments[2]:
            asked.append(arguments[2])

    event.listen(world.database.server, "before_cursor_execute", note)
    yield asked
    event.remove(world.database.server, "before_cursor_execute", note)


def test_the_big_tables_are_not_counted_again_while_nothing_was_written_to_them(world: World, counting: list[str]):
    desk = StatusDesk(world.database.server)
    first = desk.status(now=REPORTED)
    while desk.counted is None or not desk.counted.settled:
        # PostgreSQL's own housekeeping was writing
        first = desk.status(now=REPORTED)
    counting.clear()

    with world.database.owner.begin() as connection:
        # somebody else's writing
        connection.execute(text("UPDATE access.account SET title = 'x' WHERE name = 'auditor'"))
    assert desk.status(now=REPORTED) == first
    assert counting == []

    with world.database.owner.begin() as connection:
        connection.execute(text("UPDATE base.incident SET status = 'accepted' WHERE source_key = 'nowhere'"))
    desk.status(now=REPORTED)
    assert len(counting) == 1
    desk.status(now=REPORTED + timedelta(minutes=2))
    assert len(counting) == 2


def test_what_is_being_written_while_it_is_counted_is_counted_afterwards(world: World):
    desk = StatusDesk(world.database.server)
    with world.database.owner.begin() as connection:
        incident(connection, "in flight", community=None, grid=None)
        before = desk.status(now=REPORTED).incidents
    assert desk.status(now=REPORTED).incidents == before + 1


def test_the_server_says_when_its_database_is_gone(world: World):
    gone = Database(owner_url=world.database.owner_url.set(query={"host": "/nowhere"}), secrets=world.database.secrets)
    with Browser(create_app(ServerSettings(), gone)) as browser:
        health, figures = browser.get("/health"), browser.get("/api/status")

    assert (health.status_code, health.json()["status"]) == (503, "lost")
    assert (figures.status_code, figures.json()) == (503, {"error": "the geodatabase does not answer"})
    assert figures.headers["retry-after"] == "2"
