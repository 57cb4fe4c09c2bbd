"""Reports over the API: placed like rows of a file, refused with every reason, seen by whom they concern."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from dashboard.api.incidents import read_mark
from dashboard.server import create_app
from dashboard.settings import ServerSettings
from gis.errors import BadInput
from tests.asking import Browser
from tests.world import CODE, FIRST, SECOND, World

INCIDENT = {
    "source_key": "20260001000001",
    "reported_at": "2026-03-05T09:30:00+08:00",
    "category": "城市管理",
    "source": "联动中心",
    "title": "占道经营",
}


@pytest.fixture(scope="module")
def app(world: World) -> Iterator[FastAPI]:
    """The server; what is reported to it is taken away again, since others count the world's rows."""
    with world.database.owner.connect() as connection:
        before = connection.scalar(text("SELECT COALESCE(max(id), 0) FROM support.batch"))
    yield create_app(ServerSettings(), world.database)
    with world.database.owner.begin() as connection:
        for table in ("support.quarantine", "base.incident", "base.service_request"):
            connection.execute(text(f"DELETE FROM {table} WHERE batch_id > :before"), {"before": before})


@pytest.fixture
def browser(app: FastAPI) -> Iterator[Browser]:
    with Browser(app) as browser:
        yield browser


def report(browser: Browser, world: World, account: str, **values: Any):
    return browser.post("/api/incidents", json={**INCIDENT, **values}, token=world.tokens[account])


def test_a_report_with_coordinates_is_answered_with_its_place(browser: Browser, world: World):
    answer = report(browser, world, "operator", source_key="k1", lon=120.53, lat=31.285, crs="EPSG:4326")

    assert answer.status_code == 201
    received = answer.json()
    assert received["status"] == "loaded"
    assert received["reported_at"] in ("2026-03-05T01:30:00Z", "2026-03-05T09:30:00+08:00")
    place = received["place"]
    assert place["placement"] == "placed"
    assert (place["lon"], place["lat"]) == (pytest.approx(120.53, abs=1e-7), pytest.approx(31.285, abs=1e-7))
    assert place["community_code"] == SECOND
    assert place["work_grid_id"] == world.grids["21"]
    assert len(place["cell"]) == 15
    shown = browser.get(f"/api/incidents/{received['id']}", token=world.tokens["worker-21"]).json()
    assert (shown["title"], shown["cell"], shown["status"]) == ("占道经营", place["cell"], "reported")


def test_a_report_with_an_address_is_placed_at_its_building(browser: Browser, world: World):
    place = report(browser, world, "operator", source_key="k2", address="甲苑1幢").json()["place"]

    assert (place["placement"], place["match_level"]) == ("placed", "building")
    assert place["lon"] == pytest.approx(120.505, abs=1e-7)
    assert (place["community_code"], place["work_grid_id"]) == (FIRST, world.grids["11"])


def test_a_report_without_a_place_is_kept_and_counted_as_unplaced(browser: Browser, world: World):
    received = report(browser, world, "operator", source_key="k3").json()

    assert received["place"]["placement"] == "unplaced"
    listed = browser.get("/api/incidents", params={"placement": "unplaced"}, token=world.tokens["operator"]).json()
    assert received["id"] in [incident["id"] for incident in listed["incidents"]]


def test_the_same_report_again_changes_nothing_and_says_so(browser: Browser, world: World):
    first = report(browser, world, "operator", source_key="k4", address="乙苑1幢")
    again = report(browser, world, "operator", source_key="k4", address="乙苑1幢")

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["status"] == "unchanged"
    assert again.json()["id"] == first.json()["id"]


def test_a_worker_reports_what_lies_in_another_grid_and_it_goes_there(browser: Browser, world: World):
    received = report(browser, world, "worker-11", source_key="k5", address="丙苑1幢").json()

    assert received["place"]["work_grid_id"] == world.grids["21"]
    for account, status in (("worker-11", 200), ("worker-21", 200), ("leader-1", 404)):
        assert browser.get(f"/api/incidents/{received['id']}", token=world.tokens[account]).status_code == status
    with world.database.owner.connect() as connection:
        row = connection.execute(
            text("SELECT reported_by FROM base.incident WHERE id = :id"), {"id": received["id"]}
        ).one()
        ledger = connection.execute(
            text("SELECT actor, source, read, loaded FROM support.batch ORDER BY id DESC LIMIT 1")
        ).one()
        audit = connection.execute(
            text("SELECT actor, action FROM access.audit WHERE table_name = 'base.incident' AND record_id = :id"),
            {"id": str(received["id"])},
        ).all()
    assert row.reported_by == world.accounts["worker-11"]
    assert tuple(ledger) == ("worker-11", "api", 1, 1)
    # taken, and dispatched at once to the only worker of that grid
    assert [tuple(entry) for entry in audit] == [("worker-11", "insert"), ("worker-11", "update")]


