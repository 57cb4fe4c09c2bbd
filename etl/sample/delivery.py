"""Write the whole delivery: the files of `FORMATS.md`, `district.yml`, and the truth beside them."""

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from etl.sample import bad_rows
from etl.sample.bad_rows import BAD_SHARE, Kind, mix_in
from etl.sample.causes import PLACE_KINDS, Causes
from etl.sample.fabric import OCCUPANTS
from etl.sample.facts import STREET_AREA_KM2, STREET_CODE, STREET_NAME, read_facts, to_geographic
from etl.sample.files import (
    metric_to,
    time_text,
    write_csv,
    write_geojson,
    write_geopackage,
    write_geotiff,
    write_json_lines,
    write_xlsx,
    zoned_text,
)
from etl.sample.landscape import elevation_grid
from etl.sample.persons import residents_table
from etl.sample.petitions import build_petitions, petition_rows
from etl.sample.reports import Reports, request_state_at, state_at
from etl.sample.resources import build_resources
from etl.sample.staff import build_workers
from etl.sample.surges import surge_table
from etl.sample.visits import build_visits
from etl.sample.world import World, build_world
from gis.coordinates import System
from gis.errors import BadInput

HISTORY_MONTHS = 26
# loading order; seconds are the intervals at which a feed should bring something new
FEEDS: tuple[dict[str, object], ...] = (
    {"feed": "boundaries", "file": "boundaries.geojson", "encoding": "utf-8", "crs": "GCJ-02"},
    {"feed": "work_grids", "file": "work_grids.geojson", "encoding": "utf-8", "crs": "GCJ-02"},
    {"feed": "compounds", "file": "compounds.xlsx", "crs": "BD-09"},
    {"feed": "apartments", "file": "apartments.xlsx", "crs": "BD-09"},
    {"feed": "places", "file": "places.csv", "encoding": "utf-8", "crs": "EPSG:4490"},
    {"feed": "aliases", "file": "aliases.csv", "encoding": "utf-8"},
    {"feed": "buildings", "file": "buildings.csv", "encoding": "utf-8", "crs": "EPSG:4490"},
    {"feed": "roads", "file": "roads.gpkg", "crs": "EPSG:4549", "layer": "roads"},
    {"feed": "terrain", "file": "terrain.tif", "crs": "EPSG:4326"},
    {"feed": "residents", "file": "residents.csv", "encoding": "gb18030", "expected_every_s": 604_800},
    {"feed": "grid_workers", "file": "grid_workers.csv", "encoding": "utf-8", "expected_every_s": 604_800},
    {
        "feed": "resources",
        "file": "resources.gpkg",
        "crs": "EPSG:4549",
        "layer": "resources",
        "expected_every_s": 86_400,
    },
    {"feed": "service_items", "file": "service_items.csv", "encoding": "utf-8"},
    {"feed": "visits", "file": "visits.csv", "encoding": "utf-8", "expected_every_s": 86_400},
    # some four hundred a day, two or three an hour before dawn: an hour without any is rare
    {"feed": "incidents", "file": "incidents.csv", "encoding": "utf-8-sig", "crs": "BD-09", "expected_every_s": 3_600},
    {"feed": "requests", "file": "requests.jsonl", "encoding": "utf-8", "expected_every_s": 3_600},
    # two or three a working day
    {"feed": "petitions", "file": "petitions.csv", "encoding": "utf-8", "expected_every_s": 604_800},
)


@dataclass(frozen=True)
class Delivered:
    """What was written: good rows and bad rows by feed, and where."""

    folder: Path
    truth: Path
    good: dict[str, int]
    bad: dict[str, int]


