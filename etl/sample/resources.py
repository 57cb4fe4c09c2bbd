"""Emergency resources of eight kinds with readiness, and what the depots and stations have in stock; all 示意.

Counts by kind and how many are out of order are chosen so that 402 are registered and 371 ready (assumed).
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from etl.sample.facts import Points, read_facts, records, stream
from etl.sample.persons import telephones
from etl.sample.places import community_of
from etl.sample.world import World

# kind, registered, out of order, unit responsible
KINDS = (
    ("避难场所", 14, 0, "应急管理局"),
    ("物资库", 8, 1, "街道应急办"),
    ("微型消防站", 17, 2, "消防救援大队"),
    ("消火栓", 262, 19, "自来水公司"),
    ("AED", 60, 6, "红十字会"),
    ("医疗点", 9, 0, "社区卫生服务中心"),
    ("警务点", 11, 0, "枫桥派出所"),
    ("应急队伍", 21, 3, "街道应急办"),
)
_WHY_OUT = {
    "物资库": ("盘点", 1),
    "微型消防站": ("车辆检修;人员不足", 1),
    "消火栓": ("水压不足;阀门损坏;施工遮挡", 12),
    "AED": ("电极片过期;检修", 5),
    "应急队伍": ("已出动;轮休", 1),
}
_TEAMS = ("巡查队", "抢修队", "排涝队")


@dataclass(frozen=True)
class Resources:
    """`resources` with metric geometry and `stock` by resource, both in the delivery's headings."""

    resources: pd.DataFrame
    stock: pd.DataFrame


def build_resources(world: World) -> Resources:
    """Spread the resources: by people for most kinds, along the roads for hydrants."""
    rng = stream(world.seed, "resources")
    buildings = world.fabric.buildings
    compounds = world.fabric.compounds
    dwellings = (buildings["units"] * buildings["floors"] * buildings["rooms"]).to_numpy(dtype=float)
    houses = buildings[["x", "y"]].to_numpy()
    frames = []
    for kind, count, out, keeper in KINDS:
        if kind == "消火栓":
            points, labels = _along_roads(world, count, rng)
        else:
            chosen = _spread(houses, dwellings, count, rng)
            points, labels = houses[chosen] + (24.0, -26.0), buildings["owner_name"].to_numpy()[chosen]
        order = rng.permutation(count)
        frames.append(
            pd.DataFrame(
                {
                    "类别": kind,
                    "名称": _names(kind, labels, world, points),
                    "地址": _addresses(kind, labels, compounds),
                    "状态": np.where(np.isin(np.arange(count), order[:out]), "停用", "就绪"),
                    "管理单位": keeper,
                    "容量": _capacity(kind, count, rng),
                    "geometry": shapely.points(np.round(points, 2)),
                }
            )
        )
    table = pd.concat(frames, ignore_index=True)
    table.insert(0, "资源编号", [f"R{number:03d}" for number in range(1, len(table) + 1)])
    centres = shapely.get_coordinates(table["geometry"].to_numpy())
    table["社区"] = [f"{name}社区" if name else "" for name in community_of(centres, world.territory.communities)]
    table["值班电话"] = telephones(len(table), rng, absent=table["类别"].isin(["消火栓", "AED"]).to_numpy())
    table["停用原因"], table["预计恢复"] = _outages(table, world.until, rng)
    midnight = dt.datetime.combine(world.until, dt.time()) + dt.timedelta(days=1)
    table["更新时间"] = [
        (midnight - dt.timedelta(minutes=int(age))).strftime("%Y-%m-%d %H:%M:%S")
        for age in rng.integers(4, 55, len(table))
    ]
    return Resources(resources=table, stock=_stock(table, world.until, rng))


def _spread(
    points: Points, weight: "np.ndarray[tuple[int], np.dtype[np.float64]]", count: int, rng: np.random.Generator
) -> list[int]:
    """Choose places far from each other where people are: farthest first, drawn towards weight."""
    pull = weight**0.25 * rng.uniform(0.6, 1.0, len(points))
    chosen = [int(np.argmax(weight * rng.uniform(0.5, 1.0, len(points))))]
    gap_m = np.hypot(*(points - points[chosen[0]]).T)
    while len(chosen) < count:
        chosen.append(int(np.argmax(gap_m * pull)))
        gap_m = np.minimum(gap_m, np.hypot(*(points - points[chosen[-1]]).T))
    return chosen


