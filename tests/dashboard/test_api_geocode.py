"""Text and point to place over the API: one engine, sealed texts, one sentence for what is wrong."""

from collections.abc import Iterator
from typing import Any

import h3
import httpx
import pytest
from fastapi import FastAPI

from dashboard.api.geocode_models import LONGEST_TEXT, MOST_TEXTS, system_named
from dashboard.server import create_app
from dashboard.settings import ServerSettings
from gis.coordinates import System, from_wgs84
from tests.asking import Browser
from tests.world import CODE, FIRST, SECOND, World

#: made up; the check digit of GB 11643 holds
IDENTITY_NUMBER = "11010519491231002X"


@pytest.fixture(scope="module")
def app(world: World) -> FastAPI:
    return create_app(ServerSettings(), world.database)


@pytest.fixture
def browser(app: FastAPI) -> Iterator[Browser]:
    with Browser(app) as browser:
        yield browser


def ask(browser: Browser, world: World, path: str, account: str = "operator", **body: Any) -> httpx.Response:
    return browser.post(path, json=body, token=world.tokens[account])


def test_a_text_is_answered_with_building_cells_and_units(browser: Browser, world: World):
    answer = ask(browser, world, "/api/geocode", text="甲苑1幢").json()

    assert (answer["status"], answer["placement"], answer["level"]) == ("matched", "placed", "building")
    assert (answer["place"]["name"], answer["place"]["kind"]) == ("甲苑", "compound")
    assert (answer["building"]["number"], answer["building"]["place"]) == ("1", "甲苑")
    assert (answer["lon"], answer["lat"]) == (pytest.approx(120.505, abs=1e-7), pytest.approx(31.29, abs=1e-7))
    assert answer["cell_11"] == h3.latlng_to_cell(31.29, 120.505, 11)
    assert answer["cell_10"] == h3.cell_to_parent(answer["cell_11"], 10)
    assert answer["community"] == {"code": FIRST, "name": FIRST}
    assert (answer["work_grid"]["id"], answer["work_grid"]["name"]) == (world.grids["11"], "11")
    assert 0.9 <= answer["confidence"] <= 1
    assert answer["candidates"] == []
    assert answer["how"]


def test_many_texts_are_answered_in_their_order(browser: Browser, world: World):
    texts = ["丙苑1幢", "", "远方大厦八楼", "丙苑1幢"]
    answers = ask(browser, world, "/api/geocode", texts=texts).json()["locations"]

    assert [one["text"] for one in answers] == texts
    assert [one["placement"] for one in answers] == ["placed", "unplaced", "unplaced", "placed"]
    assert answers[0] == answers[3]
    assert answers[0]["community"]["code"] == SECOND
    empty = answers[1]
    assert (empty["status"], empty["level"], empty["place"], empty["lon"]) == ("unmatched", "", None, None)
    assert (empty["cell_10"], empty["cell_11"], empty["community"], empty["work_grid"]) == (None, None, None, None)


def test_personal_numbers_do_not_come_back(browser: Browser, world: World):
    answer = ask(browser, world, "/api/geocode", text=f"张某{IDENTITY_NUMBER}电话13800138000住乙苑1幢")

    assert answer.json()["text"] == "张某[ID]电话[TEL]住乙苑1幢"
    assert answer.json()["place"]["name"] == "乙苑"
    assert IDENTITY_NUMBER[:17] not in answer.text
    assert "13800138000" not in answer.text


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({}, "either text or texts"),
        ({"text": "甲苑", "texts": ["甲苑"]}, "either text or texts"),
        ({"texts": []}, "texts"),
        ({"texts": ["甲苑"] * (MOST_TEXTS + 1)}, str(MOST_TEXTS)),
        ({"text": "甲" * (LONGEST_TEXT + 1)}, str(LONGEST_TEXT)),
        ({"text": 5}, "text"),
        ({"texts": ["甲苑", None]}, "texts.1"),
        ({"txt": "甲苑"}, "txt"),
    ],
)
def test_a_bad_question_is_answered_with_a_sentence(browser: Browser, world: World, body: dict[str, Any], names: str):
    answer = ask(browser, world, "/api/geocode", **body)

    assert answer.status_code == 422
    assert names in answer.json()["error"]
    assert "\n" not in answer.json()["error"]


