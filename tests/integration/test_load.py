"""Loading a delivery into the real geodatabase: what arrives, what is refused; nothing is lost or done twice."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from etl.ledger import FeedResult
from etl.load import load_folder
from gis.cells import index_points
from gis.database.connection import Database
from gis.errors import BadInput
from gis.identity import decrypt_number, hash_number, identity_keys
from tests.etl.small_district import (
    BUILDINGS,
    CODE,
    CROSSING,
    EAST,
    FEEDS,
    GOOD_IDENTITY,
    INCIDENT_HEADING,
    RESIDENT_HEADING,
    WEST,
    incident,
    resident,
    write_small_district,
    write_table,
    write_yaml,
)

NOW = datetime(2026, 4, 1, tzinfo=UTC)
pytestmark = pytest.mark.database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_small_district(tmp_path / "delivery")


@pytest.fixture
def emptied(database: Database) -> Iterator[Database]:
    """The geodatabase without the small district, before and after."""
    forget(database)
    yield database
    forget(database)


def forget(database: Database) -> None:
    tables = (
        "base.visit base.resident base.household base.dwelling base.incident base.service_request base.place_alias"
        " base.building base.grid_worker base.place base.work_grid base.community base.cell_share base.cell"
        " base.subdistrict support.delivered support.quarantine support.batch support.feed"
    )
    with database.owner.begin() as connection:
        for table in tables.split():
            column = "code" if table == "base.subdistrict" else "subdistrict_code"
            connection.execute(text(f"DELETE FROM {table} WHERE {column} = :code"), {"code": CODE})


def load(database: Database, folder: Path) -> dict[str, FeedResult]:
    return {result.feed: result for result in load_folder(database, folder, actor="test", now=NOW)}


def rows(database: Database, statement: str, **values: Any) -> list[Any]:
    with database.owner.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement), {"code": CODE, **values})]


def one(database: Database, statement: str, **values: Any) -> Any:
    return rows(database, statement, **values)[0][0]


def test_everything_arrives_in_its_place(emptied: Database, folder: Path) -> None:
    results = load(emptied, folder)

    assert {feed: (r.read, r.loaded, r.quarantined) for feed, r in results.items()} == {
        "boundaries": (3, 3, 0), "work_grids": (4, 4, 0), "places": (3, 3, 0), "compounds": (2, 2, 0),
        "aliases": (2, 2, 0),
        "buildings": (3, 3, 0), "junctions": (1, 1, 0), "residents": (2, 2, 0), "incidents": (3, 2, 0),
    }  # fmt: skip
    # 0.01° by 0.005° at 31.3° N: 0.01 * 95.18 km * 0.005 * 110.87 km = 0.5276 km²
    assert one(emptied, "SELECT area_km2 FROM base.subdistrict WHERE code = :code") == pytest.approx(0.5276, rel=0.005)
    homes = rows(
        emptied,
        "SELECT source_key, ST_X(geom), ST_Y(geom), cell, community_code, match_level, placement FROM base.resident"
        " WHERE subdistrict_code = :code ORDER BY 1",
    )
    for (key, lon, lat, cell, community, level, placement), building in zip(homes, ("C01-001", "C01-002"), strict=True):
        assert (lon, lat) == BUILDINGS[building], key
        assert (cell, community, level, placement) == (index_points([lon], [lat])[0], WEST, "room", "placed")
    places = rows(
        emptied,
        "SELECT source_key, placement, match_level, ST_X(geom), community_code FROM base.incident"
        " WHERE subdistrict_code = :code ORDER BY length(source_key)",
    )
    assert places[0] == ("1", "placed", "building", BUILDINGS["C01-001"][0], WEST)
    # a text that names no place is unplaced; the community somebody wrote beside it is kept
    assert places[1] == ("3", "unplaced", None, None, WEST)
    assert places[2][:3] == ("20260010002", "placed", "junction")
    assert places[2][3] == pytest.approx(CROSSING[0], abs=1e-6)
    assert results["incidents"].unplaced == 1


def test_the_same_files_again_change_nothing(emptied: Database, folder: Path) -> None:
    load(emptied, folder)
    before = one(emptied, "SELECT count(*) FROM support.record_version")

    for result in load(emptied, folder).values():
        assert (result.loaded, result.quarantined) == (0, 0)
        assert result.unchanged == result.read
    # a file that only looks new (its line ends) is sorted row by row, and still nothing changes
    path = folder / "residents.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    result = load(emptied, folder)["residents"]

    assert (result.loaded, result.unchanged) == (0, 2)
    assert one(emptied, "SELECT count(*) FROM support.record_version") == before


def test_a_changed_row_becomes_a_new_version_of_its_record_only(emptied: Database, folder: Path) -> None:
    load(emptied, folder)
    before = one(emptied, "SELECT count(*) FROM support.record_version WHERE table_name = 'base.resident'")
    write_table(
        folder,
        "residents.csv",
        RESIDENT_HEADING,
        resident("P1"),
        resident("P2", 楼栋="1", 户号="H2"),
        encoding="gb18030",
    )

    result = load(emptied, folder)["residents"]

    assert (result.loaded, result.unchanged) == (1, 1)
    assert one(emptied, "SELECT count(*) FROM support.record_version WHERE table_name = 'base.resident'") == before + 1
    moved = one(emptied, "SELECT ST_X(geom) FROM base.resident WHERE subdistrict_code = :code AND source_key = 'P2'")
    assert moved == BUILDINGS["C01-001"][0]


def test_what_casework_did_stays_when_the_old_row_comes_again(emptied: Database, folder: Path) -> None:
    load(emptied, folder)
    with emptied.owner.begin() as connection:
        connection.execute(
            text("UPDATE base.incident SET status = 'handling' WHERE subdistrict_code = :code AND source_key = '1'"),
            {"code": CODE},
        )
    path = folder / "incidents.csv"
    path.write_text(path.read_text(encoding="utf-8-sig") + incident("9") + "\n", encoding="utf-8-sig")

    result = load(emptied, folder)["incidents"]

    assert (result.loaded, result.unchanged) == (1, 3)
    assert (
        one(emptied, "SELECT status FROM base.incident WHERE subdistrict_code = :code AND source_key = '1'")
        == "handling"
    )


BAD = {
    "missing_key:事件编号": incident(""),
    "key_scheme:事件编号": incident("WX-2026-07"),
    "time_form:上报时间": incident("101", 上报时间="2026/3/5 8:05"),
    "impossible_time:上报时间": incident("102", 上报时间="2026-02-30 10:15:00"),
    "in_future:上报时间": incident("103", 上报时间="2091-01-05 09:30:00"),
    "source_as_community:社区": incident("104", 社区="移动巡河"),
    "unknown_community:社区": incident("105", 社区="丙社区"),
    "rubbish:事件描述": incident("106", 事件描述="1111"),
    "before_start:办结时间": incident("107", 办结时间="2025-03-01 08:00:00"),
    "swapped_axes:经度": incident("108", 经度="31.31", 纬度="120.52"),
    "outside:经度": incident("109", 经度="121.47", 纬度="31.23"),
    "lone_coordinate:纬度": incident("110", 经度="120.52"),
    "unknown_choice:事件大类": incident("111", 事件大类="看电视"),
    "duplicate_key:事件编号": incident("1", 地址="乙苑1幢"),
}


def test_every_bad_row_is_quarantined_with_its_reason_and_nothing_is_lost(emptied: Database, folder: Path) -> None:
    both = incident("112", 上报时间="昨天下午", 社区="移动巡河", 事件标题="测试")
    copy = incident("1")
    write_table(
        folder, "incidents.csv", INCIDENT_HEADING, incident("1"), *BAD.values(), both, copy, encoding="utf-8-sig"
    )

    result = load(emptied, folder)["incidents"]

    assert result.read == 1 + len(BAD) + 2
    assert (result.loaded, result.unchanged, result.quarantined) == (1, 1, len(BAD) + 1)
    kept = rows(
        emptied, "SELECT raw ->> '事件编号', reasons FROM support.quarantine WHERE subdistrict_code = :code ORDER BY id"
    )
    reasons = {(key, reason) for key, found in kept for reason in found}
    for reason, line in BAD.items():
        assert (line.split(",")[0], reason) in reasons
    assert {reason for key, reason in reasons if key == "112"} == {
        "time_form:上报时间", "source_as_community:社区", "rubbish:事件标题",
    }  # fmt: skip
    # the same bad rows again are unchanged, not quarantined twice
    path = folder / "incidents.csv"
    path.write_text(path.read_text(encoding="utf-8-sig") + incident("9") + "\n", encoding="utf-8-sig")
    again = load(emptied, folder)["incidents"]
    assert (again.loaded, again.quarantined, again.unchanged) == (1, 0, result.read)


def test_a_mended_row_releases_the_quarantined_one(emptied: Database, folder: Path) -> None:
    write_table(folder, "incidents.csv", INCIDENT_HEADING, incident("7", 社区="移动巡河"), encoding="utf-8-sig")
    load(emptied, folder)
    write_table(folder, "incidents.csv", INCIDENT_HEADING, incident("7"), encoding="utf-8-sig")

    load(emptied, folder)

    assert rows(emptied, "SELECT released_at IS NOT NULL FROM support.quarantine WHERE subdistrict_code = :code") == [
        (True,)
    ]


def test_an_event_time_never_changes(emptied: Database, folder: Path) -> None:
    load(emptied, folder)
    write_table(
        folder, "incidents.csv", INCIDENT_HEADING, incident("1", 上报时间="2026-03-02 08:00:00"), encoding="utf-8-sig"
    )

    result = load(emptied, folder)["incidents"]

    assert result.quarantined == 1
    assert one(emptied, "SELECT count(*) FROM base.incident WHERE subdistrict_code = :code AND source_key = '1'") == 1


def test_identity_numbers_and_telephones_are_nowhere_in_the_database(emptied: Database, folder: Path) -> None:
    wrong = GOOD_IDENTITY[:-1] + ("0" if GOOD_IDENTITY[-1] != "0" else "1")
    write_table(
        folder, "residents.csv", RESIDENT_HEADING, resident("P1"), resident("P3", 身份证号=wrong), encoding="gb18030"
    )
    write_table(
        folder, "incidents.csv", INCIDENT_HEADING,
        incident("1", 事件描述=f"来电13812345678 证号{GOOD_IDENTITY} 反映扰民"), encoding="utf-8-sig",
    )  # fmt: skip

    result = load(emptied, folder)["residents"]

    assert (result.loaded, result.quarantined) == (1, 1)
    everything = "".join(
        str(rows(emptied, f"SELECT CAST(t AS text) FROM {table} AS t WHERE subdistrict_code = :code"))
        for table in ("base.resident", "base.incident", "support.quarantine", "support.delivered", "base.household")
    )
    for number in (GOOD_IDENTITY, wrong, "10012345678", "13812345678"):
        assert number not in everything
    keys = identity_keys(emptied.secrets)
    digest, cipher, phone = rows(
        emptied, "SELECT identity_hash, identity_cipher, phone_cipher FROM base.resident WHERE subdistrict_code = :code"
    )[0]
    assert bytes(digest) == hash_number(GOOD_IDENTITY, keys)
    assert decrypt_number(bytes(cipher), keys) == GOOD_IDENTITY
    assert decrypt_number(bytes(phone), keys) == "10012345678"


def spoil_heading(folder: Path) -> None:
    path = folder / "residents.csv"
    path.write_bytes(path.read_bytes().replace("身份证号".encode("gb18030"), "证件".encode("gb18030"), 1))


def cut(name: str, share: float = 0.6) -> Any:
    def spoil(folder: Path) -> None:
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: int(len(data) * share)])

    return spoil


def replace_by(name: str, content: bytes) -> Any:
    def spoil(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return spoil


def state(named: str, **changes: object) -> Any:
    def spoil(folder: Path) -> None:
        stated = [{**entry, **changes} if entry["feed"] == named else entry for entry in FEEDS]
        write_yaml(folder, [{key: value for key, value in entry.items() if value is not None} for entry in stated])

    return spoil


RUBBISH = bytes(range(256)) * 40
BAD_FILES = {
    "missing file": (lambda folder: (folder / "places.csv").unlink(), "places.csv is missing"),
    "unknown encoding": (state("residents", encoding="gb99999"), "encoding 'gb99999' is not known"),
    "another encoding": (state("residents", encoding="utf-8"), "residents.csv is not utf-8: a byte in line 1"),
    "wrong heading": (spoil_heading, r"residents.csv lacks the column\(s\) 身份证号"),
    "no crs": (state("boundaries", crs=None), "boundaries.geojson states no coordinate system"),
    "unknown crs": (state("boundaries", crs="EPSG:99999"), "'EPSG:99999' is not known"),
    "old datum": (state("buildings", crs="EPSG:2437"), "Beijing 1954"),
    "elsewhere": (state("junctions", crs="EPSG:4548"), "roads.gpkg says it is in EPSG:4549"),
    "empty": (replace_by("incidents.csv", b""), "incidents.csv is empty"),
    "heading only": (
        replace_by("incidents.csv", f"{INCIDENT_HEADING}\n".encode()),
        "incidents.csv has a heading but no rows",
    ),
    "cut text": (cut("incidents.csv", 0.9), "incidents.csv ends in the middle of line 4"),
    "cut workbook": (cut("compounds.xlsx"), "compounds.xlsx is not a readable workbook"),
    "cut geojson": (cut("work_grids.geojson"), "work_grids.geojson is not a readable vector file"),
    "cut geopackage": (cut("roads.gpkg", 0.1), "roads.gpkg"),
    "rubbish text": (replace_by("residents.csv", RUBBISH), "residents.csv holds NUL bytes"),
    "rubbish workbook": (replace_by("compounds.xlsx", RUBBISH), "compounds.xlsx is not a readable workbook"),
    "rubbish geopackage": (replace_by("roads.gpkg", RUBBISH), "roads.gpkg is not a readable vector file"),
    "no yaml": (replace_by("district.yml", b"a: [1"), "district.yml"),
    "unknown feed": (state("aliases", feed="nicknames"), "feed 'nicknames' is not known"),
}


@pytest.mark.parametrize(("spoil", "sentence"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_bad_file_is_refused_in_one_sentence_and_nothing_changes(
    emptied: Database, folder: Path, spoil: Any, sentence: str
) -> None:
    spoil(folder)

    with pytest.raises(BadInput, match=sentence) as refused:
        load_folder(emptied, folder, actor="test", now=NOW)

    assert "\n" not in str(refused.value)
    assert one(emptied, "SELECT count(*) FROM support.batch WHERE subdistrict_code = :code") == 0
    assert one(emptied, "SELECT count(*) FROM base.subdistrict WHERE code = :code") == 0


def test_geometries_of_another_place_are_refused(emptied: Database, folder: Path) -> None:
    import geopandas as gpd
    import shapely

    far = gpd.GeoDataFrame(
        {"节点编号": ["J1"], "路名一": ["东路"], "路名二": ["北路"], "来源": ["示意"]},
        geometry=[shapely.Point(121.5, 31.2)], crs=4326,
    )  # fmt: skip
    far.to_crs(4549).to_file(folder / "roads.gpkg", layer="junctions", driver="GPKG")

    with pytest.raises(BadInput, match=r"roads.gpkg: every row from 1 to 1 lies outside the sub-district"):
        load_folder(emptied, folder, actor="test", now=NOW)

    assert one(emptied, "SELECT count(*) FROM support.batch WHERE subdistrict_code = :code") == 0


def test_a_batch_is_told_when_it_is_there(emptied: Database, folder: Path) -> None:
    import json

    import psycopg

    with psycopg.connect(emptied.conninfo(), autocommit=True) as listener:
        listener.execute("LISTEN fengqiao")
        load(emptied, folder)
        told = [json.loads(note.payload) for note in listener.notifies(timeout=1, stop_after=9)]

    batches = {message["feed"]: message for message in told if message["kind"] == "batch"}
    assert batches["incidents"]["rows"] == 3
    assert {"boundaries", "residents", "incidents"} <= set(batches)


def test_a_load_that_is_killed_leaves_nothing_half_done(emptied: Database, folder: Path, var_dir: Path) -> None:
    import os
    import signal
    import subprocess
    import sys

    # many rows, so that the kill falls between the first of them and the end of their transaction
    people = [resident(f"P{number}", 户号=f"H{number}") for number in range(3_000)]
    write_table(folder, "residents.csv", RESIDENT_HEADING, *people, encoding="gb18030")
    script = (
        "import os, sys\n"
        "from datetime import UTC, datetime\n"
        "from pathlib import Path\n"
        "from etl import load, pipeline\n"
        "from gis.database.connection import open_database\n"
        "from gis.settings import DatabaseSettings\n"
        "import etl.work\n"
        "etl.work.POOL_FROM_ROWS = 10**9\n"
        "remember = pipeline.remember\n"
        "def stop(connection, good, *others):\n"
        "    remember(connection, good, *others)\n"
        "    if len(good) > 1000:\n"
        "        print('written', flush=True)\n"
        "        sys.stdin.read()\n"
        "pipeline.remember = stop\n"
        "database = open_database(DatabaseSettings(var_dir=Path(sys.argv[1])))\n"
        "load.load_folder(database, Path(sys.argv[2]), actor='test', now=datetime(2026, 4, 1, tzinfo=UTC))\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(var_dir), str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"written\n"
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()

    assert one(emptied, "SELECT count(*) FROM base.resident WHERE subdistrict_code = :code") == 0
    assert one(emptied, "SELECT count(*) FROM support.batch WHERE subdistrict_code = :code AND feed = 'residents'") == 0
    assert one(emptied, "SELECT count(*) FROM base.building WHERE subdistrict_code = :code") == 3


def test_more_rows_than_are_bound_take_the_way_by_copy(emptied: Database, folder: Path) -> None:
    lines = [incident(str(number), 事件描述='垃圾，"无人"清理') for number in range(1, 451)]
    write_table(
        folder,
        "incidents.csv",
        INCIDENT_HEADING,
        *(line.replace('，"无人"', "；无人") for line in lines),
        encoding="utf-8-sig",
    )

    result = load(emptied, folder)["incidents"]

    assert (result.loaded, result.levels) == (450, {"building": 450})
    stored = rows(
        emptied,
        "SELECT DISTINCT description, title, status, reported_at FROM base.incident WHERE subdistrict_code = :code",
    )
    assert stored == [("垃圾；无人清理", "垃圾堆放", "reported", datetime(2026, 3, 1, 0, 0, tzinfo=UTC))]


def test_cells_are_cut_from_the_areas(emptied: Database, folder: Path) -> None:
    load(emptied, folder)

    sums = rows(
        emptied,
        "SELECT unit_kind, cell, sum(share) FROM base.cell_share WHERE subdistrict_code = :code GROUP BY 1, 2"
        " HAVING abs(sum(share) - 1) > 1e-6",
    )
    assert sums == []
    units = rows(emptied, "SELECT unit_code FROM base.cell_share WHERE subdistrict_code = :code")
    assert {row[0] for row in units} >= {
        WEST, EAST,
    }  # fmt: skip


def test_a_name_means_the_place_that_bore_it_on_the_day_of_the_record(emptied: Database, folder: Path) -> None:
    # 丙苑 was 甲苑 (C01) until 1 May 2021; on 1 January 2022 乙苑 (C02) took the name
    write_table(
        folder, "aliases.csv", "对象编号,别名,关系,起始日期,截止日期",
        "C01,丙苑,曾用名,,2021-05-01", "C02,丙苑,别名,2022-01-01,", "C02,丁苑,别名,2022-13-01,",
    )  # fmt: skip
    write_table(
        folder, "incidents.csv", INCIDENT_HEADING,
        incident("1", 地址="丙苑1幢", 上报时间="2020-03-01 08:00:00", 截止时间=""),
        incident("2", 地址="丙苑1幢", 上报时间="2026-03-01 08:00:00", 截止时间=""),
        incident("3", 地址="甲苑1幢", 上报时间="2020-03-01 08:00:00", 截止时间=""),
        encoding="utf-8-sig",
    )  # fmt: skip

    results = load(emptied, folder)

    # the thirteenth month is no month
    assert (results["aliases"].loaded, results["aliases"].quarantined) == (2, 1)
    days = rows(
        emptied,
        "SELECT alias, (valid_from AT TIME ZONE 'Asia/Shanghai')::date::text, (valid_to AT TIME ZONE 'Asia/Shanghai')::date::text"
        " FROM base.place_alias WHERE subdistrict_code = :code AND alias = '丙苑' ORDER BY 2 NULLS FIRST",
    )
    assert days == [("丙苑", None, "2021-05-01"), ("丙苑", "2022-01-01", None)]
    placed = dict(
        rows(
            emptied,
            "SELECT source_key, ST_X(geom) FROM base.incident WHERE subdistrict_code = :code AND feed = 'incidents'",
        )
    )
    assert placed == {"1": BUILDINGS["C01-001"][0], "2": BUILDINGS["C02-001"][0], "3": BUILDINGS["C01-001"][0]}
