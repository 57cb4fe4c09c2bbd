"""A delivery small enough to know by heart, in the forms of FORMATS.md: one square street of two communities.

The street is 0.01° by 0.005° with its corner at (120.50, 31.30), cut in the middle: west 甲社区, east 乙社区, each with
one second-level grid that is one third-level grid. Compound 甲苑 (C01) stands in the west with buildings 1 and 2, 乙苑
(C02) in the east with building 1. 东路 and 北路 cross in the middle of the west.
"""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import shapely
import yaml

from gis.coordinates import from_wgs84

CODE = "320599001"
WEST, EAST = f"{CODE}001", f"{CODE}002"
SOUTH_WEST = (120.50, 31.30)
MIDDLE_LON, EAST_LON, NORTH_LAT = 120.505, 120.51, 31.305
#: building -> WGS-84 point
BUILDINGS = {"C01-001": (120.502, 31.302), "C01-002": (120.503, 31.302), "C02-001": (120.5075, 31.3025)}
CROSSING = (120.5025, 31.3025)

INCIDENT_HEADING = (
    "事件编号,事件大类,事件小类,事件标题,事件描述,地址,社区,经度,纬度,等级,"
    "事件来源,上报时间,截止时间,派遣时间,办结时间,状态,工号"
)  # fmt: skip
RESIDENT_HEADING = (
    "人员编号,姓名,性别,身份证号,出生日期,手机号,户号,与户主关系,人口类型,户籍地,"
    "小区,楼栋,单元,室号,床位,居住地址,人群标签,登记日期"
)


def identity(front: str) -> str:
    """Add the check digit of GB 11643-1999 to 17 digits, worked out here once more, apart from the code under test."""
    weights = [2 ** (17 - place) % 11 for place in range(17)]
    total = sum(int(digit) * weight for digit, weight in zip(front, weights, strict=True))
    return front + str("10X98765432"[total % 11])


#: of nobody: 99 was never given to a province
GOOD_IDENTITY = identity("99010119800101001")


def resident(key: str, **changes: str) -> str:
    """One row of residents.csv; a good one unless changed."""
    row = {
        "人员编号": key, "姓名": "张三", "性别": "男", "身份证号": GOOD_IDENTITY, "出生日期": "1980-01-01",
        "手机号": "10012345678", "户号": "H1", "与户主关系": "户主", "人口类型": "户籍", "户籍地": "",
        "小区": "甲苑", "楼栋": "1",
        "单元": "2", "室号": "402", "床位": "", "居住地址": "甲苑1幢2单元402室", "人群标签": "独居;慢病",
        "登记日期": "2020-05-01",
    }  # fmt: skip
    return ",".join((row | changes)[heading] for heading in RESIDENT_HEADING.split(","))


def incident(key: str, **changes: str) -> str:
    """One row of incidents.csv; a good one unless changed."""
    row = {
        "事件编号": key, "事件大类": "城市管理", "事件小类": "市容", "事件标题": "垃圾堆放",
        "事件描述": "垃圾无人清理", "地址": "甲苑1幢",
        "社区": "甲社区", "经度": "", "纬度": "", "等级": "一般", "事件来源": "网格上报",
        "上报时间": "2026-03-01 08:00:00",
        "截止时间": "2026-03-03 08:00:00", "派遣时间": "", "办结时间": "", "状态": "待派遣", "工号": "",
    }  # fmt: skip
    return ",".join((row | changes)[heading] for heading in INCIDENT_HEADING.split(","))


def write_table(folder: Path, name: str, *lines: str, encoding: str = "utf-8") -> None:
    (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding=encoding)


def in_gcj(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], system="GCJ02")))


def square(west: float, east: float) -> shapely.Geometry:
    return in_gcj(shapely.box(west, SOUTH_WEST[1], east, NORTH_LAT))


