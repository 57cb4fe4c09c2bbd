"""Rows counted apart from the reader: quotes, line ends, titles and formats; and a reader that loses a row is found out."""

import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.counting import agreed_count, count_csv, lines_of
from etl.counting_json import count_objects
from etl.delivery import FeedSource
from etl.readers.json_rows import read_json_rows
from etl.readers.sheets import read_sheet_rows
from etl.reading import RawRows, read_csv_rows, read_jsonl_rows
from etl.vectors import read_vector_rows
from gis.errors import BadInput
from tests.etl.old_workbook import write_old_workbook


def csv_file(folder: Path, text: str, encoding: str = "utf-8") -> FeedSource:
    path = folder / "rows.csv"
    path.write_bytes(text.encode(encoding))
    return FeedSource("residents", path, encoding=encoding)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("键,名\n1,甲\n2,乙\n", 2),
        ("键,名\r\n1,甲\r\n2,乙\r\n", 2),
        ("键,名\n1,甲\n\n\n2,乙\n", 2),
        ('键,名\n1,"甲\n乙"\n2,"说""好""\n"\n', 2),
        # a quote inside a field that has none around it is a sign like any other
        ('键,名\n1,5" 管\n2,"三\n行"\n3,6" 管\n', 3),
        ('键,名\n"1","a,b"\n"2",""\n', 2),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_lines_outside_quotes_are_rows(tmp_path: Path, text: str, rows: int, encoding: str) -> None:
    source = csv_file(tmp_path, text, encoding)

    assert count_csv(source, 2) == rows
    assert agreed_count(source, read_csv_rows(source, ["键"])) == rows


FIELD = st.text(alphabet='甲a1 ,"\n', max_size=6)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(FIELD, FIELD), min_size=1, max_size=12))
def test_what_a_writer_wrote_is_counted_as_often(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]):
    import csv
    import io

    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([("键", "名"), *rows])
    source = csv_file(tmp_path_factory.mktemp("written"), text.getvalue())

    assert count_csv(source, 2) == len(rows)
    # the careful way and the fast one agree
    assert lines_of(source.path.read_bytes()) - 1 == len(rows)


def test_sheets_are_counted_below_their_titles_without_empty_rows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["某街道一览表"], [], ["键", "名"], ["1", "甲"], [None, None], ["2", "乙"], ["", " "], [3, None]):
        sheet.append(row)
    book.create_sheet("空")
    path = tmp_path / "rows.xlsx"
    book.save(path)
    source = FeedSource("compounds", path)

    assert agreed_count(source, read_sheet_rows(source, ["键"])) == 3


def test_a_row_of_formulas_gone_wrong_has_nothing_for_reader_and_count(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["键", "名"], ["1", "甲"], [None, "#REF!"], [True, None]):
        book.active.append(row)
    book.active.cell(3, 2).data_type = "e"
    book.save(tmp_path / "rows.xlsx")
    source = FeedSource("compounds", tmp_path / "rows.xlsx")

    assert agreed_count(source, read_sheet_rows(source, ["键"])) == 2


def test_old_workbooks_are_counted_by_another_library(tmp_path: Path) -> None:
    rows = [["台账", ""], ["键", "名"], [7.0, "枫桥"], ["", " "], ["008", "寒山"]]
    write_old_workbook(tmp_path / "rows.xls", rows)
    source = FeedSource("compounds", tmp_path / "rows.xls")
    raw = read_sheet_rows(source, ["键"])

    assert agreed_count(source, raw) == 2
    with pytest.raises(BadInput, match="1 rows were read but an independent count finds 2"):
        agreed_count(source, replace(raw, frame=raw.frame.iloc[:1]))


def test_lists_of_a_json_file_are_counted_by_its_brackets() -> None:
    assert count_objects(b'[{"a": "}{[\\"", "b": [{"c": 1}]}, {}, 3, [{}]]') == {"": 2}
    content = {"code": 0, "data": {"total": 9, "list": [{"键": '"]'}, {"键": {"x": [{}]}}], "columns": [{"z": 1}]}}
    assert count_objects(json.dumps(content, ensure_ascii=False).encode()) == {"data.list": 2, "data.columns": 1}
    # cut ones end, whatever is open
    assert count_objects(b"[" * 100_000) == {"": 0}
    assert count_objects(b'[{"a": "' + b"\\" * 100_001) == {"": 1}


