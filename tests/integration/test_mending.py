"""The quarantine as a sheet: every reason, sealed numbers, no formula; mended rows leave it, the others stay with reasons."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from etl.mending import Mended, mend, quarantine_sheet
from etl.sheets import ERROR_HEADING, NUMBER_HEADING, SEALED_MARK, guarded, unguarded
from etl.undo import undo_batch
from gis.database.connection import Database
from gis.errors import BadInput, NotFound
from gis.identity import hash_number, identity_keys
from gis.texts import texts_in
from tests.etl.small_district import (
    CODE,
    INCIDENT_HEADING,
    RESIDENT_HEADING,
    identity,
    incident,
    resident,
    write_small_district,
    write_table,
)
from tests.integration.test_load import NOW, forget, load, one, rows

pytestmark = pytest.mark.database

#: of nobody, as GOOD_IDENTITY; born on another day
OTHER_IDENTITY = identity("99010119900202002")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Residents with a wrong sex and a birthday that differs, and incidents with formulas and a telephone."""
    folder = write_small_district(tmp_path_factory.mktemp("mending") / "delivery")
    write_table(
        folder, "residents.csv", RESIDENT_HEADING,
        resident("P1"),
        resident("P8", 性别="X", 身份证号=OTHER_IDENTITY, 出生日期="1990-02-02", 户号="H8"),
        resident("P9", 性别="X", 出生日期="1980-13-01", 户号="H9"),
        encoding="gb18030",
    )  # fmt: skip
    write_table(
        folder, "incidents.csv", INCIDENT_HEADING, incident("1"),
        incident("7", 社区="移动巡河", 事件标题="=HYPERLINK(1)", 事件描述="来电13812345678反映扰民", 等级="不明"),
        incident("8", 社区="移动巡河", 事件标题="-5℃ 结冰"),
        encoding="utf-8-sig",
    )  # fmt: skip
    return folder


@pytest.fixture
def refused(database: Database, folder: Path) -> Iterator[Database]:
    forget(database)
    load(database, folder)
    yield database
    forget(database)


def sheet_of(database: Database, feed: str, form: str, path: Path) -> pd.DataFrame:
    """Download the sheet of a feed and read it as a person's spreadsheet does."""
    with database.owner.connect() as connection:
        content = quarantine_sheet(connection, subdistrict_code=CODE, feed=feed, form=form, texts=texts_in("zh"))
    path.write_bytes(content)
    read = (
        pd.read_csv(path, dtype=str, keep_default_na=False)
        if form == "csv"
        else pd.read_excel(path, dtype=str, keep_default_na=False, engine="openpyxl")
    )
    assert isinstance(read, pd.DataFrame)
    return read


def save(frame: pd.DataFrame, path: Path) -> Path:
    """Write a mended sheet back, as a spreadsheet of the office does: CSV in its own encoding."""
    if path.suffix == ".csv":
        frame.to_csv(path, index=False, encoding="gb18030", lineterminator="\r\n")
    else:
        frame.to_excel(path, index=False)
    return path


def bring(database: Database, feed: str, path: Path) -> Mended:
    return mend(database, feed, path, actor="受理员", now=NOW, code=CODE)


