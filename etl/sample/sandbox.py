"""The sandbox's delivery: an invented sub-district of two communities, small enough to load in seconds.

Nothing of it exists: names begin with 沙箱, the ground is a square, the persons have no name. It is for other systems
that are being built against our interfaces; what they read has the true forms and says itself that it is invented.
"""

import csv
import datetime as dt
import json
import random
from pathlib import Path

import geopandas as gpd
import shapely
import yaml

CODE = "990099001"
COMMUNITIES = {f"{CODE}001": "沙箱南社区", f"{CODE}002": "沙箱北社区"}
ZONE = dt.timezone(dt.timedelta(hours=8))
WEST, SOUTH, EAST, NORTH = 120.50, 31.28, 120.53, 31.305
MIDDLE = (SOUTH + NORTH) / 2
#: compounds with their community's number, and how many buildings each
COMPOUNDS = (("C01", "沙箱一村", 0), ("C02", "沙箱花园", 0), ("C03", "沙箱二村", 1), ("C04", "沙箱公寓", 1))
BUILDINGS = 6
PERSONS = 480
EVENTS = 240
DAYS = 60
KINDS = (
    ("城市管理", "市容"),
    ("安全生产", "消防通道"),
    ("治安稳定", "纠纷"),
    ("社情民意", "咨询"),
    ("公共服务", "照明"),
)
ITEMS = (("X001", "沙箱事项甲", "综合窗口", 3), ("X002", "沙箱事项乙", "民政", 5), ("X003", "沙箱事项丙", "社保", 10))
MARK = "沙箱虚构数据"