def test_what_is_no_json_or_no_text_is_refused(browser: Browser, world: World):
    for content in (b"{", b"[]", b"", b'{"text": "\xff"}', rb'{"text": "\ud800"}'):
        answer = browser.post(
            "/api/geocode",
            content=content,
            headers={"Content-Type": "application/json"},
            token=world.tokens["operator"],
        )
        assert answer.status_code in (400, 422), content
        assert answer.json()["error"]


@pytest.mark.parametrize("path", ["/api/geocode", "/api/reverse"])
def test_staff_workers_and_tokens_may_ask_and_nobody_else(browser: Browser, world: World, path: str):
    body = {"text": "甲苑"} if path == "/api/geocode" else {"lon": 120.505, "lat": 31.29, "system": "WGS-84"}

    asked = {name: ask(browser, world, path, name, **body).status_code for name in world.tokens}

    assert asked.pop("wall") == 403
    assert set(asked.values()) == {200}
    assert browser.post(path, json=body).status_code == 401


@pytest.mark.parametrize("system", list(System))
def test_a_point_in_any_system_is_answered_with_what_stands_there(browser: Browser, world: World, system: System):
    # 0.0001 degrees of latitude are 11.1 m
    x, y = from_wgs84([120.515], [31.2901], system=system)
    answer = ask(browser, world, "/api/reverse", lon=x[0], lat=y[0], system=str(system)).json()

    assert (answer["lon"], answer["lat"]) == (pytest.approx(120.515, abs=1e-7), pytest.approx(31.2901, abs=1e-7))
    assert answer["inside"] is True
    assert answer["community"]["code"] == FIRST
    assert answer["work_grid"]["id"] == world.grids["12"]
    assert answer["compound"]["name"] == "乙苑"
    assert answer["building"]["name"] == "1"
    assert answer["building"]["distance_m"] == pytest.approx(11.1, abs=0.1)
    assert answer["address"] == "乙苑1幢"
    assert answer["cell_11"] == h3.latlng_to_cell(31.2901, 120.515, 11)
    assert (answer["road"], answer["junction"]) == (None, None)


def test_a_point_far_away_lies_at_nothing(browser: Browser, world: World):
    answer = ask(browser, world, "/api/reverse", lon=121.0, lat=31.0, system="EPSG:4326").json()

    assert (answer["inside"], answer["address"]) == (False, "")
    assert [answer[name] for name in ("community", "work_grid", "compound", "building", "road")] == [None] * 5


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"lon": 31.29, "lat": 120.505, "system": "WGS-84"}, "exchanged"),
        ({"lon": 500000.0, "lat": 3463000.0, "system": "GCJ-02"}, "no degrees"),
        ({"lon": 120.505, "lat": 31.29}, "system"),
        ({"lon": 120.505, "lat": 31.29, "system": "Beijing 54"}, "system"),
        ({"lon": None, "lat": 31.29, "system": "WGS-84"}, "lon"),
        ({"lon": "east", "lat": 31.29, "system": "WGS-84"}, "lon"),
    ],
)
def test_a_bad_point_is_refused(browser: Browser, world: World, body: dict[str, Any], names: str):
    answer = ask(browser, world, "/api/reverse", **body)

    assert answer.status_code == 422
    assert names in answer.json()["error"]


def test_systems_are_read_as_people_write_them():
    written = ("GCJ-02", "gcj02", "EPSG:4326", "WGS 84", "EPSG:4490", "epsg:4549", "BD-09")

    assert [system_named(name) for name in written] == [
        "GCJ02", "GCJ02", "WGS84", "WGS84", "CGCS2000", "EPSG4549", "BD09"
    ]  # fmt: skip
    assert system_named(None) is None


def test_both_are_described_for_other_systems(browser: Browser):
    described = browser.get("/api/openapi.json").json()

    assert {"/api/geocode", "/api/reverse"} <= set(described["paths"])
    assert described["components"]["schemas"]["PlacedText"]["properties"]["confidence"]["description"]


def test_the_engine_is_the_one_that_places_records(app: FastAPI):
    intake = app.state.services.intake()

    assert intake.district.code == CODE
    assert intake.ground().geocoder is intake.ground().geocoder
    assert intake.ground().geocoder.gazetteer is intake.ground().placed_by.gazetteer
    assert intake.ground().reverse is intake.ground().reverse
