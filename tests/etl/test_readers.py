"""Every form a feed is delivered in gives the same rows."""

import io
import json
import zipfile
from datetime import date, datetime
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely

from etl.delivery import FeedSource
from etl.feeds import FEEDS
from etl.readers.files import Wanted, headings_of, read_rows
from etl.reading import RawRows
from gis.coordinates import from_wgs84
from gis.errors import BadInput
from tests.etl.old_workbook import write_old_workbook

PLACES = FEEDS["places"]


def unstated(path: Path, **more: str) -> FeedSource:
    """A file of places whose delivery does not say in which encoding it is."""
    return FeedSource("places", path, **{"encoding": "", **more})


def read(path: Path, *required: str, **more: str) -> RawRows:
    return read_rows(unstated(path, **more), Wanted(required))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_tables_need_say_neither_encoding_nor_separator(tmp_path: Path, encoding: str, separator: str) -> None:
    lines = ["编号,名称", "1,枫桥", "2,𠮷野"]
    (tmp_path / "a.txt").write_text("".join(f"{line}\n" for line in lines).replace(",", separator), encoding=encoding)

    rows = read(tmp_path / "a.txt", "编号", "名称")

    assert rows.frame.to_dict("list") == {"编号": ["1", "2"], "名称": ["枫桥", "𠮷野"]}
    assert headings_of(unstated(tmp_path / "a.txt")) == ["编号", "名称"]