def waiting(database: Database, feed: str) -> list[Any]:
    return rows(
        database, "SELECT raw ->> :key, reasons FROM support.quarantine WHERE subdistrict_code = :code AND feed = :feed"
        " AND released_at IS NULL ORDER BY 1", feed=feed, key="人员编号" if feed == "residents" else "事件编号",
    )  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_sheet_has_the_feeds_own_headings_every_reason_no_number_and_no_formula(
    refused: Database, tmp_path: Path, form: str
) -> None:
    people = sheet_of(refused, "residents", form, tmp_path / f"people.{form}")
    cases = sheet_of(refused, "incidents", form, tmp_path / f"cases.{form}")

    assert list(people.columns) == [NUMBER_HEADING, *RESIDENT_HEADING.split(","), ERROR_HEADING]
    assert people["人员编号"].tolist() == ["P8", "P9"]
    assert set(people["身份证号"]) == set(people["手机号"]) == {SEALED_MARK}
    # two faults, both told
    assert people[ERROR_HEADING].iloc[1].count("；") == 1
    assert "性别" in people[ERROR_HEADING].iloc[1]
    assert "出生日期" in people[ERROR_HEADING].iloc[1]
    assert cases["事件标题"].tolist() == ["'=HYPERLINK(1)", "'-5℃ 结冰"]
    assert cases["事件描述"].iloc[0] == "来电[TEL]反映扰民"
    content = (tmp_path / f"people.{form}").read_bytes() + (tmp_path / f"cases.{form}").read_bytes()
    assert b"sealed:" not in content
    if form == "xlsx":
        book = openpyxl.load_workbook(BytesIO((tmp_path / "cases.xlsx").read_bytes()))
        assert {cell.data_type for row in book.active.iter_rows() for cell in row if cell.value is not None} == {"s"}


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_mended_rows_leave_and_their_sealed_numbers_are_as_delivered(
    refused: Database, tmp_path: Path, form: str
) -> None:
    people = sheet_of(refused, "residents", form, tmp_path / f"people.{form}")
    people.loc[people["人员编号"] == "P8", "性别"] = "女"
    people.loc[people["人员编号"] == "P9", "性别"] = "女"

    mended = bring(refused, "residents", save(people, tmp_path / f"mended.{form}"))

    assert (mended.passed, mended.left) == (1, 1)
    # P9 stays, with the one reason that is left
    assert waiting(refused, "residents") == [("P9", ["time_form:出生日期"])] or waiting(refused, "residents") == [
        ("P9", ["impossible_time:出生日期"])
    ]
    digest = one(
        refused, "SELECT identity_hash FROM base.resident WHERE subdistrict_code = :code AND source_key = 'P8'"
    )
    assert bytes(digest) == hash_number(OTHER_IDENTITY, identity_keys(refused.secrets))
    batch = mended.results[0].batch_id
    ledger = rows(
        refused, "SELECT origin, read, counted, loaded, quarantined, actor FROM support.batch WHERE id = :id", id=batch
    )
    assert ledger == [("mending", 2, 2, 1, 1, "受理员")]
    assert (
        one(
            refused,
            "SELECT count(*) FROM support.quarantine WHERE subdistrict_code = :code AND released_batch_id = :id",
            id=batch,
        )
        == 2
    )
    assert (
        one(
            refused,
            "SELECT count(*) FROM access.audit WHERE action = 'quarantine_mended' AND changes ->> 'passed' = '1'",
        )
        >= 1
    )
    # undone, all of it waits again as it did
    undo_batch(refused, int(batch or 0), actor="test")
    assert [key for key, _ in waiting(refused, "residents")] == ["P8", "P9"]
    assert one(refused, "SELECT count(*) FROM base.resident WHERE subdistrict_code = :code") == 1


def test_a_text_that_was_redacted_comes_back_whole_and_guards_come_off(refused: Database, tmp_path: Path) -> None:
    cases = sheet_of(refused, "incidents", "csv", tmp_path / "cases.csv")
    cases["社区"] = "甲社区"
    cases["等级"] = "一般"

    mended = bring(refused, "incidents", save(cases, tmp_path / "mended.csv"))

    assert (mended.passed, mended.left) == (2, 0)
    assert rows(
        refused,
        "SELECT source_key, title, description FROM base.incident WHERE subdistrict_code = :code AND source_key <> '1' ORDER BY 1",
    ) == [("7", "=HYPERLINK(1)", "来电[TEL]反映扰民"), ("8", "-5℃ 结冰", "垃圾无人清理")]