def write_sandbox(folder: Path, *, now: dt.datetime, seed: int = 7) -> Path:
    """Write the delivery with its events in the days before `now`; the same seed and moment give the same files."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(seed)
    write_areas(folder)
    sites = write_places(folder)
    write_residents(folder, draw)
    write_incidents(folder, draw, sites, now)
    write_requests(folder, draw, sites, now)
    write_resources(folder, now)
    feeds = [
        {"feed": "boundaries", "file": "boundaries.geojson", "crs": "EPSG:4326"},
        {"feed": "work_grids", "file": "work_grids.geojson", "crs": "EPSG:4326"},
        {"feed": "compounds", "file": "compounds.csv", "crs": "EPSG:4326"},
        {"feed": "buildings", "file": "buildings.csv", "crs": "EPSG:4326"},
        {"feed": "residents", "file": "residents.csv"},
        {"feed": "resources", "file": "resources.gpkg", "crs": "EPSG:4326", "layer": "resources"},
        {"feed": "service_items", "file": "service_items.csv"},
        {"feed": "incidents", "file": "incidents.csv", "crs": "EPSG:4326", "key_pattern": "SX[0-9]+"},
        {"feed": "requests", "file": "requests.jsonl"},
    ]
    subdistrict = {
        "code": CODE, "name": "沙箱街道", "name_en": "Sandbox", "metric_srid": 4549, "schematic": True,
        "timezone": "Asia/Shanghai",
    }  # fmt: skip
    stated = yaml.safe_dump({"subdistrict": subdistrict, "feeds": feeds}, allow_unicode=True)
    (folder / "district.yml").write_text(stated, encoding="utf-8")
    return folder


def write_areas(folder: Path) -> None:
    """The square, cut in two communities, each with one grid of the second and one of the third level."""
    south, north = shapely.box(WEST, SOUTH, EAST, MIDDLE), shapely.box(WEST, MIDDLE, EAST, NORTH)
    shapes = dict(zip(COMMUNITIES, (south, north), strict=True))
    areas = [(CODE, "沙箱街道", "街道", shapely.box(WEST, SOUTH, EAST, NORTH))]
    areas += [(code, name, "社区", shapes[code]) for code, name in COMMUNITIES.items()]
    rows: list[dict[str, object]] = [
        {
            "编码": code, "名称": name, "级别": level, "上级编码": None if level == "街道" else CODE,
            "公布面积_km2": None, "户数": None, "示意": True,
        }
        for code, name, level, _ in areas
    ]  # fmt: skip
    write_features(folder / "boundaries.geojson", rows, [shape for *_, shape in areas])
    grids = [(f"{code}01{tail}", code, tier) for code in COMMUNITIES for tier, tail in ((2, ""), (3, "01"))]
    rows = [
        {"编码": code, "名称": code, "层级": tier, "上级编码": code[:-2], "社区编码": community, "类型": "综合"}
        for code, community, tier in grids
    ]
    write_features(folder / "work_grids.geojson", rows, [shapes[community] for _, community, _ in grids])


def write_features(path: Path, rows: list[dict[str, object]], shapes: list[shapely.Geometry]) -> None:
    features = [
        {"type": "Feature", "properties": row, "geometry": shapely.geometry.mapping(shape)}
        for row, shape in zip(rows, shapes, strict=True)
    ]
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False), encoding="utf-8"
    )


def write_rows(path: Path, heading: str, rows: list[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heading.split(","))
        writer.writerows(rows)


def write_places(folder: Path) -> list[tuple[str, float, float]]:
    """Compounds in a row with their buildings; returns address and point of each building."""
    names = list(COMMUNITIES.values())
    compounds, buildings, sites = [], [], []
    for at, (code, name, community) in enumerate(COMPOUNDS):
        lon, lat = WEST + 0.008 + (at % 2) * 0.012, (SOUTH if community == 0 else MIDDLE) + 0.006
        kind = "拆迁安置" if at % 2 == 0 else "商品房"
        compounds.append([code, name, kind, names[community], "", f"沙箱路{at + 1}号", lon, lat, 60, BUILDINGS])
        for number in range(1, BUILDINGS + 1):
            point = (round(lon + 0.0006 * (number % 3), 6), round(lat + 0.0006 * (number // 3), 6))
            buildings.append([f"{code}-{number:03d}", code, "", number, 2, 6, 2, "", *point, 40, 12, 90])
            sites.append((f"{name}{number}幢", *point))
    heading = "编号,名称,类型,社区,上级小区,地址,经度,纬度,户数,楼栋数"
    write_rows(folder / "compounds.csv", heading, compounds)
    heading = "楼栋编号,所属编号,所属名称,楼栋号,单元数,层数,每层户数,床位数,经度,纬度,长_m,宽_m,朝向_deg"
    write_rows(folder / "buildings.csv", heading, buildings)
    return sites


def write_residents(folder: Path, draw: random.Random) -> None:
    """Persons without names or numbers, for the counts per cell."""
    heading = (
        "人员编号,姓名,性别,身份证号,出生日期,手机号,户号,与户主关系,人口类型,户籍地,小区,楼栋,单元,室号,床位,居住地址,"
        "人群标签,登记日期"
    )
    rows: list[list[object]] = []
    for number in range(PERSONS):
        _, compound, _ = COMPOUNDS[number % len(COMPOUNDS)]
        building, unit, floor = draw.randint(1, BUILDINGS), draw.randint(1, 2), draw.randint(1, 6)
        born = dt.date(draw.randint(1935, 2020), draw.randint(1, 12), draw.randint(1, 28))
        room = f"{floor}0{draw.randint(1, 2)}"
        kind = draw.choice(["户籍", "流动"])
        rows.append([
            f"SXR{number:04d}", f"沙箱{number:04d}", draw.choice("男女"), "", born.isoformat(), "",
            f"SXH{number // 3:04d}", "户主" if number % 3 == 0 else "家人", kind, "",
            compound, building, unit, room, "",
            f"{compound}{building}幢{unit}单元{room}室", "", "2024-01-01",
        ])  # fmt: skip
    write_rows(folder / "residents.csv", heading, rows)


def moments(draw: random.Random, now: dt.datetime) -> list[dt.datetime]:
    """When something was reported in the last days, oldest first."""
    span_s = DAYS * 86_400
    return sorted((now - dt.timedelta(seconds=draw.randint(60, span_s))).astimezone(ZONE) for _ in range(EVENTS))


def write_incidents(folder: Path, draw: random.Random, sites: list[tuple[str, float, float]], now: dt.datetime) -> None:
    """Incidents at the buildings; older ones are closed."""
    heading = (
        "事件编号,事件大类,事件小类,事件标题,事件描述,地址,社区,经度,纬度,等级,"
        "事件来源,上报时间,截止时间,派遣时间,办结时间,状态,工号"
    )
    rows: list[list[object]] = []
    for number, at in enumerate(moments(draw, now)):
        category, kind = draw.choice(KINDS)
        address, lon, lat = draw.choice(sites)
        closed = at + dt.timedelta(hours=draw.randint(1, 60))
        done = closed < now
        rows.append([
            f"SX{number:05d}", category, kind, f"{MARK}{number}", f"{MARK}，用于接口联调", address, "", lon, lat,
            draw.choice(["一般", "一般", "较大"]), "网格上报", f"{at:%Y-%m-%d %H:%M:%S}",
            f"{at + dt.timedelta(hours=72):%Y-%m-%d %H:%M:%S}", "", f"{closed:%Y-%m-%d %H:%M:%S}" if done else "",
            "已办结" if done else "处置中", "",
        ])  # fmt: skip
    write_rows(folder / "incidents.csv", heading, rows)


def write_requests(folder: Path, draw: random.Random, sites: list[tuple[str, float, float]], now: dt.datetime) -> None:
    """Service requests at the buildings, and the items they ask for."""
    heading = "事项编码,事项名称,类别,责任部门,办理时限_天,最小年龄,最大年龄,户籍要求,人群要求,性别要求,说明"
    rows: list[list[object]] = [[c, n, "沙箱", d, days, "", "", "不限", "", "不限", ""] for c, n, d, days in ITEMS]
    write_rows(folder / "service_items.csv", heading, rows)
    lines = []
    for number, at in enumerate(moments(draw, now)):
        code, name, _, days = draw.choice(ITEMS)
        address, *_ = draw.choice(sites)
        closed = at + dt.timedelta(hours=draw.randint(2, 24 * days))
        done = closed < now
        lines.append({
            "source_key": f"SXQ{number:05d}", "reported_at": at.isoformat(timespec="seconds"), "item_code": code,
            "category": "沙箱", "subcategory": name, "source": "来访", "title": f"{MARK}{number}",
            "description": f"{MARK}，用于接口联调", "address": address,
            "lon": None, "lat": None, "crs": None, "resident_key": None,
            "due_at": (at + dt.timedelta(days=days)).isoformat(timespec="seconds"),
            "closed_at": closed.isoformat(timespec="seconds") if done else None,
            "status": "已办结" if done else "办理中",
        })  # fmt: skip
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (folder / "requests.jsonl").write_text(text, encoding="utf-8")


def write_resources(folder: Path, now: dt.datetime) -> None:
    """One resource of some kinds in each community."""
    kinds = ("微型消防站", "AED", "避难场所", "医疗点")
    rows = [
        {
            "资源编号": f"SXZ{at}{community}", "名称": f"沙箱{kind}{community + 1}", "类别": kind, "社区": name,
            "地址": "", "状态": "停用" if (at, community) == (1, 1) else "就绪",
            "停用原因": "沙箱检修" if (at, community) == (1, 1) else "", "预计恢复": "",
            "容量": "", "更新时间": f"{now.astimezone(ZONE):%Y-%m-%d %H:%M:%S}",
        }
        for at, kind in enumerate(kinds)
        for community, name in enumerate(COMMUNITIES.values())
    ]  # fmt: skip
    points = [
        shapely.Point(WEST + 0.006 + 0.005 * at, (SOUTH if community == 0 else MIDDLE) + 0.008)
        for at in range(len(kinds))
        for community in range(len(COMMUNITIES))
    ]
    frame = gpd.GeoDataFrame(rows, geometry=points, crs=4326)
    path = folder / "resources.gpkg"
    path.unlink(missing_ok=True)
    frame.to_file(path, layer="resources", driver="GPKG")