def test_a_workbook_as_offices_make_them(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    cover = book.active
    cover.title = "封面"
    sheet = book.create_sheet("数据")
    book.create_sheet("Sheet3")
    sheet.append(["枫桥街道走访台账"])
    sheet.merge_cells("A1:E1")
    sheet.append(["编号", "人员", None, "日期", "备注"])
    sheet.append([None, "姓名", "电话", None, None])
    for merged in ("A2:A3", "B2:C2", "D2:D3", "E2:E3"):
        sheet.merge_cells(merged)
    sheet.append([1, "张三", "013800000000", date(2026, 3, 1), 44375])
    sheet.append([])
    sheet.append(["002", "李四", 51200000001, datetime.fromisoformat("2026-03-01T08:30"), " 有空格 "])
    book.save(tmp_path / "a.xlsx")

    rows = read(tmp_path / "a.xlsx", "编号", "姓名", "电话", "日期")

    # the empty cover is passed over, and so are title, both rows of the head, and the empty row
    assert (rows.part, rows.first_row) == ("数据", 4)
    assert rows.frame.to_dict("list") == {
        "编号": ["1", "002"], "姓名": ["张三", "李四"], "电话": ["013800000000", "51200000001"],
        "日期": ["2026-03-01", "2026-03-01 08:30:00"], "备注": ["44375", "有空格"],
    }  # fmt: skip


def test_equal_cells_below_two_merged_ones_are_told_apart(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["编号", "户主", None, "房东", None])
    book.active.append([None, "姓名", "电话", "姓名", "电话"])
    book.active.append(["1", "甲", "11", "乙", "22"])
    book.save(tmp_path / "a.xlsx")

    rows = read(tmp_path / "a.xlsx", "编号", "姓名")

    assert list(rows.frame.columns) == ["编号", "姓名", "电话", "房东姓名", "房东电话"]


@pytest.mark.parametrize(
    "content",
    [
        [{"编号": 7, "人": {"名": "甲"}, "空": None}, {"编号": "8", "多": [1]}],
        {
            "code": 0,
            "data": {"total": 2, "list": [{"编号": 7, "人": {"名": "甲"}, "空": None}, {"编号": "8", "多": [1]}]},
        },
    ],
)
def test_json_is_rows_whatever_it_is_wrapped_in(tmp_path: Path, content: object) -> None:
    (tmp_path / "a.json").write_text(json.dumps(content, ensure_ascii=False), encoding="gb18030")

    rows = read(tmp_path / "a.json", "编号")

    assert rows.frame.to_dict("list") == {"编号": ["7", "8"], "人.名": ["甲", ""], "空": ["", ""], "多": ["", "[1]"]}


KML = """<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><name>点</name>
<Placemark><name>甲</name><ExtendedData><Data name="编号"><value>P1</value></Data></ExtendedData>
<Point><coordinates>120.5,31.3,4</coordinates></Point></Placemark></Folder></Document></kml>"""


@pytest.mark.parametrize("name", ["a.kml", "a.kmz"])
def test_kml_keeps_its_extended_data(tmp_path: Path, name: str) -> None:
    if name.endswith("kmz"):
        with zipfile.ZipFile(tmp_path / name, "w") as packed:
            packed.writestr("doc.kml", KML)
    else:
        (tmp_path / name).write_text(KML, encoding="utf-8")

    rows = read_rows(unstated(tmp_path / name, crs="EPSG:4326"), Wanted(("编号",), geometry=True))

    assert rows.frame["编号"].tolist() == ["P1"]
    assert rows.geometry is not None
    assert rows.geometry[0] == shapely.Point(120.5, 31.3)


def shapes(encoding: str, folder: Path, *, code_page: bool) -> Path:
    folder.mkdir()
    frame = gpd.GeoDataFrame({"名称": ["枫桥大街"]}, geometry=[shapely.Point(120.5, 31.3)], crs=4490)
    frame.to_file(folder / "路灯.shp", encoding=encoding)
    if not code_page:
        (folder / "路灯.cpg").unlink()
    return folder / "路灯.shp"


@pytest.mark.parametrize(("encoding", "code_page"), [("UTF-8", True), ("UTF-8", False), ("GBK", True), ("GBK", False)])
def test_shapefiles_in_chinese_with_and_without_code_page(tmp_path: Path, encoding: str, code_page: bool) -> None:
    path = shapes(encoding, tmp_path / "s", code_page=code_page)

    rows = read_rows(unstated(path), Wanted(("名称",), geometry=True))

    assert rows.frame["名称"].tolist() == ["枫桥大街"]


def test_a_zip_from_chinese_windows_holds_a_shapefile(tmp_path: Path) -> None:
    path = shapes("GBK", tmp_path / "s", code_page=True)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for file in path.parent.iterdir():
            # names in GB18030 and no bit that says UTF-8
            packed.writestr(zipfile.ZipInfo(f"图层/{file.name}".encode("gb18030").decode("cp437")), file.read_bytes())

    rows = read_rows(unstated(tmp_path / "a.zip"), Wanted(("名称",), geometry=True))

    assert rows.frame["名称"].tolist() == ["枫桥大街"]


def test_a_zip_of_several_files_is_asked_for_one(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("说明.pdf", "x")
        packed.writestr("a/一.csv", "编号\n1\n")
        packed.writestr("a/二.csv", "编号\n2\n")
        packed.writestr("__MACOSX/a/._一.csv", "x")
    (tmp_path / "a.zip").write_bytes(buffer.getvalue())

    assert read(tmp_path / "a.zip", "编号", member="二.csv").frame["编号"].tolist() == ["2"]
    with pytest.raises(
        BadInput, match=r"holds 2 files that can be read \(一.csv, 二.csv\); state which one with member"
    ):
        read(tmp_path / "a.zip", "编号")


def test_points_of_a_table_serve_a_feed_of_points_in_the_system_stated(tmp_path: Path) -> None:
    lon, lat = from_wgs84([120.5], [31.3], system="GCJ02")
    (tmp_path / "a.csv").write_text(f"资源编号,经度,纬度\nR1,{lon[0]},{lat[0]}\nR2,,\n", encoding="utf-8")

    rows = read_rows(FeedSource("resources", tmp_path / "a.csv", crs="GCJ-02"), Wanted(("资源编号",), geometry=True))

    assert rows.geometry is not None
    assert shapely.get_coordinates(rows.geometry[0])[0] == pytest.approx([120.5, 31.3], abs=1e-6)
    assert rows.geometry[1] is None


def test_shapes_serve_a_feed_of_columns_by_a_point_in_their_own_system(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"编号": ["P1", "P2"], "类别": "兴趣点", "名称": "甲"},
        geometry=[shapely.box(0, 0, 2, 2).buffer(0), None],
        crs=4549,
    )
    frame.geometry = frame.geometry.translate(547_600, 3_464_000)
    frame.to_file(tmp_path / "a.gpkg", driver="GPKG")

    rows = PLACES.read(unstated(tmp_path / "a.gpkg", crs="EPSG:4549"), ["编号", "经度", "纬度"])

    assert rows.frame["经度"].tolist() == ["547601", ""]
    assert rows.frame["纬度"].tolist() == ["3464001", ""]


def test_a_workbook_of_the_old_kind_is_read(tmp_path: Path) -> None:
    write_old_workbook(tmp_path / "a.xls", [["台账", ""], ["编号", "名称"], [7.0, "枫桥"], ["008", "寒山"]])

    rows = read(tmp_path / "a.xls", "编号", "名称")

    assert rows.frame.to_dict("list") == {"编号": ["7", "008"], "名称": ["枫桥", "寒山"]}