def test_nobody_learns_of_or_overwrites_a_report_they_may_not_see(browser: Browser, world: World):
    hidden = report(browser, world, "operator", source_key="k6", address="丙苑1幢", title="a matter of grid 21").json()

    answer = report(browser, world, "worker-11", source_key="k6", address="丙苑1幢", title="井盖缺失")

    assert answer.status_code == 422
    assert "is the key of somebody else's report" in answer.json()["error"]
    assert "grid 21" not in answer.text
    shown = browser.get(f"/api/incidents/{hidden['id']}", token=world.tokens["operator"]).json()
    assert shown["title"] == "a matter of grid 21"


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"lon": 120.5}, "lon, lat and crs belong together"),
        ({"lon": 120.5, "lat": 31.28, "crs": "EPSG:1"}, "crs"),
        ({"reported_at": "2026-03-05T09:30:00"}, "reported_at"),
        ({"reported_at": "yesterday"}, "reported_at"),
        ({"source_key": ""}, "source_key"),
        ({"grade": "terrible"}, "grade"),
        ({"titel": "x"}, "titel"),
        ({"title": "x" * 201}, "title"),
    ],
)
def test_a_body_that_is_not_right_is_refused_by_name_and_leaves_nothing(
    browser: Browser, world: World, values: dict[str, Any], named: str
):
    answer = report(browser, world, "operator", **{"source_key": "refused", **values})

    assert answer.status_code == 422
    assert named in answer.json()["error"]
    with world.database.owner.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM base.incident WHERE source_key = 'refused'")) == 0


def test_a_report_that_contradicts_itself_goes_to_quarantine_with_its_reason(browser: Browser, world: World):
    answer = report(browser, world, "operator", source_key="k7", lon=31.285, lat=120.53, crs="EPSG:4326")

    assert answer.status_code == 422
    assert answer.json()["error"]
    with world.database.owner.connect() as connection:
        reasons = connection.scalars(
            text("SELECT reasons FROM support.quarantine WHERE subdistrict_code = :here AND raw::text LIKE '%k7%'"),
            {"here": CODE},
        ).all()
    assert len(reasons) == 1
    assert reasons[0]


def test_a_service_request_is_taken_and_read_like_an_incident(browser: Browser, world: World):
    body = {
        "source_key": "Q1",
        "reported_at": "2026-03-05T10:00:00+08:00",
        "source": "便民服务中心",
        "item_code": "S001",
        "address": "丙苑1幢",
    }

    answer = browser.post("/api/requests", json=body, token=world.tokens["operator"])

    assert answer.status_code == 201
    assert answer.json()["place"]["work_grid_id"] == world.grids["21"]
    path = f"/api/requests/{answer.json()['id']}"
    assert browser.get(path, token=world.tokens["worker-21"]).json()["channel"] == "便民服务中心"
    assert browser.get(path, token=world.tokens["worker-11"]).status_code == 404
    assert browser.post("/api/requests", json=body, token=world.tokens["worker-21"]).status_code == 403


@pytest.mark.parametrize(
    ("params", "keys"),
    [
        (
            {"status": "open", "community": SECOND, "category": "城市管理", "until": "2026-03-02T00:00:00+08:00"},
            {"21", "seen"},
        ),
        ({"status": "closed", "community": SECOND}, set()),
        ({"since": "2026-03-01T08:00:00Z", "until": "2026-03-01T08:00:00Z"}, set()),
        ({"since": "2026-03-01T08:00:00Z", "until": "2026-03-01T08:00:01Z", "community": FIRST}, {"11", "12"}),
    ],
)
def test_the_list_is_filtered(browser: Browser, world: World, params: dict[str, str], keys: set[str]):
    page = browser.get("/api/incidents", params=params, token=world.tokens["operator"]).json()

    assert {incident["source_key"] for incident in page["incidents"]} == keys
    assert page["next"] is None


@pytest.mark.parametrize("after", ["x", "2026-03-01~5", "~", "2026-03-01T08:00:00+00:00~x"])
def test_a_mark_that_is_none_of_ours_is_refused(after: str):
    with pytest.raises(BadInput, match="is not the `next` of a page"):
        read_mark(after)