def test_a_sheet_that_was_not_touched_changes_nothing(refused: Database, tmp_path: Path) -> None:
    before = waiting(refused, "incidents")
    cases = sheet_of(refused, "incidents", "csv", tmp_path / "cases.csv")

    mended = bring(refused, "incidents", save(cases, tmp_path / "same.csv"))

    assert (mended.passed, mended.left) == (0, 2)
    assert (mended.results[0].unchanged, mended.results[0].quarantined) == (2, 0)
    assert waiting(refused, "incidents") == before


def test_a_sheet_that_is_not_ours_is_refused_in_a_sentence(refused: Database, tmp_path: Path) -> None:
    cases = sheet_of(refused, "incidents", "csv", tmp_path / "cases.csv")
    number = cases[NUMBER_HEADING].iloc[0]

    for spoil, sentence in (
        (lambda one: one.drop(columns=NUMBER_HEADING), rf"lacks the column\(s\) {NUMBER_HEADING}"),
        (lambda one: one.assign(**{NUMBER_HEADING: ["a", "b"]}), f"row 2: 'a' is no {NUMBER_HEADING}"),
        (lambda one: one.assign(**{NUMBER_HEADING: [number, number]}), f"{number} stands twice"),
        (lambda one: one.assign(**{NUMBER_HEADING: [number, "999999999"]}), "999999999 waits in no quarantine"),
    ):
        with pytest.raises(BadInput, match=sentence):
            bring(refused, "incidents", save(spoil(cases), tmp_path / "spoiled.csv"))
    with pytest.raises(BadInput, match="waits in no quarantine of feed residents"):
        bring(refused, "residents", save(cases, tmp_path / "other.csv"))
    with pytest.raises(NotFound, match="there is no feed 'nothing'"):
        bring(refused, "nothing", save(cases, tmp_path / "other.csv"))
    with refused.owner.connect() as connection, pytest.raises(NotFound, match="feed places has no rows in quarantine"):
        quarantine_sheet(connection, subdistrict_code=CODE, feed="places", form="csv", texts=texts_in("zh"))
    assert len(waiting(refused, "incidents")) == 2


@pytest.mark.parametrize("value", ["=1", "+1", "-1", "@a", "\tx", "＝1", "'=1", "''", "'", "甲", "", "a=1"])
def test_a_guard_comes_off_as_it_was_put_on(value: str) -> None:
    assert unguarded(guarded(value)) == value
    assert not guarded(value).startswith(("=", "+", "-", "@", "\t", "＝"))


def test_a_shape_is_mended_as_text_in_the_system_of_its_file(database: Database, tmp_path: Path) -> None:
    import geopandas as gpd
    import shapely

    folder = write_small_district(tmp_path / "shapes")
    far = gpd.GeoDataFrame(
        {"节点编号": ["J1", "J2"], "路名一": ["东路", "东路"], "路名二": ["北路", "北路"], "来源": ["示意", "示意"]},
        geometry=[shapely.Point(120.5025, 31.3025), shapely.Point(120.60, 31.40)], crs=4326,
    )  # fmt: skip
    far.to_crs(4549).to_file(folder / "roads.gpkg", layer="junctions", driver="GPKG")
    forget(database)
    assert load(database, folder)["junctions"].quarantined == 1
    sheet = sheet_of(database, "junctions", "csv", tmp_path / "shapes.csv")
    near = gpd.GeoSeries([shapely.Point(120.504, 31.304)], crs=4326).to_crs(4549).iloc[0]

    sheet["geometry"] = "not a shape"
    with pytest.raises(BadInput, match=r"row 2: the shape is no WKT"):
        bring(database, "junctions", save(sheet, tmp_path / "wrong.csv"))
    sheet["geometry"] = near.wkt
    mended = bring(database, "junctions", save(sheet, tmp_path / "shapes.csv"))

    assert (mended.passed, mended.left) == (1, 0)
    lon, lat = rows(
        database,
        "SELECT ST_X(point), ST_Y(point) FROM base.place WHERE subdistrict_code = :code AND source_key LIKE 'J2%'",
    )[0]
    assert (lon, lat) == pytest.approx((120.504, 31.304), abs=1e-6)
    forget(database)
