"""Named places of the sample: estates, points of interest, villages gone, water, roads, and their other names."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from etl.sample.fabric import Fabric
from etl.sample.facts import Points, read_facts, stream, to_metric
from etl.sample.landscape import HILL_FOOT_M, Landscape

WORKS = 130
_PREFIXES = [
    "枫泰",
    "苏枫",
    "恒津",
    "鹿鸣",
    "龙涧",
    "津西",
    "寒山",
    "华枫",
    "新鹿",
    "塘西",
    "运联",
    "湘江",
    "嵩泰",
    "珠江",
    "鸿禧",
    "朝晖",
    "联港",
    "建林",
    "天平",
    "越溪",
]
_TRADES = [
    "精密机械",
    "电子科技",
    "塑胶制品",
    "包装材料",
    "汽车零部件",
    "光电科技",
    "模具",
    "纺织",
    "食品",
    "物流",
    "金属制品",
    "仪表",
]
_FORMS = ["厂", "有限公司", "车间", "仓库"]
# one of each in every community; names and positions are schematic
_COMMUNITY_POIS = (
    ("农贸市场", "菜场"),
    ("社区卫生服务站", "医疗"),
    ("社区党群服务中心", "单位"),
    ("幼儿园", "学校"),
    ("文体中心", "单位"),
    ("公园", "公园"),
)


@dataclass(frozen=True)
class Places:
    """All places with metric x, y, and their other names; `pois` are those of kind 兴趣点."""

    table: pd.DataFrame  # code, kind, subkind, name, community, x, y, address, since, until
    aliases: pd.DataFrame  # code, alias, relation

    @property
    def pois(self) -> pd.DataFrame:
        return self.table[self.table["kind"] == "兴趣点"].reset_index(drop=True)


def community_of(points: Points, communities: pd.DataFrame) -> list[str]:
    """Name the community each EPSG:4549 point lies in; empty where it lies in none."""
    names = np.full(len(points), "", dtype=object)
    for name, polygon in zip(communities["name"], communities["polygon"], strict=True):
        names[shapely.contains_xy(polygon, points[:, 0], points[:, 1])] = name
    found: list[str] = names.tolist()
    return found


def build_places(fabric: Fabric, landscape: Landscape, communities: pd.DataFrame, *, seed: int) -> Places:
    """Gather the facts and invent what a register has besides (works, markets, stations)."""
    frames = [
        _estates(fabric),
        _known_pois(),
        _community_pois(fabric, communities, seed),
        _works(fabric, landscape, communities, seed),
        _villages(),
        _water(landscape),
        _roads(landscape),
    ]
    columns = ["code", "kind", "subkind", "name", "x", "y", "address", "since", "until"]
    table = pd.concat([frame.reindex(columns=columns) for frame in frames], ignore_index=True)
    for column in ("subkind", "address", "since", "until"):
        table[column] = [text if isinstance(text, str) else "" for text in table[column]]
    table["community"] = community_of(table[["x", "y"]].to_numpy(dtype=float), communities)
    # what lies outside every community is no place of this street
    table = table[(table["community"] != "") | table["kind"].isin(["道路", "水体"])].reset_index(drop=True)
    return Places(table=table, aliases=_aliases(table))


def _estates(fabric: Fabric) -> pd.DataFrame:
    compounds = fabric.compounds[fabric.compounds["estate"] != ""]
    estates = compounds.groupby("estate", sort=False).agg(
        x=("x", "mean"), y=("y", "mean"), address=("address", "first")
    )
    estates = estates.rename_axis("name").reset_index()
    estates["code"] = [f"E{number + 1:02d}" for number in range(len(estates))]
    estates["kind"] = "小区总称"
    return estates


def _known_pois() -> pd.DataFrame:
    facts = read_facts("pois", "lon", "lat")
    points = to_metric(facts["lon"], facts["lat"])
    return pd.DataFrame(
        {
            "code": [f"I{number + 1:03d}" for number in range(len(facts))],
            "kind": "兴趣点",
            "subkind": facts["kind"],
            "name": facts["name"],
            "x": points[:, 0],
            "y": points[:, 1],
            "address": facts["address"],
        }
    )


def _community_pois(fabric: Fabric, communities: pd.DataFrame, seed: int) -> pd.DataFrame:
    rng = stream(seed, "pois")
    rows = []
    for name in communities["name"]:
        homes = fabric.buildings.loc[fabric.buildings["community"] == name, ["x", "y"]].to_numpy()
        chosen = homes[rng.choice(len(homes), size=len(_COMMUNITY_POIS), replace=False)]
        for (suffix, subkind), point in zip(_COMMUNITY_POIS, chosen, strict=True):
            # beside a house, not on it
            x, y = float(point[0]) + 31.0, float(point[1]) + 23.0
            rows.append({"kind": "兴趣点", "subkind": subkind, "name": f"{name}{suffix}", "x": x, "y": y})
    table = pd.DataFrame(rows)
    table["code"] = [f"I{number + 101:03d}" for number in range(len(table))]
    return table


def _works(fabric: Fabric, landscape: Landscape, communities: pd.DataFrame, seed: int) -> pd.DataFrame:
    rng = stream(seed, "works")
    named = landscape.roads
    inside = shapely.union_all(list(communities["polygon"])).buffer(-60.0)
    hills = shapely.union_all(list(landscape.hills.loc[landscape.hills["起始高程_m"] == HILL_FOOT_M, "geometry"]))
    ground = shapely.difference(inside, shapely.union_all([hills, *landscape.water["geometry"]]))
    shapely.prepare(ground)
    homes = cKDTree(fabric.buildings[["x", "y"]].to_numpy())
    length = shapely.length(named["geometry"].to_numpy())
    rows: list[dict[str, object]] = []
    kept: list[tuple[float, float]] = []
    used: set[str] = set()
    while len(rows) < WORKS:
        edge = int(rng.choice(len(named), p=length / length.sum()))
        line = named["geometry"].iloc[edge]
        at = shapely.get_coordinates(line.interpolate(rng.random() * line.length))[0]
        angle = rng.uniform(0, 2 * np.pi)
        spot = at + rng.uniform(45.0, 150.0) * np.array([np.cos(angle), np.sin(angle)])
        name = f"{rng.choice(_PREFIXES)}{rng.choice(_TRADES)}{rng.choice(_FORMS)}"
        near_home, _ = homes.query(spot)
        too_close = bool(kept) and np.hypot(*(np.array(kept) - spot).T).min() < 110
        if near_home < 110 or too_close or name in used or not shapely.contains_xy(ground, *spot):
            continue
        kept.append((float(spot[0]), float(spot[1])))
        used.add(name)
        number = 10 + 2 * int(rng.integers(1, 480))
        rows.append(
            {
                "code": f"I{len(rows) + 201:03d}",
                "kind": "兴趣点",
                "subkind": "企业",
                "name": name,
                "x": spot[0],
                "y": spot[1],
                "address": f"{named['路名'].iloc[edge]}{number}号",
            }
        )
    return pd.DataFrame(rows)


def _villages() -> pd.DataFrame:
    facts = read_facts("villages", "lon", "lat")
    points = to_metric(facts["lon"], facts["lat"])
    return pd.DataFrame(
        {
            "code": [f"V{number + 1:02d}" for number in range(len(facts))],
            "kind": "已拆村庄",
            "name": facts["name"],
            "x": points[:, 0],
            "y": points[:, 1],
            "until": facts["demolished"],
        }
    )


def _water(landscape: Landscape) -> pd.DataFrame:
    points = [water.representative_point() for water in landscape.water["geometry"]]
    return pd.DataFrame(
        {
            "code": [f"S{number + 1:02d}" for number in range(len(points))],
            "kind": "水体",
            "name": landscape.water["名称"],
            "x": [point.x for point in points],
            "y": [point.y for point in points],
        }
    )


def _roads(landscape: Landscape) -> pd.DataFrame:
    longest = landscape.roads.sort_values(["路名", "长度_m"]).groupby("路名", sort=True).last().reset_index()
    points = [line.interpolate(0.5, normalized=True) for line in longest["geometry"]]
    return pd.DataFrame(
        {
            "code": [f"D{number + 1:02d}" for number in range(len(points))],
            "kind": "道路",
            "name": longest["路名"],
            "x": [point.x for point in points],
            "y": [point.y for point in points],
        }
    )


def _aliases(table: pd.DataFrame) -> pd.DataFrame:
    code_of = dict(zip(table["name"], table["code"], strict=True))
    rows: list[tuple[str, str, str]] = []
    for name in ("compounds", "apartments"):
        facts = read_facts(name)
        rows += [
            (code, alias, "别名")
            for code, listed in zip(facts["code"], facts["aliases"], strict=True)
            for alias in _listed(listed)
        ]
    pois = read_facts("pois")
    rows += [
        (code_of[name], alias, "别名")
        for name, listed in zip(pois["name"], pois["aliases"], strict=True)
        for alias in _listed(listed)
        if name in code_of
    ]
    villages = read_facts("villages")
    rows += [(home, name, "安置去向") for name, home in zip(villages["name"], villages["resettled_to"], strict=True)]
    for estate in table.loc[table["kind"] == "小区总称", "name"]:
        short = estate.removesuffix("花园").removesuffix("新苑")
        if len(short) > 2 and short != estate:
            rows.append((code_of[estate], f"{short}小区", "简称"))
    return pd.DataFrame(rows, columns=["code", "alias", "relation"]).drop_duplicates(
        ["code", "alias"], ignore_index=True
    )


def _listed(text: str) -> list[str]:
    return [part for part in text.split(";") if part]