def write_features(path: Path, rows: list[dict[str, object]], shapes: list[shapely.Geometry]) -> None:
    features = [
        {"type": "Feature", "properties": row, "geometry": shapely.geometry.mapping(shape)}
        for row, shape in zip(rows, shapes, strict=True)
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    path.write_text(text, encoding="utf-8")


def write_small_district(folder: Path) -> Path:
    """Write the whole delivery and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    areas = {CODE: (SOUTH_WEST[0], EAST_LON), WEST: (SOUTH_WEST[0], MIDDLE_LON), EAST: (MIDDLE_LON, EAST_LON)}
    write_features(
        folder / "boundaries.geojson",
        [
            {
                "编码": code,
                "名称": name,
                "级别": level,
                "上级编码": None,
                "公布面积_km2": None,
                "户数": None,
                "示意": True,
            }
            for code, name, level in ((CODE, "试街道", "街道"), (WEST, "甲社区", "社区"), (EAST, "乙社区", "社区"))
        ],
        [square(*areas[code]) for code in areas],
    )
    grids = [(f"{one}01{tail}", one, tier) for one in (WEST, EAST) for tier, tail in ((2, ""), (3, "01"))]
    write_features(
        folder / "work_grids.geojson",
        [
            {"编码": code, "名称": code, "层级": tier, "上级编码": code[:-2], "社区编码": one, "类型": "综合"}
            for code, one, tier in grids
        ],
        [square(*areas[one]) for _, one, _ in grids],
    )
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["试街道小区一览表"])
    sheet.append("编号 名称 类型 社区 上级小区 地址 经度 纬度 户数 楼栋数".split())  # noqa: SIM905
    for key, name, kind, community, at in (
        ("C01", "甲苑", "拆迁安置", "甲社区", (120.502, 31.302)),
        ("C02", "乙苑", "商品房", "乙社区", (120.5075, 31.3025)),
    ):  # fmt: skip
        lon, lat = from_wgs84([at[0]], [at[1]], system="BD09")
        sheet.append([key, name, kind, community, None, "东路1号", float(lon[0]), float(lat[0]), 100, 2])
    book.save(folder / "compounds.xlsx")
    write_table(
        folder, "places.csv", "编号,类别,小类,名称,社区,经度,纬度,地址,起始日期,截止日期",
        "D01,道路,,东路,,120.5025,31.3025,,,", "D02,道路,,北路,,120.5025,31.3025,,,",
        "P01,兴趣点,学校,甲小学,甲社区,120.503,31.303,,,",
    )  # fmt: skip
    write_table(folder, "aliases.csv", "对象编号,别名,关系", "C01,甲家新村,别名", f"{WEST},甲居委,简称")
    write_table(
        folder,
        "buildings.csv",
        "楼栋编号,所属编号,所属名称,楼栋号,单元数,层数,每层户数,床位数,经度,纬度,长_m,宽_m,朝向_deg",
        *(f"{key},{key[:3]},,{int(key[-3:])},2,6,2,,{lon},{lat},40,12,90" for key, (lon, lat) in BUILDINGS.items()),
    )
    crossing = gpd.GeoDataFrame(
        {"节点编号": ["J1"], "路名一": ["东路"], "路名二": ["北路"], "来源": ["示意"]},
        geometry=[shapely.Point(*CROSSING)], crs=4326,
    )  # fmt: skip
    crossing.to_crs(4549).to_file(folder / "roads.gpkg", layer="junctions", driver="GPKG")
    write_table(
        folder,
        "residents.csv",
        RESIDENT_HEADING,
        resident("P1"),
        resident("P2", 楼栋="2", 户号="H2"),
        encoding="gb18030",
    )
    write_table(
        folder,
        "incidents.csv",
        INCIDENT_HEADING,
        incident("1"),
        incident("20260010002", 地址="东路与北路路口", 社区=""),
        incident("3", 地址="", 事件描述="有人扰民"),
        encoding="utf-8-sig",
    )
    write_yaml(folder)
    return folder


FEEDS: list[dict[str, object]] = [
    {"feed": "incidents", "file": "incidents.csv", "encoding": "utf-8-sig", "crs": "BD-09"},
    {"feed": "boundaries", "file": "boundaries.geojson", "crs": "GCJ-02"},
    {"feed": "work_grids", "file": "work_grids.geojson", "crs": "GCJ-02"},
    {"feed": "compounds", "file": "compounds.xlsx", "crs": "BD-09"},
    {"feed": "places", "file": "places.csv", "crs": "EPSG:4490"},
    {"feed": "aliases", "file": "aliases.csv"},
    {"feed": "buildings", "file": "buildings.csv", "crs": "EPSG:4490"},
    {"feed": "junctions", "file": "roads.gpkg", "layer": "junctions", "crs": "EPSG:4549"},
    {"feed": "residents", "file": "residents.csv", "encoding": "gb18030"},
]


def write_yaml(folder: Path, feeds: list[dict[str, object]] | None = None, **subdistrict: object) -> None:
    """Write district.yml; the feeds stand in no useful order on purpose."""
    stated = {
        "code": CODE, "name": "试街道", "name_en": "Trial", "metric_srid": 4549, "schematic": True,
        "timezone": "Asia/Shanghai",
    }  # fmt: skip
    content = {"subdistrict": stated | subdistrict, "feeds": FEEDS if feeds is None else feeds}
    (folder / "district.yml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
