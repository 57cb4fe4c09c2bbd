"""Buildings of the compounds and dormitories of the apartments, spread over the built-up land; all 示意.

Each compound gets the built-up land nearest to its point inside its own community, lays rows of houses over it along
its own bearing, and sizes them so that the dwellings hold the people counted there.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from etl.sample.facts import Points, read_facts, records, stream, to_metric
from etl.sample.landscape import HILL_FOOT_M, Landscape

# persons in the two dormitory areas; the rest of a community's people live in its compounds (assumed)
OCCUPANTS = {"A1": 20_800, "A2": 21_400}
PERSONS_PER_DWELLING = 2.62
# room between a house and the middle of a road, by class [m]
_ROAD_GAP_M = {"主": 34.0, "次": 26.0, "支": 20.0}


@dataclass(frozen=True)
class Style:
    """How houses of one kind stand: distances between them [m], their size, and what they hold."""

    along_m: float
    across_m: float
    length_m: float
    width_m: float
    rooms: int
    least_dwellings: float


STYLES = {
    "rows": Style(along_m=64.0, across_m=46.0, length_m=46.0, width_m=11.0, rooms=2, least_dwellings=8),
    "towers": Style(along_m=70.0, across_m=62.0, length_m=34.0, width_m=15.0, rooms=3, least_dwellings=18),
    "villas": Style(along_m=40.0, across_m=38.0, length_m=22.0, width_m=11.0, rooms=1, least_dwellings=2),
}


@dataclass(frozen=True)
class Fabric:
    """One row per building with metric `x`, `y` [m], units, floors, rooms, beds, bearing; and compounds' targets."""

    buildings: pd.DataFrame
    compounds: pd.DataFrame


def build_fabric(communities: pd.DataFrame, landscape: Landscape, *, seed: int) -> Fabric:
    """Place all buildings.

    Parameters
    ----------
    communities
        Columns code, name, polygon (EPSG:4549).
    landscape
        Roads, water and hills to keep clear of.
    seed
        Of the sample.

    Returns
    -------
    Fabric
        Buildings in the order of compounds and numbers; every building lies in its compound's community.
    """
    compounds = _targets()
    keep_clear = _keep_clear(landscape)
    built_up = _built_up(compounds)
    parts = []
    for community in records(communities):
        own = compounds[compounds["community"] == community.name]
        inner = community.polygon.buffer(-22.0)
        land = shapely.difference(shapely.intersection(inner, built_up), keep_clear)
        dormitories = [_dormitory_area(code, place) for code, place in _apartments(str(community.name))]
        if dormitories:
            land = shapely.difference(land, shapely.union_all(dormitories).buffer(40.0))
        parts.append(_community_buildings(own, land, seed))
    parts.append(_dormitories(communities, keep_clear, seed))
    buildings = pd.concat(parts, ignore_index=True).sort_values(["owner", "number"], kind="stable", ignore_index=True)
    return Fabric(buildings=buildings, compounds=compounds)


def _targets() -> pd.DataFrame:
    """Share each community's people out to its compounds, by the households the listings give them."""
    compounds = read_facts("compounds", "lon", "lat", "households", "year")
    people = read_facts("communities", "registered", "migrant").set_index("name")
    apartments = read_facts("apartments").set_index("code")
    home = compounds["community"].map(people["registered"] + people["migrant"])
    for code, occupants in OCCUPANTS.items():
        home -= np.where(compounds["community"] == apartments.loc[code, "community"], occupants, 0)
    # dampened: listings count the households of small compounds too low
    weight = compounds["households"] ** 0.85
    compounds["persons"] = home * weight / weight.groupby(compounds["community"]).transform("sum")
    compounds["dwellings_wanted"] = compounds["persons"] / PERSONS_PER_DWELLING * 1.06
    points = to_metric(compounds["lon"], compounds["lat"])
    compounds["x"], compounds["y"] = points[:, 0], points[:, 1]
    return compounds


def _keep_clear(landscape: Landscape) -> BaseGeometry:
    roads = [
        shapely.union_all(list(landscape.roads.loc[landscape.roads["等级"] == grade, "geometry"])).buffer(gap_m)
        for grade, gap_m in _ROAD_GAP_M.items()
    ]
    water = shapely.union_all(list(landscape.water["geometry"])).buffer(22.0)
    hills = shapely.union_all(list(landscape.hills.loc[landscape.hills["起始高程_m"] == HILL_FOOT_M, "geometry"]))
    return shapely.union_all([*roads, water, hills])


