"""待落图 in the real database: what waits, deciding, taking back, what a reload keeps, and what a name teaches."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from dashboard.server import create_app
from dashboard.settings import ServerSettings
from gis.cells import index_points
from gis.database.connection import Database
from gis.database.statements import load_statements
from layers.population import cells_of_resident
from tests.asking import Browser
from tests.integration.waiting_world import ZONES, count, deliver, deliver_civic, incident_row, own_database
from tests.world import CODE, FIRST, World

pytestmark = pytest.mark.database
NOW = datetime(2026, 3, 6, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def waiting(database: Database) -> Iterator[World]:
    yield from own_database(database, "fengqiao_waiting")


@pytest.fixture(scope="module")
def app(waiting: World) -> FastAPI:
    return create_app(ServerSettings(), waiting.database, clock=lambda: NOW)


@pytest.fixture
def browser(app: FastAPI) -> Iterator[Browser]:
    with Browser(app) as browser:
        yield browser


def ask(browser: Browser, world: World, method: str, path: str, *, who: str = "duty", **options: Any) -> httpx.Response:
    return browser.ask(method, path, token=world.tokens[who], **options)


def queue(browser: Browser, world: World, *, who: str = "duty") -> dict[str, Any]:
    answer = ask(browser, world, "GET", "/api/unplaced", who=who)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def row_of(browser: Browser, world: World, key: str) -> dict[str, Any]:
    record_id = incident_row(world, key).id
    found = [row for row in queue(browser, world)["rows"] if (row["subject"], row["id"]) == ("incident", record_id)]
    assert len(found) == 1, f"{key} does not wait"
    return found[0]


def decide(browser: Browser, world: World, key: str, *, who: str = "duty", **decision: Any) -> httpx.Response:
    path = f"/api/unplaced/incident/{incident_row(world, key).id}"
    return ask(browser, world, "POST", path, who=who, json={"outcome": "placed", **decision})


def take_back(browser: Browser, world: World, decision_id: int, *, who: str = "duty") -> httpx.Response:
    return ask(browser, world, "POST", f"/api/unplaced/undo/decisions/{decision_id}", who=who)


def test_a_waiting_row_says_why_where_it_may_be_and_what_speaks_for_it(waiting: World, browser: Browser):
    deliver(waiting, [{"source_key": "w1", "address": "玉兰花园 12 幢", "description": "堆放杂物"}], now=NOW)

    row = row_of(browser, waiting, "w1")

    assert row["sentence"] == "玉兰花园北、西、南三区均有 12 幢"
    assert [row["words"][first:last] for first, last in row["understood"]] == ["玉兰花园 12 幢"]
    assert row["rest"] == "堆放杂物"
    assert {one["name"] for one in row["candidates"]} == {f"玉兰花园{zone} 12 幢" for zone in ZONES}
    # three houses, nothing to tell them apart: a third each
    assert [one["confidence"] for one in row["candidates"]] == pytest.approx([1 / 3] * 3)
    assert all(f"属{FIRST}" in one["evidence"][0] for one in row["candidates"])
    assert queue(browser, waiting)["groups"]["several"] >= 1


def test_one_key_places_a_record_and_one_key_takes_it_back(waiting: World, browser: Browser):
    deliver(waiting, [{"source_key": "w2", "address": "玉兰花园12幢"}], now=NOW)
    before = incident_row(waiting, "w2")
    chosen = next(one for one in row_of(browser, waiting, "w2")["candidates"] if "南区" in one["name"])

    placed = decide(browser, waiting, "w2", offer=chosen["key"])

    assert placed.status_code == 200, placed.text
    now = incident_row(waiting, "w2")
    assert (now.placement, now.match_level, now.work_grid_id) == ("placed", "building", waiting.grids["12"])
    assert (now.lon, now.lat) == pytest.approx(ZONES["南区"][:2])
    assert now.located_by == {"by": "person", "who": "post of duty", "offer": chosen["key"]}
    kept = count(
        waiting,
        "SELECT jsonb_array_length(candidates) FROM support.placement_decision WHERE id = :id",
        id=placed.json()["id"],
    )
    assert kept == 3
    assert queue(browser, waiting)["placed_today"] >= 1
    audited = "SELECT count(*) FROM access.audit WHERE table_name = :table AND record_id = :id AND actor = 'duty'"
    assert count(waiting, audited, table="base.incident", id=str(now.id)) == 1
    assert count(waiting, audited, table="support.placement_decision", id=str(placed.json()["id"])) == 1

    assert take_back(browser, waiting, placed.json()["id"]).status_code == 200
    after = incident_row(waiting, "w2")
    assert after == before
    row_of(browser, waiting, "w2")
    # a second time there is nothing to take back
    assert take_back(browser, waiting, placed.json()["id"]).status_code == 409


def test_a_reload_keeps_what_a_person_decided_until_the_words_change(waiting: World, browser: Browser):
    row = {"source_key": "w3", "address": "玉兰花园12幢", "status": "待派遣"}
    deliver(waiting, [row], now=NOW)
    chosen = row_of(browser, waiting, "w3")["candidates"][0]
    assert decide(browser, waiting, "w3", offer=chosen["key"]).status_code == 200
    decided = incident_row(waiting, "w3")

    # the file brings the row again, handled meanwhile: its state changes, its place stays
    deliver(waiting, [{**row, "status": "处置中"}], now=NOW)
    again = incident_row(waiting, "w3")
    assert (again.status, again.placement, again.lon, again.building_id) == (
        "handling", "placed", decided.lon, decided.building_id,
    )  # fmt: skip

    # other words: the decision was about something else, and the row waits again
    deliver(waiting, [{**row, "address": "玉兰花园12幢门口", "status": "处置中"}], now=NOW)
    assert incident_row(waiting, "w3").placement == "ambiguous"
    row_of(browser, waiting, "w3")
    ended = "SELECT count(*) FROM support.placement_decision WHERE record_id = :id AND ended_by LIKE 'batch %'"
    assert count(waiting, ended, id=decided.id) == 1


def test_coordinates_that_come_later_count_more_than_a_decision(waiting: World, browser: Browser):
    deliver(waiting, [{"source_key": "w3b", "address": "玉兰花园12幢"}], now=NOW)
    decide(browser, waiting, "w3b", offer=row_of(browser, waiting, "w3b")["candidates"][0]["key"])

    deliver(waiting, [{"source_key": "w3b", "address": "玉兰花园12幢", "lon": "120.537", "lat": "31.285"}], now=NOW)

    assert incident_row(waiting, "w3b").lon == pytest.approx(120.537)


def test_words_that_contradict_the_stated_point_wait_with_both_and_the_distance(waiting: World, browser: Browser):
    lon, lat, _ = ZONES["北区"]
    stated = {"lon": f"{lon + 0.008:.6f}", "lat": f"{lat:.6f}"}
    deliver(waiting, [{"source_key": "x1", "address": "玉兰花园北区12幢", **stated}], now=NOW)

    row = row_of(browser, waiting, "x1")

    # until somebody decides it is where the feed says; 0.008 degrees of longitude at 31.292 N are 760 m
    assert incident_row(waiting, "x1").lon == pytest.approx(lon + 0.008)
    assert (row["group"], row["reason"]) == ("disagree", "disagree")
    assert row["stated"] == pytest.approx([lon + 0.008, lat])
    assert "760 m" in row["sentence"]
    text_says, feed_says = row["candidates"]
    assert (text_says["apart"], feed_says["key"]) == ("760 m", "stated")
    assert (text_says["lon"], text_says["lat"]) == pytest.approx((lon, lat))
    answer = decide(browser, waiting, "x1", offer=text_says["key"])
    assert answer.status_code == 200
    assert incident_row(waiting, "x1").lon == pytest.approx(lon)
    take_back(browser, waiting, answer.json()["id"])
    assert incident_row(waiting, "x1").lon == pytest.approx(lon + 0.008)
    # or the point is believed
    assert decide(browser, waiting, "x1", offer="stated").status_code == 200
    assert (incident_row(waiting, "x1").match_level, incident_row(waiting, "x1").lon) == (
        "coordinates",
        pytest.approx(lon + 0.008),
    )


def test_a_taught_name_places_the_next_delivery_until_it_is_taken_back(waiting: World, browser: Browser):
    deliver(waiting, [{"source_key": "w4", "address": "白鹭小筑12幢"}], now=NOW)
    waits = row_of(browser, waiting, "w4")
    assert (waits["reason"], waits["name"]) == ("outside", "白鹭小筑")

    # a point beside 北区's building 12 stands in that zone
    lon, lat, _ = ZONES["北区"]
    placed = decide(browser, waiting, "w4", point=[lon, lat], alias="白鹭小筑")
    assert placed.status_code == 200, placed.text
    assert placed.json()["learned"]
    learned = ask(browser, waiting, "GET", "/api/unplaced/names").json()[0]
    assert (learned["alias"], learned["place"], learned["decided_by"]) == ("白鹭小筑", "玉兰花园北区", "post of duty")
    assert learned["learned_at"].startswith("2026-03-06")

    result = deliver(
        waiting,
        [{"source_key": "w5", "address": "白鹭小筑12幢2单元"}, {"source_key": "w6", "address": "白鹭小筑十二幢"}],
        now=NOW,
    )

    assert (result.loaded, result.unplaced) == (2, 0)
    for key, level in (("w5", "unit"), ("w6", "building")):
        found = incident_row(waiting, key)
        assert (found.match_level, found.lon, found.lat) == (level, pytest.approx(lon), pytest.approx(lat))

    assert take_back(browser, waiting, placed.json()["id"]).status_code == 200
    assert ask(browser, waiting, "GET", "/api/unplaced/names").json()[0]["withdrawn_at"] is not None
    assert deliver(waiting, [{"source_key": "w7", "address": "白鹭小筑12幢"}], now=NOW).unplaced == 1


def test_a_misspelt_estate_is_learned_for_the_estate_and_not_for_the_zone_that_was_meant(
    waiting: World, browser: Browser
):
    deliver(waiting, [{"source_key": "w8", "address": "玉栏花园12幢"}], now=NOW)
    row = row_of(browser, waiting, "w8")
    assert row["name"] == "玉栏花园"
    north = next(one for one in row["candidates"] if "北区" in one["name"])

    placed = decide(browser, waiting, "w8", offer=north["key"], alias=row["name"])

    learned = ask(browser, waiting, "GET", "/api/unplaced/names").json()[0]
    assert (learned["alias"], learned["place"]) == ("玉栏花园", "玉兰花园")
    name_id = learned["id"]
    assert ask(browser, waiting, "POST", f"/api/unplaced/undo/names/{name_id}").json() == {"alias": "玉栏花园"}
    # the name is gone and the record stays where it was put
    assert incident_row(waiting, "w8").placement == "placed"
    assert placed.status_code == 200


@pytest.mark.parametrize(
    ("decision", "status", "says"),
    [
        ({"outcome": "given_up"}, 422, "say why"),
        ({"outcome": "placed"}, 422, "choose one"),
        ({"outcome": "placed", "offer": "b0"}, 404, "offered no longer"),
        ({"outcome": "placed", "point": [121.5, 31.29]}, 422, "outside the sub-district"),
        ({"outcome": "outside", "alias": "玉兰"}, 422, "names no place"),
        ({"outcome": "placed", "point": [120.5061, 31.2921], "alias": "火星"}, 422, "does not stand in the words"),
        ({"outcome": "placed", "point": [120.5061, 31.2921], "alias": "玉兰花园"}, 409, "known already"),
    ],
)
def test_a_decision_that_says_too_little_or_too_much_changes_nothing(
    waiting: World, browser: Browser, decision: dict[str, Any], status: int, says: str
):
    deliver(waiting, [{"source_key": "w9", "address": "玉兰花园12幢"}], now=NOW)

    answer = decide(browser, waiting, "w9", **decision)

    assert (answer.status_code, says in answer.json()["error"]) == (status, True), answer.text
    assert incident_row(waiting, "w9").placement == "ambiguous"


def test_what_cannot_be_placed_leaves_the_queue_with_its_reason_and_comes_back(waiting: World, browser: Browser):
    deliver(waiting, [{"source_key": "w10", "address": "河边"}], now=NOW)

    given_up = decide(browser, waiting, "w10", outcome="given_up", reason="来电人不愿说明地点")

    assert given_up.status_code == 200, given_up.text
    record_id = incident_row(waiting, "w10").id
    assert record_id not in {row["id"] for row in queue(browser, waiting)["rows"]}
    newest = ask(browser, waiting, "GET", "/api/unplaced/decisions").json()[0]
    assert (newest["outcome"], newest["reason"], newest["words"]) == ("given_up", "来电人不愿说明地点", "河边")
    # the same row once more changes nothing about it
    deliver(waiting, [{"source_key": "w10", "address": "河边", "status": "处置中"}], now=NOW)
    assert record_id not in {row["id"] for row in queue(browser, waiting)["rows"]}
    take_back(browser, waiting, given_up.json()["id"])
    row_of(browser, waiting, "w10")


def test_the_walls_counter_leaves_out_what_a_person_judged(waiting: World, browser: Browser):
    deliver(waiting, [{"source_key": "w14", "address": "桥洞下"}], now=NOW)

    def counted() -> int:
        with waiting.database.wall.connect() as connection:
            row = connection.execute(load_statements("dashboard", "wall")["unplaced"], {"code": CODE, "now": NOW}).one()
            return int(row.incidents)

    before = counted()
    assert decide(browser, waiting, "w14", outcome="outside").status_code == 200
    assert counted() == before - 1


def test_a_home_that_was_placed_is_counted_in_its_cell(waiting: World, browser: Browser):
    row = next(row for row in queue(browser, waiting, who="operator")["rows"] if row["subject"] == "resident")
    lon, lat, _ = ZONES["南区"]
    question = {"outcome": "placed", "point": [lon, lat]}
    placed = ask(browser, waiting, "POST", f"/api/unplaced/resident/{row['id']}", who="operator", json=question)
    assert placed.status_code == 200, placed.text

    with waiting.database.owner.begin() as connection:
        cells = cells_of_resident(connection, row["id"])

    assert cells.tolist() == index_points([lon], [lat]).tolist()
    take_back(browser, waiting, placed.json()["id"], who="operator")


def test_two_who_decide_at_once_do_not_overwrite_each_other(waiting: World, app: FastAPI):
    deliver(waiting, [{"source_key": "w11", "address": "玉兰花园12幢"}], now=NOW)
    with Browser(app) as browser:
        keys = [one["key"] for one in row_of(browser, waiting, "w11")["candidates"]]
    answers: list[int] = []

    def take(who: str, key: str) -> None:
        with Browser(app) as own:
            answers.append(decide(own, waiting, "w11", who=who, offer=key).status_code)

    threads = [threading.Thread(target=take, args=pair) for pair in (("duty", keys[0]), ("operator", keys[1]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [200, 409]


def test_who_may_not_decide_sees_what_is_theirs_and_changes_nothing(waiting: World, browser: Browser):
    deliver(waiting, [{"source_key": "w12", "address": "玉兰花园12幢"}], now=NOW)

    assert len(queue(browser, waiting, who="auditor")["rows"]) > 0
    for who in ("auditor", "street", "worker-11", "community-2", "wall"):
        assert decide(browser, waiting, "w12", who=who, offer="b1").status_code == 403
    for who in ("worker-11", "street", "wall"):
        assert ask(browser, waiting, "GET", "/api/unplaced", who=who).status_code == 403


def test_the_database_itself_refuses_names_and_decisions_of_who_may_not(waiting: World):
    learn = (
        "INSERT INTO base.place_alias (subdistrict_code, feed, source_key, place_id, alias, relation)"
        " SELECT :here, 'learned', 'x', min(id), 'x', 'learned' FROM base.place"
    )

    def learns(who: str) -> None:
        with waiting.database.server.connect() as connection:
            connection.execute(text("SELECT set_config('fengqiao.session', :id, true)"), {"id": waiting.sessions[who]})
            connection.execute(text(learn), {"here": CODE})

    learns("duty")
    for who in ("worker-11", "auditor"):
        with pytest.raises(ProgrammingError, match="row-level security"):
            learns(who)


def test_persons_wait_only_for_those_who_may_see_persons(waiting: World, browser: Browser):
    # the residents of the world have no point; nobody placed them
    kinds = {who: {row["subject"] for row in queue(browser, waiting, who=who)["rows"]} for who in ("duty", "operator")}

    assert {"resident", "visit"} <= kinds["operator"]
    assert not kinds["duty"] & {"resident", "visit"}


def test_an_operator_places_a_person(waiting: World, browser: Browser):
    row = next(row for row in queue(browser, waiting, who="operator")["rows"] if row["subject"] == "resident")
    lon, lat, _ = ZONES["北区"]
    path = f"/api/unplaced/resident/{row['id']}"

    answer = ask(browser, waiting, "POST", path, who="operator", json={"outcome": "placed", "point": [lon, lat]})

    assert answer.status_code == 200, answer.text
    placed = "SELECT count(*) FROM base.resident WHERE id = :id AND placement = 'placed' AND building_id IS NOT NULL"
    assert count(waiting, placed, id=row["id"]) == 1
    assert ask(browser, waiting, "POST", path, json={"outcome": "placed", "point": [lon, lat]}).status_code in (
        403,
        404,
    )
    assert take_back(browser, waiting, answer.json()["id"], who="operator").status_code == 200


def test_a_person_who_is_placed_takes_their_visits_along_and_back(waiting: World, browser: Browser):
    with waiting.database.owner.begin() as connection:
        resident = connection.scalar(text("SELECT min(id) FROM base.resident WHERE placement <> 'placed'"))
        theirs = text("UPDATE base.visit SET resident_id = :id WHERE placement <> 'placed'")
        visits = connection.execute(theirs, {"id": resident}).rowcount
    assert visits
    lon, lat, _ = ZONES["西区"]
    decision = {"outcome": "placed", "point": [lon, lat]}
    there = (
        "SELECT count(*) FROM base.visit JOIN base.resident ON resident.id = visit.resident_id WHERE resident.id = :id"
        " AND visit.placement = 'placed' AND visit.geom = resident.geom AND visit.building_id = resident.building_id"
        " AND visit.work_grid_id = resident.work_grid_id AND visit.cell = resident.cell"
    )

    answer = ask(browser, waiting, "POST", f"/api/unplaced/resident/{resident}", who="operator", json=decision)

    assert answer.status_code == 200, answer.text
    assert count(waiting, there, id=resident) == visits
    waits = {(row["subject"], row["id"]) for row in queue(browser, waiting, who="operator")["rows"]}
    own = "SELECT count(*) FROM base.visit WHERE resident_id = :id AND id = ANY(:ids)"
    assert count(waiting, own, id=resident, ids=[key for subject, key in waits if subject == "visit"]) == 0
    assert take_back(browser, waiting, answer.json()["id"], who="operator").status_code == 200
    assert count(waiting, there, id=resident) == 0


def test_activities_petitions_and_organisations_wait_and_are_placed_like_the_rest(waiting: World, browser: Browser):
    deliver_civic(waiting, "c", "玉兰花园12幢")
    keys = {("activity", "c活动"), ("petition", "c信访"), ("organisation", "c单位")}

    def waits(who: str) -> dict[str, Any]:
        rows = queue(browser, waiting, who=who)["rows"]
        return {row["subject"]: row for row in rows if row["words"] == "玉兰花园12幢" and row["subject"] in dict(keys)}

    operators, duty = waits("operator"), waits("duty")
    # petitions are for those who answer for them
    assert (set(operators), set(duty)) == ({"activity", "petition", "organisation"}, {"activity", "organisation"})
    assert operators["petition"]["reason"] == "same_building"
    assert {one["place_name"] for one in operators["activity"]["candidates"]} == {f"玉兰花园{name}" for name in ZONES}
    forbidden = ask(
        browser, waiting, "POST", f"/api/unplaced/petition/{operators['petition']['id']}",
        json={"outcome": "outside"},
    )  # fmt: skip
    assert forbidden.status_code in (403, 404)
    decisions = []
    for subject, row in operators.items():
        chosen = {"outcome": "placed", "offer": row["candidates"][0]["key"]}
        answer = ask(browser, waiting, "POST", f"/api/unplaced/{subject}/{row['id']}", who="operator", json=chosen)
        assert answer.status_code == 200, answer.text
        decisions.append(answer.json()["id"])
        placed = f"SELECT count(*) FROM base.{subject} WHERE id = :id AND placement = 'placed' AND cell IS NOT NULL"
        audit = "SELECT count(*) FROM access.audit WHERE record_id = :id AND table_name = :table"
        assert count(waiting, placed, id=row["id"]) == 1
        assert count(waiting, audit, id=str(row["id"]), table=f"base.{subject}") >= 1
    assert not waits("operator")
    seen = [row["id"] for row in ask(browser, waiting, "GET", "/api/unplaced/decisions").json()]
    assert set(decisions) - set(seen) == {decisions[list(operators).index("petition")]}
    for decision in decisions:
        assert take_back(browser, waiting, decision, who="operator").status_code == 200
    assert set(waits("operator")) == set(operators)


def test_a_renamed_place_keeps_its_old_name_from_then_on(waiting: World):
    with waiting.database.owner.begin() as connection:
        connection.execute(text("UPDATE base.place SET name = '丙新苑' WHERE name = '丙苑'"))
    found = count(
        waiting,
        "SELECT count(*) FROM base.place_alias JOIN base.place ON place.id = place_id WHERE alias = '丙苑'"
        " AND relation = 'former_name' AND place_alias.valid_to IS NOT NULL AND place.name = '丙新苑'",
    )
    assert found == 1
    assert deliver(waiting, [{"source_key": "w13", "address": "丙苑1幢"}], now=NOW).unplaced == 0