@settings(max_examples=100, deadline=None)
@given(st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_what_json_wrote_is_counted_as_often(content: object) -> None:
    rows = [{"行": content}, {"行": [content]}]
    for indent in (None, 1):
        text = json.dumps({"x": content, '甲"': {"rows": rows}}, ensure_ascii=False, indent=indent)
        assert count_objects(text.encode())['甲".rows'] == 2


def test_one_of_several_lists_is_counted_and_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text('{"甲": [{"键": "1"}], "乙": [{"键": "2"}, {"键": "3"}]}', encoding="gb18030")
    source = FeedSource("requests", path, encoding="gb18030")

    with pytest.raises(BadInput, match=r"holds several lists of rows \(甲, 乙\); state which one with layer:"):
        read_json_rows(source, ["键"])
    named = replace(source, layer="乙")
    assert agreed_count(named, read_json_rows(named, ["键"])) == 2
    # what comes beside the rows under a name of its own is not taken for them
    path.write_text('{"columns": [{"键": "x"}], "data": {"list": [{"键": "2"}]}}', encoding="utf-8")
    plain = FeedSource("requests", path)
    raw = read_json_rows(plain, ["键"])
    assert (raw.part, raw.frame["键"].tolist(), agreed_count(plain, raw)) == ("data.list", ["2"], 1)


def test_rows_in_further_sheets_and_layers_are_not_passed_over(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for title, key in (("甲社区", "1"), ("乙社区", "2")):
        sheet = book.create_sheet(title)
        sheet.append(["键", "名"])
        sheet.append([key, "甲"])
    book.save(tmp_path / "rows.xlsx")
    source = FeedSource("compounds", tmp_path / "rows.xlsx")
    with pytest.raises(BadInput, match=r"in several sheets \(甲社区, 乙社区\); state which one with sheet:"):
        read_sheet_rows(source, ["键"])
    named = replace(source, sheet="乙社区")
    assert agreed_count(named, read_sheet_rows(named, ["键"])) == 1

    points = gpd.GeoDataFrame({"键": ["1"]}, geometry=[shapely.Point(120.5, 31.3)], crs=4326)
    for layer in ("一", "二"):
        points.to_file(tmp_path / "rows.gpkg", layer=layer, driver="GPKG")
    layers = FeedSource("junctions", tmp_path / "rows.gpkg", crs="EPSG:4326")
    with pytest.raises(BadInput, match=r"in several layers \(一, 二\); state which one with layer:"):
        read_vector_rows(layers, ["键"])
    assert len(read_vector_rows(replace(layers, layer="二"), ["键"])) == 1


def test_json_lines_and_layers_are_counted(tmp_path: Path) -> None:
    lines = FeedSource("requests", tmp_path / "rows.jsonl")
    lines.path.write_text('{"键": "1"}\n\n{"键": "2"}\n', encoding="utf-8")
    assert agreed_count(lines, read_jsonl_rows(lines, ["键"])) == 2

    wrapped = FeedSource("requests", tmp_path / "rows.json")
    wrapped.path.write_text('{"code": 0, "data": {"total": 9, "list": [{"键": "1"}, {"键": "2"}]}}', encoding="utf-8")
    assert agreed_count(wrapped, read_json_rows(wrapped, ["键"])) == 2

    points = gpd.GeoDataFrame({"键": ["1", "2", "3"]}, geometry=[shapely.Point(120.5, 31.3)] * 3, crs=4326)
    points.to_file(tmp_path / "rows.geojson", driver="GeoJSON")
    points.head(2).to_file(tmp_path / "rows.gpkg", layer="二", driver="GPKG")
    points.to_file(tmp_path / "rows.gpkg", layer="三", driver="GPKG")
    points.to_file(tmp_path / "rows.shp", encoding="utf-8")
    for name, layer, rows in (
        ("rows.geojson", "", 3),
        ("rows.gpkg", "二", 2),
        ("rows.gpkg", "三", 3),
        ("rows.shp", "", 3),
    ):
        source = FeedSource("junctions", tmp_path / name, crs="EPSG:4326", layer=layer)
        assert agreed_count(source, read_vector_rows(source, ["键"])) == rows


def test_a_reader_that_loses_a_row_is_refused_in_a_sentence(tmp_path: Path) -> None:
    source = csv_file(tmp_path, "键,名\n1,甲\n2,乙\n3,丙\n")
    raw = read_csv_rows(source, ["键"])
    lost = replace(raw, frame=raw.frame.iloc[:2])
    assert isinstance(lost, RawRows)

    with pytest.raises(
        BadInput, match=r"rows.csv: 2 rows were read but an independent count finds 3; nothing was loaded"
    ):
        agreed_count(source, lost)
