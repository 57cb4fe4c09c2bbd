"""Every further feed checks, places where it has a place, loads, and changes nothing when it comes again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from etl.feeds import FEEDS
from etl.ledger import FeedResult
from etl.load import load_folder
from gis.database.connection import Database
from gis.errors import BadInput
from gis.identity import decrypt_number, identity_keys
from tests.etl.further_feeds import CREDIT_CODE, ROWS, write_building_shapes, write_further_feeds
from tests.etl.small_district import BUILDINGS, CODE, EAST, WEST, write_small_district, write_table, write_yaml
from tests.integration.test_load import forget

NOW = datetime(2026, 4, 1, tzinfo=UTC)
pytestmark = pytest.mark.database


@dataclass(frozen=True)
class World:
    database: Database
    folder: Path
    results: dict[str, FeedResult]

    def rows(self, statement: str) -> list[Any]:
        with self.database.owner.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), {"code": CODE})]

    def load(self, *only: str) -> dict[str, FeedResult]:
        results = load_folder(self.database, self.folder, actor="test", now=NOW, only=only)
        return {result.feed: result for result in results}


def forget_all(database: Database) -> None:
    """Delete what the further feeds brought, newest references first, then the small district."""
    tables = [*dict.fromkeys(FEEDS[feed].table.fullname for feed in reversed(ROWS))]
    tables.sort(key=lambda name: name in ("base.activity", "base.water_gauge", "base.organisation"))
    with database.owner.begin() as connection:
        for table in [*(t for t in tables if t not in ("base.household", "base.dwelling")), "support.heading_mapping"]:
            connection.execute(text(f"DELETE FROM {table} WHERE subdistrict_code = :code"), {"code": CODE})
    forget(database)


@pytest.fixture(scope="module")
def small(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    forget_all(database)
    folder = write_further_feeds(write_small_district(tmp_path_factory.mktemp("further") / "delivery"))
    results = load_folder(database, folder, actor="test", now=NOW)
    yield World(database, folder, {result.feed: result for result in results})
    forget_all(database)


@pytest.mark.parametrize("feed", list(ROWS))
def test_good_rows_arrive_and_bad_ones_wait_with_their_reasons(small: World, feed: str) -> None:
    _, lines, bad = ROWS[feed]
    result = small.results[feed]
    copies = len(lines) - len(set(lines))

    assert (result.read, result.quarantined, result.unchanged) == (len(lines) - 1, len(bad), copies)
    assert {key: set(reasons) for key, reasons in zip(bad, by_position(result), strict=True)} == bad


def by_position(result: FeedResult) -> list[Any]:
    return [result.reasons[position] for position in sorted(result.reasons)]


def test_the_same_files_again_change_nothing(small: World) -> None:
    before = small.rows("SELECT count(*) FROM support.record_version")
    for feed in ROWS:
        path = small.folder / f"{feed}.csv"
        # another file with the same rows: they are compared one by one
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    results = small.load(*(f"{feed}.csv" for feed in ROWS))

    assert {feed: result.unchanged == result.read for feed, result in results.items()} == dict.fromkeys(ROWS, True)
    assert small.rows("SELECT count(*) FROM support.record_version") == before


def test_a_residence_knows_its_dwelling_and_from_when_to_when(small: World) -> None:
    found = small.rows(
        "SELECT resident.source_key, dwelling.room, tenure, CAST(residence.valid_from AT TIME ZONE 'UTC' AS text), residence.valid_to IS NULL,"
        " residence.community_code FROM base.residence JOIN base.resident ON resident.id = resident_id"
        " JOIN base.dwelling ON dwelling.id = residence.dwelling_id WHERE residence.subdistrict_code = :code ORDER BY 4"
    )

    assert [(row[0], row[1], row[2], row[4], row[5]) for row in found] == [
        ("P1", "201", "rented", False, EAST), ("P1", "402", "owned", True, WEST),
    ]  # fmt: skip
    # midnight in Suzhou of 1 June is 16:00 of the day before in Greenwich
    assert found[1][3] == "2015-05-31 16:00:00"


def test_a_household_is_the_one_that_persons_name(small: World) -> None:
    found = small.rows(
        "SELECT source_key, feed, room FROM base.household JOIN base.dwelling ON dwelling.id = dwelling_id"
        " WHERE household.subdistrict_code = :code ORDER BY source_key"
    )

    # H1 and H2 came with persons; H7 has none yet
    assert found == [("H1", "residents", "402"), ("H2", "residents", "402"), ("H7", "residents", "201")]


def test_organisations_are_placed_by_point_or_by_words_and_their_numbers_sealed(small: World) -> None:
    found = small.rows(
        "SELECT source_key, kind, small_place, credit_code, match_level, community_code, state, phone_cipher FROM"
        " base.organisation WHERE subdistrict_code = :code ORDER BY source_key"
    )
    phone = found[1][-1]

    assert [row[:-1] for row in found] == [
        ("M1", "商户", None, None, "building", EAST, "open"),
        ("O1", "餐饮", "小餐饮", CREDIT_CODE, "building", WEST, "open"),
        ("O2", "住宿", "小旅馆", None, "coordinates", EAST, "open"),
    ]
    assert decrypt_number(bytes(phone), identity_keys(small.database.secrets)) == "0512-00000001"


def test_an_activity_is_where_its_words_say_and_who_took_part_is_linked(small: World) -> None:
    assert small.rows(
        "SELECT match_level, participants, ST_X(geom) FROM base.activity WHERE subdistrict_code = :code"
    ) == [("poi", 42, pytest.approx(120.503))]
    assert small.rows(
        "SELECT resident.source_key, part, hours, participation.community_code FROM base.participation"
        " JOIN base.resident ON resident.id = resident_id WHERE participation.subdistrict_code = :code ORDER BY 1"
    ) == [("P1", "volunteer", 2.0, WEST), ("P2", "participant", None, WEST)]


def test_water_and_weather_keep_levels_and_times(small: World) -> None:
    assert small.rows(
        "SELECT name, level_m, rain_mm, level_m > warning_m, community_code FROM base.water_level"
        " JOIN base.water_gauge ON water_gauge.id = gauge_id WHERE water_level.subdistrict_code = :code"
    ) == [("东桥", 3.85, 2.5, True, WEST)]
    # 4 blue … 1 red; lifted 10:30 in Suzhou
    assert small.rows(
        "SELECT kind, level, CAST(lifted_at AT TIME ZONE 'UTC' AS text) FROM base.weather_warning WHERE subdistrict_code = :code"
    ) == [("暴雨", 2, "2026-03-01 02:30:00")]


def test_doors_are_counted_by_the_hour_where_nothing_else_is_said(small: World) -> None:
    assert small.rows(
        "SELECT minutes, entries, exits, place.source_key FROM base.door_count JOIN base.place ON place.id = place_id"
        " WHERE door_count.subdistrict_code = :code ORDER BY counted_from"
    ) == [(60, 120, 311, "C01"), (60, 80, None, "C01")]


@pytest.mark.parametrize(
    ("heading", "row", "sentence"),
    [
        ("小区编号,出入口,开始时间,进入次数,姓名", "C01,北门,2026-03-01 08:00,1,张三", r"column\(s\) 姓名, which speak of persons"),
        ("小区编号,出入口,开始时间,进入次数,备注", "C01,北门,2026-03-01 08:00,1,13800000000", "row 1: 备注 holds a number of a person"),
        ("小区编号,出入口,开始时间,进入次数,备注", "C01,北门,2026-03-01 08:00,1,苏E12345", "row 1: 备注 holds a number of a person"),
    ],
)  # fmt: skip
def test_a_file_that_says_who_passed_a_door_is_refused_whole(
    small: World, tmp_path: Path, heading: str, row: str, sentence: str
) -> None:
    write_table(tmp_path, "d.csv", heading, row)
    write_yaml(tmp_path, [{"feed": "door_counts", "name": "other_doors", "file": "d.csv"}])

    with pytest.raises(BadInput, match=sentence) as refused:
        load_folder(small.database, tmp_path, actor="test", now=NOW)

    assert "13800000000" not in str(refused.value)
    assert small.rows("SELECT count(*) FROM support.batch WHERE subdistrict_code = :code AND feed = 'other_doors'") == [
        (0,)
    ]


def test_credit_tags_are_off_unless_the_district_says_otherwise(small: World, tmp_path: Path) -> None:
    write_table(tmp_path, "c.csv", *ROWS["credit_tags"][1])
    write_yaml(tmp_path, [{"feed": "credit_tags", "name": "tags", "file": "c.csv"}])

    with pytest.raises(BadInput, match=r"feed credit_tags is off; .* switches: \[credit_tags\]"):
        load_folder(small.database, tmp_path, actor="test", now=NOW)


def test_buildings_are_delivered_as_shapes(small: World) -> None:
    write_building_shapes(small.folder)
    entries = [{"feed": "buildings", "file": "buildings.geojson", "crs": "GCJ-02"}]
    write_yaml(small.folder, entries, switches=["credit_tags"])

    result = small.load()["buildings"]

    assert (result.read, result.quarantined) == (3, 0)
    found = small.rows(
        "SELECT source_key, ST_X(geom), ST_Y(geom), ST_Area(CAST(footprint AS geography)) FROM base.building"
        " WHERE subdistrict_code = :code ORDER BY source_key"
    )
    for key, lon, lat, area_m2 in found:
        assert (lon, lat) == pytest.approx(BUILDINGS[key], abs=2e-6)
        # 2e-4° at 31.3° N is 19.04 m, 1e-4° of latitude 11.09 m: 211 m²
        assert area_m2 == pytest.approx(211, rel=0.01)