def _built_up(compounds: pd.DataFrame) -> BaseGeometry:
    facts = read_facts("built_up", "lon", "lat", "radius_m")
    centres = to_metric(facts["lon"], facts["lat"])
    # wobbling discs: a town's edge is not a circle
    angle = np.linspace(0.0, 2 * np.pi, 72, endpoint=False)
    blobs = []
    for number, (centre, radius_m) in enumerate(zip(centres, facts["radius_m"], strict=True)):
        wobble = 1 + 0.13 * np.sin(3 * angle + number) + 0.07 * np.sin(5 * angle + 2.3 * number)
        blobs.append(
            shapely.polygons(centre + np.column_stack([np.cos(angle), np.sin(angle)]) * (radius_m * wobble)[:, None])
        )
    near = shapely.buffer(shapely.points(compounds["x"], compounds["y"]), 170.0)
    return shapely.union_all([*blobs, *near])


def _community_buildings(compounds: pd.DataFrame, land: BaseGeometry, seed: int) -> pd.DataFrame:
    west, south, east, north = land.bounds
    step = 30.0
    grid = np.stack(np.meshgrid(np.arange(west, east, step), np.arange(south, north, step)), axis=-1).reshape(-1, 2)
    grid = grid[shapely.contains_xy(land, grid[:, 0], grid[:, 1])]
    sites = compounds[["x", "y"]].to_numpy()
    reach_m = _reach(grid, sites, compounds["dwellings_wanted"].to_numpy())
    frames = []
    for place, compound in enumerate(records(compounds)):
        rng = stream(seed, "fabric", str(compound.code))
        style = STYLES[str(compound.style)]
        points, bearing = _lattice(land, sites[place], style, rng)
        if len(points):
            points = points[_nearest_site(points, sites, reach_m) == place]
        most = max(6, int(compound.dwellings_wanted / style.least_dwellings))
        away = np.hypot(*(points - sites[place]).T)
        # hold together: the nearest lots first, with a little play at the edge
        chosen = np.sort(np.argsort(away * rng.uniform(0.85, 1.15, len(points)), kind="stable")[:most])
        frames.append(_houses(compound, points[chosen], bearing, style, rng))
    return pd.concat(frames, ignore_index=True)


def _nearest_site(points: Points, sites: Points, reach_m: NDArray[np.float64]) -> NDArray[np.int64]:
    distance_m = np.hypot(points[:, None, 0] - sites[None, :, 0], points[:, None, 1] - sites[None, :, 1])
    found: NDArray[np.int64] = np.argmin(distance_m - reach_m, axis=1)
    return found


