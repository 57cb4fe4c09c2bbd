"""One list of places in every form there is, plain and in a zip: the same rows, and a count apart that agrees."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from etl.counting import agreed_count
from etl.delivery import FeedSource
from etl.feeds import FEEDS
from etl.fitting import read_fitted
from etl.readers.files import opened
from etl.reading import renamed
from etl.shaping import shaped
from tests.etl.old_workbook import write_old_workbook

HEADING = ["编号", "类别", "小类", "名称", "社区", "经度", "纬度", "地址", "起始日期", "截止日期"]
ROWS = [
    ["P1", "兴趣点", "学校", "寒山小学", "甲社区", "120.503", "31.302", "枫桥路1号", "2020-03-01", ""],
    ["P2", "道路", "", "枫桥大街", "", "120.505", "31.301", "", "", ""],
    ["003", "水体", "河", "京杭运河，“古”", "乙社区", "120.507", "31.303", "", "2019-12-31", "2024-06-30"],
]
RECORDS = [dict(zip(HEADING, row, strict=True)) for row in ROWS]
SERIALS = {"2020-03-01": 43891, "2019-12-31": 43830, "2024-06-30": 45473}


def table(path: Path, *, encoding: str, separator: str = ",") -> None:
    pd.DataFrame(ROWS, columns=HEADING).to_csv(path, index=False, sep=separator, encoding=encoding)


def workbook(path: Path) -> None:
    """As offices make them: a title, a head of two merged rows, numbers as text, days as serials, an empty second sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["某街道地名一览表"])
    sheet.merge_cells("A1:J1")
    sheet.append(["编号", "类别", "小类", "名称", "社区", "位置", None, None, "有效期", None])
    sheet.append([None, None, None, None, None, "经度", "纬度", "地址", "起始日期", "截止日期"])
    sheet.merge_cells("F2:H2")
    sheet.merge_cells("I2:J2")
    for column in "ABCDE":
        sheet.merge_cells(f"{column}2:{column}3")
    for row in ROWS:
        lon, lat = float(row[5]), row[6]
        sheet.append([*row[:5], lon, lat, row[7], *(SERIALS.get(day) for day in row[8:])])
    book.create_sheet("Sheet2")
    book.save(path)


def old_workbook(path: Path) -> None:
    write_old_workbook(path, [HEADING, *[[*row[:8], *(SERIALS.get(day, "") for day in row[8:])] for row in ROWS]])


def frame() -> gpd.GeoDataFrame:
    points = [shapely.Point(float(row[5]), float(row[6])) for row in ROWS]
    return gpd.GeoDataFrame(pd.DataFrame(ROWS, columns=HEADING), geometry=points, crs=4326)


def shapefile(path: Path) -> None:
    frame().to_file(path, encoding="gb18030")
    assert path.with_suffix(".cpg").exists()


def kml(path: Path) -> None:
    data = "".join(
        "<Placemark><ExtendedData>"
        + "".join(f'<Data name="{key}"><value>{value}</value></Data>' for key, value in record.items())
        + f"</ExtendedData><Point><coordinates>{record['经度']},{record['纬度']}</coordinates></Point></Placemark>"
        for record in RECORDS
    )
    path.write_text(f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{data}</Document></kml>', encoding="utf-8")


FORMS: dict[str, Callable[[Path], None]] = {
    "utf8.csv": lambda path: table(path, encoding="utf-8"),
    "bom.csv": lambda path: table(path, encoding="utf-8-sig"),
    "gb18030.csv": lambda path: table(path, encoding="gb18030"),
    "a.tsv": lambda path: table(path, encoding="gb18030", separator="\t"),
    "a.xlsx": workbook,
    "a.xls": old_workbook,
    "a.json": lambda path: path.write_text(json.dumps({"data": RECORDS}, ensure_ascii=False), encoding="utf-8") and None,
    "a.jsonl": lambda path: path.write_text(
        "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in RECORDS), encoding="utf-8"
    ) and None,
    "a.geojson": lambda path: frame().to_file(path, driver="GeoJSON"),
    "a.gpkg": lambda path: frame().to_file(path, driver="GPKG"),
    "a.shp": shapefile,
    "a.kml": kml,
}  # fmt: skip


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "zip"])
@pytest.mark.parametrize("name", FORMS)
def test_the_same_rows_come_out_of_every_form(tmp_path: Path, name: str, packed: bool) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    FORMS[name](folder / name)
    path = folder / name
    if packed:
        path = tmp_path / "地名.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(folder.iterdir()):
                archive.write(file, f"交付/{file.name}")
    source, feed = FeedSource("places", path, encoding="", crs="EPSG:4326"), FEEDS["places"]

    with opened(source) as found:
        # no table is asked: the headings are the feed's own
        stated, raw = read_fitted(None, feed, found, source, "320505005")  # type: ignore[arg-type]
        counted = agreed_count(found, raw)
    rows = shaped(renamed(raw.frame, feed.headings_in(stated), {}, {}), feed.declaration, stated)

    assert counted == len(rows) == 3
    ours = ["source_key", "kind", "subkind", "name", "community", "lon", "lat", "address", "valid_from", "valid_to"]
    assert rows[ours].to_numpy().tolist() == ROWS
