"""The 234 grid workers: a leader for each second-level grid, two or three workers for each third-level one."""

import datetime as dt

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from etl.sample.facts import GRID_WORKERS, Points, stream
from etl.sample.persons import person_names, telephones
from etl.sample.world import World


def grid_of(points: Points, world: World) -> NDArray[np.int64]:
    """Row of the third-level grid each EPSG:4549 point lies in; −1 outside."""
    tree = shapely.STRtree(world.territory.tier3["polygon"].to_numpy())
    point, grid = tree.query(shapely.points(points), predicate="intersects")
    found = np.full(len(points), -1, dtype=np.int64)
    found[point[::-1]] = grid[::-1]
    return found


def build_workers(world: World) -> pd.DataFrame:
    """One row per grid worker: code, name, female, telephone, leader, grid (code), community (name), since, absent."""
    rng = stream(world.seed, "workers")
    tier2, tier3 = world.territory.tier2, world.territory.tier3
    buildings = world.fabric.buildings
    grid = grid_of(buildings[["x", "y"]].to_numpy(), world)
    dwellings = (buildings["units"] * buildings["floors"] * buildings["rooms"]).to_numpy()
    load = np.bincount(grid[grid >= 0], weights=dwellings[grid >= 0], minlength=len(tier3))
    extra = GRID_WORKERS - len(tier2) - 2 * len(tier3)
    per_grid = np.full(len(tier3), 2)
    per_grid[np.argsort(-load, kind="stable")[:extra]] += 1
    grids = [*tier2["code"], *np.repeat(tier3["code"].to_numpy(), per_grid)]
    names = dict(zip(world.territory.communities["code"], world.territory.communities["name"], strict=True))
    count = len(grids)
    female = rng.random(count) < 0.58
    since = [world.until - dt.timedelta(int(days)) for days in rng.integers(120, 3600, count)]
    return pd.DataFrame(
        {
            "code": [f"W{number:03d}" for number in range(1, count + 1)],
            "name": person_names(female, rng),
            "female": female,
            "telephone": telephones(count, rng),
            "leader": np.arange(count) < len(tier2),
            "grid": grids,
            "community": [names[code[:12]] for code in grids],
            "since": [day.isoformat() for day in since],
            "absent": (rng.random(count) < 0.04) & (np.arange(count) >= len(tier2)),
        }
    )
