"""What held when and what was known when, over the real records, and to whom it is told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from dashboard.server import create_app
from dashboard.settings import ServerSettings
from tests.asking import Browser
from tests.world import CODE, FIRST, SECOND, World

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def app(world: World) -> FastAPI:
    return create_app(ServerSettings(), world.database)


@pytest.fixture(scope="module")
def moved(world: World) -> Iterator[dict[str, Any]]:
    """A person of grid 11 who moved to grid 21 on 1 May 2026, an incident that was handled, a grid that was redrawn."""
    with world.database.owner.begin() as connection:
        person = connection.execute(
            text(
                "INSERT INTO base.resident (subdistrict_code, feed, source_key, name, registration, community_code, work_grid_id,"
                " valid_from, recorded_from) VALUES (:here, 'residents', 'mover', '某人', 'registered', :first, :grid, '2020-01-01',"
                " now() - interval '1 hour') RETURNING id"
            ),
            {"here": CODE, "first": FIRST, "grid": world.grids["11"]},
        ).scalar_one()
        incident = connection.execute(
            text(
                "INSERT INTO base.incident (reported_at, subdistrict_code, feed, source_key, category, source, community_code,"
                " work_grid_id, recorded_from) VALUES ('2026-03-05T00:00:00Z', :here, 'incidents', 'handled', '城市管理', '网格上报',"
                " :first, :grid, now() - interval '1 hour') RETURNING id"
            ),
            {"here": CODE, "first": FIRST, "grid": world.grids["11"]},
        ).scalar_one()
        community = connection.execute(
            text("SELECT id, name FROM base.community WHERE code = :first"), {"first": FIRST}
        ).one_or_none()
    known = datetime.now(UTC)
    with world.database.owner.begin() as connection:
        connection.execute(
            text(
                "UPDATE base.resident SET community_code = :second, work_grid_id = :grid, valid_from = '2026-05-01' WHERE id = :id"
            ),
            {"second": SECOND, "grid": world.grids["21"], "id": person},
        )
        connection.execute(
            text("UPDATE base.incident SET status = 'closed', closed_at = '2026-03-07T00:00:00Z', work_grid_id = :grid,"
                 " community_code = :second WHERE id = :id"),
            {"id": incident, "grid": world.grids["21"], "second": SECOND},
        )  # fmt: skip
        connection.execute(
            text("UPDATE base.work_grid SET name = '改名网格', valid_from = '2026-06-01' WHERE id = :id"),
            {"id": world.grids["12"]},
        )
        connection.execute(
            text("UPDATE base.community SET name = '改名社区', valid_from = '2026-06-01' WHERE code = :first"),
            {"first": FIRST},
        )
    yield {"person": person, "incident": incident, "known": known, "community": community}
    with world.database.owner.begin() as connection:
        connection.execute(text("DELETE FROM base.resident WHERE id = :id"), {"id": person})
        connection.execute(text("DELETE FROM base.incident WHERE id = :id"), {"id": incident})
        connection.execute(
            text("UPDATE base.community SET name = :name, valid_from = NULL WHERE code = :first"),
            {"name": community.name, "first": FIRST},
        )


def ask(app: FastAPI, world: World, account: str, path: str, **params: Any) -> Any:
    with Browser(app) as browser:
        answer = browser.get(path, params={k: v.isoformat() if isinstance(v, datetime) else v for k, v in params.items()},
                             token=world.tokens[account])  # fmt: skip
        return answer.json() if answer.status_code == 200 else answer.status_code


def test_who_lived_where_and_who_is_told(app: FastAPI, world: World, moved: dict[str, Any]) -> None:
    path = f"/api/history/residents/{moved['person']}"

    forms = ask(app, world, "operator", path)["forms"]
    assert [(form["record"]["work_grid_id"], form["valid_from"], form["valid_to"]) for form in forms] == [
        (world.grids["11"], "2020-01-01T00:00:00Z", "2026-05-01T00:00:00Z"),
        (world.grids["21"], "2026-05-01T00:00:00Z", None),
    ]
    assert not {"identity_hash", "identity_cipher", "phone_cipher"} & set(forms[0]["record"])
    # the worker of each grid sees the form that lay in it, and only that
    for account, grid in (("worker-11", "11"), ("worker-21", "21")):
        seen = ask(app, world, account, path)["forms"]
        assert [form["record"]["work_grid_id"] for form in seen] == [world.grids[grid]], account
    assert ask(app, world, "duty", path) == 403
    assert ask(app, world, "auditor", path) == 403
    then = ask(app, world, "operator", path, as_of="2026-04-30T12:00:00Z")["forms"]
    assert [form["record"]["work_grid_id"] for form in then] == [world.grids["11"]]
    # before we heard of the move, we believed that the person still lived there
    believed = ask(app, world, "operator", path, as_of="2026-05-02T00:00:00Z", known_at=moved["known"])["forms"]
    assert [form["record"]["work_grid_id"] for form in believed] == [world.grids["11"]]
    assert ask(app, world, "operator", path, known_at=moved["known"] - timedelta(days=1))["forms"] == []
    assert ask(app, world, "operator", "/api/history/residents/999999999") == 404
    assert ask(app, world, "operator", "/api/history/nothing/1") == 404


def test_persons_are_counted_where_they_lived_then(app: FastAPI, world: World, moved: dict[str, Any]) -> None:
    def counts(account: str, **params: Any) -> dict[str, int]:
        answer = ask(app, world, account, "/api/history/residence-counts", by="work_grid", **params)
        return {row["unit"]: row["persons"] for row in answer["counts"]}

    eleven, twenty_one = str(world.grids["11"]), str(world.grids["21"])
    before, after = counts("operator", as_of="2026-04-30T00:00:00Z"), counts("operator", as_of="2026-05-02T00:00:00Z")

    assert before[eleven] - after[eleven] == 1
    assert after[twenty_one] - before[twenty_one] == 1
    assert counts("operator", as_of="2026-05-02T00:00:00Z", known_at=moved["known"])[eleven] == before[eleven]
    assert set(counts("worker-21")) == {twenty_one}
    assert ask(app, world, "street", "/api/history/residence-counts") == 403
    assert ask(app, world, "operator", "/api/history/residence-counts", by="name") == 422


def test_incidents_are_listed_as_they_were_and_as_they_were_known(
    app: FastAPI, world: World, moved: dict[str, Any]
) -> None:
    def keys(account: str, **params: Any) -> set[str]:
        return {
            one["source_key"] for one in ask(app, world, account, "/api/incidents", limit=1000, **params)["incidents"]
        }

    assert "handled" not in keys("operator", as_of="2026-03-04T00:00:00Z")
    assert "handled" in keys("operator", as_of="2026-03-06T00:00:00Z", status="open")
    assert "handled" not in keys("operator", as_of="2026-03-08T00:00:00Z", status="open")
    # we did not know of the closing yet
    assert "handled" in keys("operator", as_of="2026-03-08T00:00:00Z", known_at=moved["known"], status="open")
    # it lay in grid 11 then, and lies in grid 21 now
    assert "handled" in keys("worker-11", known_at=moved["known"])
    assert "handled" not in keys("worker-11", known_at=datetime.now(UTC))
    assert "handled" not in keys("worker-21", known_at=moved["known"])
    forms = ask(app, world, "duty", f"/api/history/incidents/{moved['incident']}")["forms"]
    assert [form["record"]["status"] for form in forms] == ["reported", "closed"]


def test_work_grids_are_listed_as_they_were_drawn(app: FastAPI, world: World, moved: dict[str, Any]) -> None:
    def name(**params: Any) -> str:
        areas = ask(app, world, "worker-11", "/api/history/work_grids", **params)["areas"]
        found = [area for area in areas if area["properties"]["id"] == world.grids["12"]]
        assert len(found) == 1
        assert found[0]["geometry"]["type"] == "MultiPolygon"
        return str(found[0]["properties"]["name"])

    assert name() == "改名网格"
    assert name(as_of="2026-05-31T00:00:00Z") != "改名网格"
    assert name(as_of="2026-06-02T00:00:00Z", known_at=moved["known"]) != "改名网格"
    assert ask(app, world, "duty", "/api/history/incidents") == 422


def test_boundaries_are_listed_as_they_were_and_as_they_were_known(
    app: FastAPI, world: World, moved: dict[str, Any]
) -> None:
    former = moved["community"].name

    def name(**params: Any) -> str:
        areas = ask(app, world, "duty", "/api/history/communities", **params)["areas"]
        found = [area for area in areas if area["properties"]["code"] == FIRST]
        assert len(found) == 1
        return str(found[0]["properties"]["name"])

    assert name() == "改名社区"
    assert name(as_of="2026-05-31T00:00:00Z") == former
    assert name(as_of="2026-06-02T00:00:00Z") == "改名社区"
    assert name(as_of="2026-06-02T00:00:00Z", known_at=moved["known"]) == former