def write_sample(out: Path, *, seed: int, scale: float, until: dt.date) -> Delivered:
    """Write the sample sub-district to a folder.

    Parameters
    ----------
    out
        Folder to write to; made if missing, files of the same names are replaced. The truth goes to `<out>.truth`.
    seed, scale, until
        The same three give the same bytes. `scale` (0, 1] thins persons, visits, incidents and requests; the history
        ends with the day `until`.

    Raises
    ------
    BadInput
        If `out` is a file, or scale or date is out of range.
    """
    if out.exists() and not out.is_dir():
        raise BadInput("{out} is a file; the sample is written to a folder", out=out)
    if not dt.date(2023, 1, 1) <= until <= dt.date(2035, 12, 31):
        raise BadInput("--until is {until}; it must be between 2023-01-01 and 2035-12-31", until=until)
    world = build_world(seed=seed, scale=scale, until=until)
    truth = out.with_name(out.name + ".truth")
    out.mkdir(parents=True, exist_ok=True)
    truth.mkdir(parents=True, exist_ok=True)
    writer = _Writer(world, out, truth)
    writer.write_land()
    writer.write_people()
    writer.write_reports()
    writer.finish()
    return Delivered(folder=out, truth=truth, good=writer.good, bad=writer.bad)


def history_days(until: dt.date) -> list[dt.date]:
    """List the days of the history: 26 months, the last one `until`."""
    month = until.year * 12 + until.month - 1 - HISTORY_MONTHS
    last_day = (dt.date((month + 1) // 12, (month + 1) % 12 + 1, 1) - dt.timedelta(1)).day
    first = dt.date(month // 12, month % 12 + 1, min(until.day, last_day)) + dt.timedelta(1)
    return [first + dt.timedelta(offset) for offset in range((until - first).days + 1)]


def end_of(day: dt.date) -> np.datetime64:
    """The midnight that ends a day, local time."""
    return np.datetime64(day + dt.timedelta(1), "s")


def incident_rows(incidents: pd.DataFrame, now: np.datetime64) -> pd.DataFrame:
    """Bring incidents into the delivery's headings with their state at `now`."""
    return pd.DataFrame(
        {
            "事件编号": incidents["source_key"],
            "事件大类": incidents["category"],
            "事件小类": incidents["subcategory"],
            "事件标题": incidents["title"],
            "事件描述": incidents["description"],
            "地址": incidents["address"],
            "社区": incidents["community"],
            "经度": incidents["lon"],
            "纬度": incidents["lat"],
            "等级": incidents["grade"],
            "事件来源": incidents["source"],
            "上报时间": time_text(incidents["reported_at"].to_numpy()),
            "截止时间": time_text(incidents["due_at"].to_numpy()),
            "派遣时间": time_text(incidents["dispatched_at"].to_numpy(), until=now),
            "退回时间": time_text(incidents["returned_at"].to_numpy(), until=now),
            "办结时间": time_text(incidents["ended_at"].to_numpy(), until=now),
            "状态": state_at(incidents, now),
            "工号": incidents["worker"],
        }
    )


def request_rows(requests: pd.DataFrame, now: np.datetime64) -> pd.DataFrame:
    """Bring requests into the delivery's keys with their state at `now`; None where unknown."""
    located = requests["lon"].notna().to_numpy()
    return pd.DataFrame(
        {
            "source_key": requests["source_key"],
            "reported_at": zoned_text(requests["reported_at"].to_numpy()),
            "item_code": requests["item_code"],
            "category": requests["category"],
            "subcategory": requests["subcategory"],
            "source": requests["source"],
            "title": requests["title"],
            "description": requests["description"],
            "address": _or_none(requests["address"]),
            "lon": _where(located, requests["lon"]),
            "lat": _where(located, requests["lat"]),
            "crs": _where(located, requests["crs"]),
            "resident_key": _or_none(requests["resident_key"]),
            "due_at": zoned_text(requests["due_at"].to_numpy()),
            "closed_at": zoned_text(requests["ended_at"].to_numpy(), until=now),
            "status": request_state_at(requests, now),
        },
        dtype=object,
    )


def _or_none(texts: pd.Series) -> list[str | None]:
    return [text or None for text in texts.tolist()]


def _where(known: NDArray[np.bool_], values: pd.Series) -> list[object]:
    return [value if stated else None for stated, value in zip(known.tolist(), values.tolist(), strict=True)]


def describe_district(feeds: tuple[dict[str, object], ...], *, seed: int, scale: float, until: dt.date) -> str:
    """Write `district.yml`; the key `sample` says how the delivery was made, so that it can be topped up."""
    text: str = yaml.safe_dump(
        {
            "subdistrict": {
                "code": STREET_CODE,
                "name": STREET_NAME,
                "name_en": "Fengqiao Sub-district",
                "schematic": True,
                "metric_srid": 4549,
                "cell_resolutions": [9, 10, 11],
                "timezone": "Asia/Shanghai",
                "calendar": "china",
                "history_until": until.isoformat(),
            },
            "sample": {"seed": seed, "scale": scale, "until": until.isoformat()},
            "feeds": [dict(feed) for feed in feeds],
        },
        allow_unicode=True,
        sort_keys=False,
        width=150,
    )
    return text


class _Writer:
    """Writes one delivery file by file and keeps count."""

    def __init__(self, world: World, out: Path, truth: Path) -> None:
        self.world, self.out, self.truth = world, out, truth
        self.good: dict[str, int] = {}
        self.bad: dict[str, int] = {}
        self._truths: list[pd.DataFrame] = []

    def _mixed(self, table: pd.DataFrame, kind: Kind, count: int | None = None) -> pd.DataFrame:
        rng = np.random.default_rng([self.world.seed, len(table), sum(map(ord, kind.feed))])
        wanted = round(BAD_SHARE * len(table)) if count is None else count
        mixed, truth = mix_in(table, kind, wanted, rng)
        self.good[kind.feed], self.bad[kind.feed] = len(table), len(truth)
        self._truths.append(truth)
        return mixed

    def write_land(self) -> None:
        world = self.world
        self._write_areas()
        self._write_homes()
        landscape = world.landscape
        layers = [(name, getattr(landscape, name)) for name in ("roads", "junctions", "water", "hills")]
        write_geopackage(self.out / "roads.gpkg", layers, day=world.until)
        self.good["roads"] = len(landscape.roads)
        grid, west, north, step = elevation_grid()
        write_geotiff(self.out / "terrain.tif", grid, west=west, north=north, step=step)
        self.good["terrain"] = 1
        self._write_places()

    def _write_areas(self) -> None:
        territory, facts = (
            self.world.territory,
            read_facts("communities", "stated_area_km2", "households", "registered", "migrant"),
        )
        stated = facts["stated_area_km2"].notna()
        areas = pd.DataFrame(
            {
                "编码": [STREET_CODE, *territory.communities["code"]],
                "名称": [STREET_NAME, *(f"{name}社区" for name in territory.communities["name"])],
                "级别": ["街道", *["社区"] * len(territory.communities)],
                "上级编码": ["", *[STREET_CODE] * len(territory.communities)],
                "公布面积_km2": [STREET_AREA_KM2, *facts["stated_area_km2"]],
                "户数": [np.nan, *facts["households"]],
                "户籍人口": [facts["registered"].sum(), *facts["registered"].where(stated)],
                "流动人口": [facts["migrant"].sum(), *facts["migrant"].where(stated)],
                "示意": True,
                "polygon": [territory.street, *territory.communities["polygon"]],
            }
        )
        write_geojson(self.out / "boundaries.geojson", "boundaries", areas)
        self.good["boundaries"] = len(areas)
        grids = pd.concat([territory.tier2.assign(tier=2), territory.tier3.assign(tier=3)], ignore_index=True)
        table = pd.DataFrame(
            {
                "编码": grids["code"],
                "名称": grids["name"],
                "层级": grids["tier"],
                "上级编码": grids["parent"],
                "社区编码": grids["community"],
                "类型": grids["kind"],
                "示意": True,
                "polygon": grids["polygon"],
            }
        )
        write_geojson(self.out / "work_grids.geojson", "work_grids", table)
        self.good["work_grids"] = len(table)

    def _write_homes(self) -> None:
        world, buildings = self.world, self.world.fabric.buildings
        compounds = world.fabric.compounds
        dwellings = (buildings["units"] * buildings["floors"] * buildings["rooms"]).groupby(buildings["owner"]).sum()
        houses = buildings.groupby("owner").size()
        place = metric_to(compounds[["x", "y"]].to_numpy(), System.BD09, decimals=6)
        managers = ["枫桥物业", "新创物业", "金科服务", "苏高新物业", "社区自管"]
        table = pd.DataFrame(
            {
                "编号": compounds["code"],
                "名称": compounds["name"],
                "类型": compounds["kind"],
                "社区": compounds["community"] + "社区",
                "上级小区": compounds["estate"],
                "地址": compounds["address"],
                "经度": place[:, 0],
                "纬度": place[:, 1],
                "户数": dwellings[compounds["code"]].to_numpy(),
                "楼栋数": houses[compounds["code"]].to_numpy(),
                "建成年份": compounds["year"].astype(int),
                "物业公司": [managers[number % len(managers)] for number in range(len(compounds))],
            }
        )
        mixed = self._mixed(table, bad_rows.COMPOUNDS, 2)
        write_xlsx(
            self.out / "compounds.xlsx",
            mixed,
            sheet="小区一览",
            title="枫桥街道住宅小区一览表（示意）",
            day=world.until,
        )
        apartments = read_facts("apartments", "lon", "lat", "beds", "buildings")
        own = buildings[buildings["beds"] > 0].groupby("owner")
        centre = metric_to(own[["x", "y"]].mean().loc[apartments["code"]].to_numpy(), System.BD09, decimals=6)
        rooms = (buildings["floors"] * buildings["rooms"]).groupby(buildings["owner"]).sum()
        dormitories = pd.DataFrame(
            {
                "编号": apartments["code"],
                "名称": apartments["name"],
                "社区": apartments["community"] + "社区",
                "地址": apartments["address"],
                "经度": centre[:, 0],
                "纬度": centre[:, 1],
                "楼栋数": apartments["buildings"].astype(int),
                "房间数": rooms[apartments["code"]].to_numpy(),
                "床位数": own["beds"].sum()[apartments["code"]].to_numpy(),
                "入住人数": [round(OCCUPANTS[code] * world.scale) for code in apartments["code"]],
                "管理单位": "枫桥公寓管理服务中心",
                "启用日期": apartments["opened"],
            }
        )
        write_xlsx(
            self.out / "apartments.xlsx",
            dormitories,
            sheet="外来务工人员公寓",
            title="枫桥街道外来务工人员公寓一览表（示意）",
            day=world.until,
        )
        self.good["apartments"] = len(dormitories)
        points = metric_to(buildings[["x", "y"]].to_numpy(), System.CGCS2000)
        write_csv(
            self.out / "buildings.csv",
            pd.DataFrame(
                {
                    "楼栋编号": buildings["owner"] + "-" + buildings["number"].map("{:03d}".format),
                    "所属编号": buildings["owner"],
                    "所属名称": buildings["owner_name"],
                    "楼栋号": buildings["number"],
                    "单元数": buildings["units"],
                    "层数": buildings["floors"],
                    "每层户数": buildings["rooms"],
                    "床位数": buildings["beds"].astype(object).where(buildings["beds"] > 0, ""),
                    "经度": points[:, 0],
                    "纬度": points[:, 1],
                    "长_m": buildings["length_m"],
                    "宽_m": buildings["width_m"],
                    "朝向_deg": buildings["bearing"],
                }
            ),
        )
        self.good["buildings"] = len(buildings)

    def _write_places(self) -> None:
        places = self.world.places
        points = metric_to(places.table[["x", "y"]].to_numpy(dtype=float), System.CGCS2000)
        table = pd.DataFrame(
            {
                "编号": places.table["code"],
                "类别": places.table["kind"],
                "小类": places.table["subkind"],
                "名称": places.table["name"],
                "社区": [f"{name}社区" if name else "" for name in places.table["community"]],
                "经度": points[:, 0],
                "纬度": points[:, 1],
                "地址": places.table["address"],
                "起始日期": places.table["since"],
                "截止日期": places.table["until"],
            }
        )
        write_csv(self.out / "places.csv", table)
        aliases = places.aliases.set_axis(["对象编号", "别名", "关系"], axis="columns")
        write_csv(self.out / "aliases.csv", aliases)
        self.good["places"], self.good["aliases"] = len(table), len(aliases)

    def write_people(self) -> None:
        world = self.world
        residents = residents_table(world.persons, world.fabric, until=world.until, seed=world.seed)
        write_csv(self.out / "residents.csv", self._mixed(residents, bad_rows.RESIDENTS), encoding="gb18030")
        workers = build_workers(world)
        table = pd.DataFrame(
            {
                "工号": workers["code"],
                "姓名": workers["name"],
                "性别": np.where(workers["female"], "女", "男"),
                "手机号": workers["telephone"],
                "职务": np.where(workers["leader"], "网格长", "网格员"),
                "网格编码": workers["grid"],
                "社区": workers["community"] + "社区",
                "入职日期": workers["since"],
                "状态": np.where(workers["absent"], "休假", "在岗"),
            }
        )
        write_csv(self.out / "grid_workers.csv", self._mixed(table, bad_rows.WORKERS, 2))
        write_csv(self.out / "visits.csv", self._mixed(build_visits(world, workers), bad_rows.VISITS))
        resources = build_resources(world)
        mixed = self._mixed(resources.resources, bad_rows.RESOURCES, 4)
        write_geopackage(
            self.out / "resources.gpkg", [("resources", mixed), ("stock", resources.stock)], day=world.until
        )
        items = read_facts("service_items")
        table = pd.DataFrame(
            {
                "事项编码": [f"S{number:03d}" for number in range(1, len(items) + 1)],
                "事项名称": items["name"],
                "类别": items["category"],
                "责任部门": items["department"],
                "办理时限_天": items["due_days"],
                "最小年龄": items["min_age"],
                "最大年龄": items["max_age"],
                "户籍要求": items["registration"],
                "人群要求": items["groups"],
                "性别要求": items["sex"],
                "说明": items["texts"].str.split("|").str[0],
            }
        )
        write_csv(self.out / "service_items.csv", table)
        self.good["service_items"] = len(table)

    def write_reports(self) -> None:
        world, causes = self.world, Causes(self.world)
        reports, days, now = Reports(causes), history_days(world.until), end_of(world.until)
        incidents = reports.incidents(causes.draw("incidents", day) for day in days)
        mixed = self._mixed(incident_rows(incidents, now), bad_rows.INCIDENTS)
        write_csv(self.out / "incidents.csv", mixed, encoding="utf-8-sig")
        requests = reports.requests(causes.draw("requests", day) for day in days)
        mixed = self._mixed(request_rows(requests, now), bad_rows.REQUESTS)
        write_json_lines(self.out / "requests.jsonl", mixed)
        petitions = build_petitions(reports, days)
        write_csv(self.out / "petitions.csv", self._mixed(petition_rows(petitions, now), bad_rows.PETITIONS))
        self._write_truth(causes, incidents, requests)

    def _write_truth(self, causes: Causes, incidents: pd.DataFrame, requests: pd.DataFrame) -> None:
        surges = surge_table(self.world, causes.surges)
        place = to_geographic(surges[["x", "y"]].to_numpy(dtype=float))
        surges["lon"], surges["lat"] = np.round(place[:, 0], 6), np.round(place[:, 1], 6)
        write_csv(self.truth / "surges.csv", surges.drop(columns=["x", "y"]))
        members = [
            pd.DataFrame(
                {"surge": surges["surge"].to_numpy()[own["surge"]], "feed": feed, "source_key": own["source_key"]}
            )
            for feed, table in (("incidents", incidents), ("requests", requests))
            if len(own := table[table["surge"] >= 0])
        ]
        write_csv(self.truth / "surge_members.csv", pd.concat(members, ignore_index=True))
        recent = incidents[incidents["reported_at"] >= end_of(self.world.until) - np.timedelta64(30, "D")]
        spots = to_geographic(recent[["x", "y"]].to_numpy())
        kinds = np.array([*PLACE_KINDS, "none"])[recent["place_kind"]]
        write_csv(
            self.truth / "incident_places.csv",
            pd.DataFrame(
                {
                    "source_key": recent["source_key"],
                    "place_kind": kinds,
                    "lon": np.round(spots[:, 0], 6),
                    "lat": np.round(spots[:, 1], 6),
                }
            ),
        )

    def finish(self) -> None:
        world = self.world
        write_csv(self.truth / "bad_rows.csv", pd.concat(self._truths, ignore_index=True))
        counts = {"good": self.good, "bad": self.bad, "registered": int(world.persons["registered"].sum())}
        (self.truth / "counts.json").write_text(json.dumps(counts, indent=1) + "\n", encoding="utf-8")
        text = describe_district(FEEDS, seed=world.seed, scale=world.scale, until=world.until)
        (self.out / "district.yml").write_text(text, encoding="utf-8")
