"""What the phone reads: one's own ground, list, people and records, and nobody else's."""

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
import shapely
from fastapi import FastAPI
from sqlalchemy import text

from casework.photos import LARGEST_BYTES
from dashboard.server import create_app
from dashboard.settings import ServerSettings
from gis.settings import DatabaseSettings
from tests.asking import Browser
from tests.casework.test_photos import picture
from tests.casework.world import (
    HEIGHT,
    NOW,
    SOUTH,
    WEST,
    WIDTH,
    World,
    add_incident,
    add_visit,
    assign_afresh,
    session_secret,
)

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def world(trial: World) -> World:
    assign_afresh(trial, NOW - timedelta(days=1))
    return trial


@pytest.fixture(scope="module")
def app(world: World, database_settings: DatabaseSettings) -> FastAPI:
    return create_app(ServerSettings(geodatabase=database_settings), world.database, clock=lambda: NOW)


class Phone(Browser):
    """A browser that is signed in."""

    def __init__(self, app: FastAPI, world: World, account: str) -> None:
        super().__init__(app)
        self.cookies.set("fengqiao_worker", session_secret(world, account)[1])

    def read(self, path: str):
        answer = self.get(f"/api/grid/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def phone(app: FastAPI, world: World) -> Iterator[Phone]:
    with Phone(app, world, "trial-0") as phone:
        yield phone


def reading(app: FastAPI, world: World, account: str, path: str):
    with Phone(app, world, account) as phone:
        return phone.read(path)


def my_buildings(world: World, worker: int) -> list[int]:
    """Places in the world's list of buildings that are a worker's."""
    with world.database.owner.connect() as connection:
        found = connection.execute(
            text(
                "SELECT building_id FROM casework.assignment"
                " WHERE worker_id = :id AND building_id IS NOT NULL AND valid_to IS NULL AND cover_for IS NULL"
                " ORDER BY 1"
            ),
            {"id": world.workers[worker]},
        )
        return [world.buildings.index(building) for building in found.scalars()]


def test_the_grounds_of_a_grids_workers_tile_it_without_gap_or_overlap(app, world):
    grounds = [shapely.geometry.shape(reading(app, world, f"trial-{number}", "me")["outline"]) for number in range(3)]

    grid = shapely.box(WEST, SOUTH, WEST + WIDTH, SOUTH + HEIGHT)
    # coordinates are sent to 1e-6 degrees: allow a thousandth of the area
    assert shapely.union_all(grounds).symmetric_difference(grid).area < 1e-3 * grid.area
    assert sum(ground.area for ground in grounds) == pytest.approx(grid.area, rel=1e-3)


def test_me_counts_what_is_mine_and_says_why(app, world, phone):
    me = phone.read("me")

    mine = my_buildings(world, 0)
    # six households in each building
    assert me["counts"]["buildings"] == len(mine) > 0
    assert me["counts"]["households"] == 6 * len(mine)
    assert me["counts"]["cells"] == len(me["cells"])
    assert all(len(cell["cell"]) == 15 and cell["cell"].startswith("8a") for cell in me["cells"])
    assert me["reasons"]["shared"] == [{"name": "试验第1网格", "workers": 3, "households": 144}]
    assert me["reasons"]["since"].startswith("2026-11-22")
    assert me["subdistrict"]["schematic"] is True


def test_a_leader_sees_all_grids_they_lead_as_a_whole(app, world):
    me = reading(app, world, "trial-4", "me")

    assert [grid["name"] for grid in me["grids"]] == ["试验第1网格", "试验第2网格"]
    assert me["reasons"]["whole"] is True
    assert me["counts"]["buildings"] == 48


def test_the_map_marks_my_buildings_and_names_roads_and_compounds(world, phone):
    drawn = phone.read("map")

    assert sum(building["mine"] for building in drawn["buildings"]) == len(my_buildings(world, 0))
    assert {road["name"] for road in drawn["roads"]} == {"试验路", "东界路"}
    assert "北苑" in {label["name"] for label in drawn["labels"] if label["mine"]}
    # households of others' buildings are not told
    assert all((building["households"] is None) != building["mine"] for building in drawn["buildings"])


def test_today_holds_my_incidents_and_visits_by_when_they_are_due(app, world, phone):
    mine, theirs = my_buildings(world, 0), my_buildings(world, 1)
    key = uuid.uuid4().hex
    with world.database.owner.begin() as connection:
        late = add_incident(connection, world, key + "a", building=mine[0], due_at=NOW - timedelta(days=2))
        soon = add_incident(connection, world, key + "b", building=mine[1], due_at=NOW + timedelta(hours=1))
        other = add_incident(connection, world, key + "c", building=theirs[0], due_at=NOW + timedelta(hours=2))
        closed = add_incident(connection, world, key + "d", building=mine[0], status="closed", closed_at=NOW)
        visit = add_visit(connection, world, key + "e", resident=mine[0] * 6)
        far = add_visit(connection, world, key + "f", resident=mine[0] * 6, due_on=(NOW + timedelta(days=9)).date())

    today = phone.read("today")

    keys = [item["key"] for item in today["items"]]
    # due within the hour, by the end of the day, then what is long overdue
    assert [k for k in keys if k in (f"incident-{soon}", f"visit-{visit}", f"incident-{late}")] == [
        f"incident-{soon}",
        f"visit-{visit}",
        f"incident-{late}",
    ]
    assert not {f"incident-{other}", f"incident-{closed}", f"visit-{far}"} & set(keys)
    assert today["overdue"] >= 1
    assert f"incident-{other}" in [item["key"] for item in reading(app, world, "trial-1", "today")["items"]]


def test_what_was_dispatched_to_me_by_name_is_on_my_list_and_leaves_theirs(app, world, phone):
    theirs = my_buildings(world, 1)
    with world.database.owner.begin() as connection:
        record = add_incident(connection, world, uuid.uuid4().hex, building=theirs[0])
    with Phone(app, world, "trial-duty_officer") as officer:
        officer.cookies.set("fengqiao_staff", session_secret(world, "trial-duty_officer")[1])
        answer = officer.post(
            f"/api/incidents/{record}/transitions", json={"to": "dispatched", "worker_id": world.workers[0]}
        )
    assert answer.json()["worker_id"] == world.workers[0], answer.text

    assert f"incident-{record}" in [item["key"] for item in phone.read("today")["items"]]
    assert f"incident-{record}" not in [item["key"] for item in reading(app, world, "trial-1", "today")["items"]]


def test_people_are_counted_by_group_and_listed_without_names(world, phone):
    mine = len(my_buildings(world, 0))

    people = phone.read("people")
    listed = phone.get("/api/grid/people/groups/living_alone")

    # one of six in each building is a woman of 84 who lives alone; half are registered
    assert {row["group"]: row["count"] for row in people["groups"]} == {
        "living_alone": mine, "aged_80": mine, "aged_60": mine, "minors": 0, "disabled": 0, "low_income": 0,
        "pregnant": 0, "chronic_illness": 0,
    }  # fmt: skip
    assert (people["total"], people["registered"], people["migrant"]) == (6 * mine, 3 * mine, 3 * mine)
    assert len(listed.json()["persons"]) == mine
    assert "甲" not in listed.text
    assert listed.json()["persons"][0]["age"] == 84


def test_opening_a_person_shows_the_name_and_leaves_a_trace(world, phone):
    resident = world.residents[my_buildings(world, 0)[0] * 6]

    person = phone.read(f"people/{resident}")

    assert person["name"].startswith("甲")
    with world.database.owner.connect() as connection:
        trace = connection.execute(
            text("SELECT actor, changes FROM access.audit WHERE action = 'person_opened' ORDER BY id DESC LIMIT 1")
        ).one()
    assert (trace.actor, trace.changes["resident_id"]) == ("trial-0", resident)


def test_a_person_of_another_grid_does_not_exist_for_me(world, phone):
    assert phone.get(f"/api/grid/people/{world.residents[-1]}").status_code == 404
    assert phone.get("/api/grid/people/groups/everybody").status_code == 422


def test_a_photo_is_stored_and_shown_to_whom_the_incident_concerns(app, world, phone):
    stored = phone.post("/api/grid/photos", content=picture(), headers={"Content-Type": "image/jpeg"}).json()["photo"]
    with world.database.owner.begin() as connection:
        record = add_incident(connection, world, uuid.uuid4().hex, building=my_buildings(world, 0)[0], photo=stored)

    shown = phone.get(f"/api/grid/incidents/{record}/photo")

    assert shown.status_code == 200
    assert shown.content.startswith(b"\xff\xd8\xff")
    with Phone(app, world, "trial-3") as other:
        assert other.get(f"/api/grid/incidents/{record}/photo").status_code == 404


@pytest.mark.parametrize("content", [b"<html>", b"\0" * (LARGEST_BYTES + 1)])
def test_what_is_no_photo_is_refused(phone, content):
    assert phone.post("/api/grid/photos", content=content).status_code == 422


def test_a_step_over_http_is_taken_once_and_stands_in_the_records(world, phone):
    with world.database.owner.begin() as connection:
        record = add_incident(connection, world, uuid.uuid4().hex, building=my_buildings(world, 0)[0])
    body = {"to": "accepted", "client_key": uuid.uuid4().hex}

    first = phone.post(f"/api/incidents/{record}/transitions", json=body)
    again = phone.post(f"/api/incidents/{record}/transitions", json=body)

    assert (first.json()["changed"], again.json()["changed"]) == (True, False)
    assert [row["step"] for row in phone.get(f"/api/incidents/{record}/transitions").json()] == ["accepted"]
    opened = phone.read(f"incidents/{record}")
    assert (opened["status"], [step["to"] for step in opened["steps"]]) == (
        "accepted",
        ["handling", "closed", "returned"],
    )
    assert (record, "accepted") in [(row["id"], row.get("step")) for row in phone.read("records")["records"]]


def test_a_step_that_cannot_be_taken_says_why(world, phone):
    with world.database.owner.begin() as connection:
        record = add_incident(connection, world, uuid.uuid4().hex, building=my_buildings(world, 0)[0])

    def status(**body: str) -> int:
        return phone.post(f"/api/incidents/{record}/transitions", json=body).status_code

    assert status(to="dispatched") == 403
    assert status(to="closed", note="x") == 409
    assert status(to="finished") == 422
    assert status(to="accepted", photo="../secrets.json") == 422
    assert phone.post("/api/incidents/999999999/transitions", json={"to": "accepted"}).status_code == 404


def test_a_visit_opened_names_the_person_and_is_done_once(world, phone):
    mine = my_buildings(world, 0)[0]
    with world.database.owner.begin() as connection:
        visit = add_visit(connection, world, uuid.uuid4().hex, resident=mine * 6)
    opened = phone.read(f"visits/{visit}")

    done = phone.post(f"/api/visits/{visit}/transitions", json={"to": "done", "note": "情况正常"})

    assert opened["person"]["name"].startswith("甲")
    assert done.json()["status"] == "done"
    assert phone.post(f"/api/visits/{visit}/transitions", json={"to": "done"}).status_code == 409
    assert phone.read("today")["done"] >= 1


def test_nobody_reads_a_ground_without_signing_in_and_an_officer_has_none(app, world):
    with Browser(app) as stranger:
        assert stranger.get("/api/grid/me").status_code == 401
    with Browser(app) as officer:
        officer.cookies.set("fengqiao_staff", session_secret(world, "trial-duty_officer")[1])
        assert officer.get("/api/grid/me").status_code == 403


def test_the_language_is_chosen_and_kept(app, world):
    with Phone(app, world, "trial-2") as phone:
        assert phone.post("/api/grid/language", json={"language": "en"}).status_code == 200
        assert 'lang="en"' in phone.get("/grid", headers={"Accept": "text/html"}).text
        phone.post("/api/grid/language", json={"language": "zh"})
