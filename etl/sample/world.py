"""Everything of the sample that does not depend on the day: land, houses, people, places, grids."""

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from etl.sample.fabric import Fabric, build_fabric
from etl.sample.landscape import Landscape, build_landscape
from etl.sample.persons import build_persons
from etl.sample.places import Places, build_places
from etl.sample.territory import (
    Territory,
    build_territory,
    community_polygons,
    frame_of,
    grow_communities,
    street_outline,
)
from gis.errors import BadInput


@dataclass(frozen=True)
class World:
    """One sample sub-district; the same seed, scale and date give the same one."""

    seed: int
    scale: float
    until: dt.date
    territory: Territory
    landscape: Landscape
    fabric: Fabric
    places: Places
    persons: pd.DataFrame


def build_world(*, seed: int, scale: float, until: dt.date) -> World:
    """Build the sample's world.

    Raises
    ------
    BadInput
        If `scale` is not above 0 and at most 1.
    """
    if not 0 < scale <= 1:
        raise BadInput("scale is {scale}; it must be above 0 and at most 1", scale=scale)
    outline = street_outline()
    frame = frame_of(outline)
    communities = community_polygons(outline, frame, grow_communities(outline, frame))
    landscape = build_landscape(outline)
    fabric = build_fabric(communities, landscape, seed=seed)
    buildings = fabric.buildings
    dwellings = buildings["units"] * buildings["floors"] * buildings["rooms"]
    households = dwellings.where(buildings["beds"] == 0, buildings["beds"] / 3).to_numpy(dtype=float)
    territory = build_territory(
        outline, frame, communities, homes=buildings[["x", "y"]].to_numpy(), households=households, seed=seed
    )
    return World(
        seed=seed,
        scale=scale,
        until=until,
        territory=territory,
        landscape=landscape,
        fabric=fabric,
        places=build_places(fabric, landscape, territory.communities, seed=seed),
        persons=build_persons(fabric, until=until, scale=scale, seed=seed),
    )