def _reach(grid: Points, sites: Points, wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Handicaps [m] that give each compound land roughly in proportion to its dwellings."""
    reach_m = np.zeros(len(sites))
    goal = 0.25 / len(sites) + 0.75 * wanted / wanted.sum()
    gaps = np.hypot(sites[:, None, 0] - sites[None, :, 0], sites[:, None, 1] - sites[None, :, 1])
    np.fill_diagonal(gaps, np.inf)
    for _ in range(80):
        got = np.bincount(_nearest_site(grid, sites, reach_m), minlength=len(sites)) / len(grid)
        reach_m += 40.0 * np.clip((goal - got) / goal, -1.0, 1.0)
        # a compound must keep its own point
        reach_m = np.minimum(reach_m, reach_m.min() + 0.7 * gaps.min(axis=1))
    return reach_m


def _lattice(land: BaseGeometry, site: Points, style: Style, rng: np.random.Generator) -> tuple[Points, float]:
    """Lots of one compound: a brick pattern along its bearing, slightly jittered; the bearing in degrees from north."""
    turn = np.deg2rad(rng.normal(0.0, 6.0))
    extent_m = 1600.0
    columns = np.arange(-extent_m, extent_m, style.along_m)
    rows = np.arange(-extent_m, extent_m, style.across_m)
    local = np.stack(np.meshgrid(columns, rows), axis=-1)
    local[1::2, :, 0] += style.along_m * rng.uniform(0.1, 0.5)
    local = local.reshape(-1, 2) + rng.normal(0.0, 2.5, (len(columns) * len(rows), 2))
    rotate = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    points = site + local @ rotate
    # houses face south, so the long side runs east and west
    return points[shapely.contains_xy(land, points[:, 0], points[:, 1])], float(90.0 - np.rad2deg(turn))


def _houses(compound: Any, points: Points, bearing: float, style: Style, rng: np.random.Generator) -> pd.DataFrame:
    count = len(points)
    kind = str(compound.style)
    wanted = compound.dwellings_wanted / count * rng.uniform(0.75, 1.25, count)
    if kind == "rows":
        floors = np.select([wanted < 10, wanted < 16, wanted < 30, wanted < 66], [3, 4, 5, 6], 11)
        rooms = np.full(count, 2)
        units = np.clip(np.rint(wanted / (floors * rooms)), 1, 6)
    elif kind == "towers":
        units = np.where(wanted > 90, 2, 1)
        rooms = np.where(wanted / units > 45, 4, 3)
        floors = np.clip(np.rint(wanted / (units * rooms)), 5, 32)
    else:
        floors = np.where(wanted > 5, 3, 2)
        rooms = np.where(wanted > 9, 2, 1)
        units = np.clip(np.rint(wanted / (floors * rooms)), 1, 6)
    # numbers run in rows from the north, as they are painted on the houses
    order = np.lexsort((points[:, 0], -np.round(points[:, 1] / style.across_m)))
    table = pd.DataFrame(
        {
            "owner": compound.code,
            "owner_name": compound.name,
            "community": compound.community,
            "x": points[:, 0],
            "y": points[:, 1],
            "units": units.astype(int),
            "floors": floors.astype(int),
            "rooms": rooms.astype(int),
            "beds": 0,
            "length_m": np.round(style.length_m * np.clip(units, 1, 3) / 2 * rng.uniform(0.9, 1.1, count), 1)
            if kind == "rows"
            else np.round(style.length_m * rng.uniform(0.85, 1.15, count), 1),
            "width_m": np.round(style.width_m * rng.uniform(0.92, 1.08, count), 1),
            "bearing": round(bearing, 1),
        }
    ).iloc[order]
    table["number"] = np.arange(1, count + 1)
    return table.reset_index(drop=True)


def _apartments(community: str) -> list[tuple[str, Points]]:
    facts = read_facts("apartments", "lon", "lat")
    own = facts[facts["community"] == community]
    return list(zip(own["code"], to_metric(own["lon"], own["lat"]), strict=True))


def _dormitory_area(code: str, place: Points) -> BaseGeometry:
    return shapely.buffer(shapely.points(*place), 280.0 if code == "A1" else 300.0)


def _dormitories(communities: pd.DataFrame, keep_clear: BaseGeometry, seed: int) -> pd.DataFrame:
    frames = []
    facts = read_facts("apartments", "lon", "lat", "beds", "buildings")
    for apartment, place in zip(records(facts), to_metric(facts["lon"], facts["lat"]), strict=True):
        rng = stream(seed, "dormitory", str(apartment.code))
        polygon = communities.loc[communities["name"] == apartment.community, "polygon"].iloc[0].buffer(-22.0)
        land = shapely.difference(polygon, keep_clear)
        style = Style(along_m=84.0, across_m=52.0, length_m=62.0, width_m=15.0, rooms=20, least_dwellings=0)
        points, bearing = _lattice(land, place, style, rng)
        count = int(apartment.buildings)
        points = points[np.argsort(np.hypot(*(points - place).T), kind="stable")[:count]]
        order = np.lexsort((points[:, 0], -np.round(points[:, 1] / style.across_m)))
        # six floors of twenty rooms; beds shared out exactly: most rooms have 6, some have 5
        beds = int(apartment.beds) // count + (np.arange(count) < int(apartment.beds) % count)
        frames.append(
            pd.DataFrame(
                {
                    "owner": apartment.code,
                    "owner_name": apartment.name,
                    "community": apartment.community,
                    "x": points[order, 0],
                    "y": points[order, 1],
                    "units": 1,
                    "floors": 6,
                    "rooms": 20,
                    "beds": beds,
                    "length_m": style.length_m,
                    "width_m": style.width_m,
                    "bearing": round(bearing, 1),
                    "number": np.arange(1, count + 1),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)