def _along_roads(
    world: World, count: int, rng: np.random.Generator
) -> tuple[Points, "np.ndarray[tuple[int], np.dtype[np.object_]]"]:
    roads = world.landscape.roads
    inside = world.territory.street.buffer(-15.0)
    lines = shapely.intersection(roads["geometry"].to_numpy(), inside)
    length = shapely.length(lines)
    along = (np.arange(count) + rng.uniform(0.2, 0.8, count)) * length.sum() / count
    edge = np.searchsorted(np.cumsum(length), along, side="right").clip(0, len(lines) - 1)
    before = np.concatenate([[0.0], np.cumsum(length)[:-1]])[edge]
    points = shapely.get_coordinates(shapely.line_interpolate_point(lines[edge], along - before))
    side = rng.choice([-1.0, 1.0], (count, 2)) * 9.0
    return points + side, roads["路名"].to_numpy()[edge]


def _names(
    kind: str, labels: "np.ndarray[tuple[int], np.dtype[np.object_]]", world: World, points: Points
) -> list[str]:
    seen: dict[str, int] = {}
    names = []
    communities = community_of(points, world.territory.communities)
    for place, (label, community) in enumerate(zip(labels, communities, strict=True)):
        if kind == "消火栓":
            stem = f"{label}消火栓"
            seen[stem] = seen.get(stem, 0) + 1
            names.append(f"{stem}{seen[stem]:03d}")
            continue
        stem = f"{community}{_TEAMS[place % 3]}" if kind == "应急队伍" else f"{label}{kind}"
        seen[stem] = seen.get(stem, 0) + 1
        names.append(stem if seen[stem] == 1 else f"{stem}{seen[stem]}")
    return names


def _addresses(kind: str, labels: "np.ndarray[tuple[int], np.dtype[np.object_]]", compounds: pd.DataFrame) -> list[str]:
    if kind == "消火栓":
        return [f"{label}路边" for label in labels]
    street = dict(zip(compounds["name"], compounds["address"], strict=True))
    return [f"{street.get(label, '')}{label}" for label in labels]


def _capacity(kind: str, count: int, rng: np.random.Generator) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    ranges = {"避难场所": (300, 2500), "医疗点": (6, 40), "应急队伍": (6, 24)}
    if kind not in ranges:
        return np.full(count, np.nan)
    low, high = ranges[kind]
    return np.round(rng.uniform(low, high, count))


def _outages(table: pd.DataFrame, until: dt.date, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    reasons, backs = [], []
    for kind, state in zip(table["类别"], table["状态"], strict=True):
        if state == "就绪":
            reasons.append("")
            backs.append("")
            continue
        listed, days = _WHY_OUT[kind]
        reasons.append(str(rng.choice(listed.split(";"))))
        hour = int(rng.choice([9, 12, 18, 20]))
        back = until + dt.timedelta(1 + int(rng.integers(0, days)))
        backs.append("" if rng.random() < 0.15 else f"{back.isoformat()} {hour:02d}:00:00")
    return reasons, backs


def _stock(table: pd.DataFrame, until: dt.date, rng: np.random.Generator) -> pd.DataFrame:
    articles = read_facts("stock")
    rows = []
    for resource in records(table):
        for entry in records(articles[articles["kind"] == resource.类别]):
            if rng.random() < 0.12:
                continue
            life = int(entry.life_days)
            made = until - dt.timedelta(int(rng.integers(20, max(30, int(life * 0.93) if life else 1500))))
            rows.append(
                {
                    "资源编号": resource.资源编号,
                    "物资名称": entry.name,
                    "规格": entry.form,
                    "数量": int(rng.integers(2, 120)),
                    "单位": entry.unit,
                    "批号": f"{made:%Y%m}{int(rng.integers(1, 99)):02d}",
                    "生产日期": made.isoformat(),
                    "到期日期": "" if life == 0 else (made + dt.timedelta(life)).isoformat(),
                }
            )
    stock = pd.DataFrame(rows)
    stock.insert(0, "库存编号", [f"K{number:04d}" for number in range(1, len(stock) + 1)])
    return stock
