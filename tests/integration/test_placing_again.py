"""Placing again after the gazetteer changed: only what could change is read, what moved is said, a person's word stays."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from etl.placing_again import place_again, place_again_when_changed
from etl.placing_changes import NameBatch, texts_that_hold
from etl.work import HereExecutor
from gis.database.connection import Database
from gis.district import District, select_district
from gis.geocode.gazetteer import distance_m
from gis.placing import dated_gazetteer_of
from tests.integration.waiting_world import ZONES, count, deliver, deliver_civic, incident_row, own_database
from tests.world import CODE, FIRST, World

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def again(database: Database) -> Iterator[World]:
    yield from own_database(database, "fengqiao_again")


@pytest.fixture(scope="module")
def district(again: World) -> District:
    with again.database.owner.connect() as connection:
        return select_district(connection, code=CODE)


def run(world: World, district: District, **options):
    return place_again(
        world.database, district, actor="test", now=datetime.now(UTC), executor=HereExecutor(), **options
    )


def learn(world: World, alias: str, place: str) -> None:
    with world.database.owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO base.place_alias (subdistrict_code, feed, source_key, place_id, alias, relation)"
                " SELECT :code, 'learned', :alias, id, :alias, 'learned' FROM base.place WHERE name = :place"
            ),
            {"code": CODE, "alias": alias, "place": place},
        )


def test_a_new_name_places_what_waited_for_it_and_nothing_else_is_read(again: World, district: District):
    now = datetime.now(UTC)
    rows = [
        {"source_key": "a1", "address": "金鱼巷12幢"},
        {"source_key": "a2", "address": "玉兰花园北区12幢"},
        {"source_key": "a3", "address": "甲苑1幢"},
    ]
    deliver(again, rows, now=now)
    run(again, district)
    learn(again, "金鱼巷", "玉兰花园北区")
    waiting = "SELECT count(*) FROM base.{} WHERE subdistrict_code = :code AND placement <> 'placed'"
    kinds = ("incident", "service_request", "organisation")
    waits = sum(count(again, waiting.format(kind), code=CODE) for kind in kinds)
    before = incident_row(again, "a3")

    result = run(again, district)

    # read: all that waits, and a2, which stands at the place that has a new name; 甲苑 is another matter
    assert result.read == waits + 1
    assert [(move.source_key, move.before, move.after, move.distance_m) for move in result.moves] == [
        ("a1", "", "building", None)
    ]
    placed = incident_row(again, "a1")
    assert (placed.lon, placed.lat) == pytest.approx(ZONES["北区"][:2])
    assert incident_row(again, "a3") == before
    assert result.levels == [("", "building", 1)]
    ledger = (
        "SELECT count(*) FROM support.batch WHERE origin = 'placing' AND loaded = 1 AND read = 1 AND feed = 'incidents'"
    )
    assert count(again, ledger) == 1
    # once more there is nothing to do
    assert not run(again, district).moves


def test_activities_petitions_and_organisations_profit_from_a_new_name_too(again: World, district: District):
    deliver_civic(again, "v", "白鱼巷12幢")
    run(again, district)
    stated = "SELECT count(*) FROM base.petition WHERE source_key = 'v' AND community_code = :first"
    # the community that was stated stays while it waits
    assert count(again, stated, first=FIRST) == 1
    learn(again, "白鱼巷", "玉兰花园西区")

    moves = {(move.subject, move.after) for move in run(again, district).moves if move.source_key == "v"}

    assert moves == {(subject, "building") for subject in ("activity", "petition", "organisation")}
    lon, lat, _ = ZONES["西区"]
    for table in ("activity", "petition", "organisation"):
        there = (
            f"SELECT count(*) FROM base.{table} WHERE source_key = 'v' AND placement = 'placed'"
            " AND ST_DWithin(geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), 0.002) AND building_id IS NOT NULL"
        )
        assert count(again, there, lon=lon, lat=lat) == 1
    assert count(again, "SELECT count(*) FROM support.batch WHERE origin = 'placing' AND feed = 'merchants'") == 1


def test_a_dry_run_says_the_same_and_writes_nothing(again: World, district: District):
    deliver(again, [{"source_key": "d1", "address": "银鱼巷12幢"}], now=datetime.now(UTC))
    run(again, district)
    learn(again, "银鱼巷", "玉兰花园南区")
    runs = "SELECT count(*) FROM support.placing_run"
    before = count(again, runs)

    dry = run(again, district, dry_run=True)

    assert [move.source_key for move in dry.moves] == ["d1"]
    assert incident_row(again, "d1").placement == "unplaced"
    assert count(again, runs) == before
    assert [move.source_key for move in run(again, district).moves] == ["d1"]


def test_a_building_that_moved_takes_its_records_along_and_says_how_far(again: World, district: District):
    deliver(again, [{"source_key": "m1", "address": "玉兰花园西区12幢"}], now=datetime.now(UTC))
    run(again, district)
    lon, lat, _ = ZONES["西区"]
    with again.database.owner.begin() as connection:
        connection.execute(
            text(
                "UPDATE base.building SET geom = ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)"
                " WHERE place_id = (SELECT id FROM base.place WHERE name = '玉兰花园西区')"
            ),
            {"lon": lon + 0.001, "lat": lat},
        )
        # buildings come by their feed: its batch is the gazetteer's new state
        for statement in (
            "INSERT INTO support.feed (subdistrict_code, name, title) VALUES (:code, 'buildings', 'buildings')",
            "INSERT INTO support.batch (subdistrict_code, feed, source, actor, read, loaded, finished_at)"
            " VALUES (:code, 'buildings', 'buildings.csv', 'test', 1, 1, now())",
        ):
            connection.execute(text(statement), {"code": CODE})

    result = run(again, district)

    # 0.001° of longitude at 31.291° N: 111 195 m * 0.001 * cos(31.291°) = 95.0 m
    moved = next(move for move in result.moves if move.source_key == "m1")
    assert moved.distance_m == pytest.approx(95.0, abs=0.3)
    assert distance_m(lon, lat, lon + 0.001, lat) == pytest.approx(95.0, abs=0.3)
    assert incident_row(again, "m1").lon == pytest.approx(lon + 0.001)


def test_a_name_taken_back_takes_its_records_off_the_map(again: World, district: District):
    run(again, district)
    with again.database.owner.begin() as connection:
        connection.execute(text("UPDATE base.place_alias SET withdrawn_at = now() WHERE alias = '金鱼巷'"))

    result = run(again, district)

    assert [(move.source_key, move.before, move.after) for move in result.moves] == [("a1", "building", "")]
    assert incident_row(again, "a1").placement == "unplaced"


def test_what_a_person_judged_is_not_touched(again: World, district: District):
    deliver(again, [{"source_key": "j1", "address": "铜鱼巷12幢"}], now=datetime.now(UTC))
    record = incident_row(again, "j1")
    with again.database.owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO support.placement_decision (subdistrict_code, subject, record_id, feed, source_key, outcome,"
                " words, located, located_before, account_id, actor, decided_at) VALUES (:code, 'incident', :id,"
                " 'incidents', 'j1', 'outside', '铜鱼巷12幢', '{}', '{}', 1, 'x', now())"
            ),
            {"code": CODE, "id": record.id},
        )
    learn(again, "铜鱼巷", "玉兰花园南区")

    assert "j1" not in {move.source_key for move in run(again, district).moves}


def test_by_the_clock_it_runs_only_when_something_changed(again: World, district: District):
    run(again, district)
    runs = "SELECT count(*) FROM support.placing_run"
    before = count(again, runs)
    now = datetime.now(UTC) + timedelta(seconds=1)

    assert place_again_when_changed(again.database, now=now) == 0
    assert count(again, runs) == before

    learn(again, "锡鱼巷", "玉兰花园南区")
    place_again_when_changed(again.database, now=now)
    assert count(again, runs) == before + 1


def test_a_misspelt_form_of_a_changed_name_counts_too(again: World):
    with again.database.owner.connect() as connection:
        gazetteer = dated_gazetteer_of(connection, CODE).whole
    marked = frozenset({next(key for key, place in gazetteer.places.items() if place.name == "玉兰花园")})
    texts = ["玉栏花园12幢漏水", "甲苑1幢", "河边"]

    assert texts_that_hold(NameBatch(texts, gazetteer, marked)) == ["玉栏花园12幢漏水"]
