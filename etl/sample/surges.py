"""Planted surges: what a detector should find, and the truth of it.

Each surge adds reports of one kind round one place for some days. They are placed relative to the end of the history,
so that some are over, some are going on. Detectors never see this module; tests read the truth from files.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from etl.sample.facts import stream
from etl.sample.world import World


@dataclass(frozen=True)
class Plan:
    """A surge as planned: feed and kind, whose buildings ('' for crossings everywhere), when, how many."""

    name: str
    feed: str
    subcategory: str
    owner: str
    buildings: int
    first_day: int  # days before the end of the history; 0 is the last day
    last_day: int
    extra: int  # reports at scale 1


# disputes in three places, one now; fevers in a dormitory twice; a day of rain; wages, noise and parking now
PLANS = (
    Plan("dispute-now", "incidents", "矛盾纠纷", "C41", 6, 9, -2, 64),
    Plan("dispute-spring", "incidents", "矛盾纠纷", "C07", 8, 240, 228, 58),
    Plan("dispute-before", "incidents", "矛盾纠纷", "C19", 5, 96, 88, 42),
    Plan("fever-dormitory", "requests", "发热就诊咨询", "A1", 4, 34, 26, 95),
    Plan("fever-now", "requests", "发热就诊咨询", "A2", 5, 4, -2, 48),
    Plan("rain-day", "incidents", "道路积水", "", 0, 142, 142, 260),
    Plan("noise-now", "incidents", "噪声扰民", "C52", 7, 6, -1, 44),
    Plan("wages-now", "requests", "欠薪维权", "A1", 36, 5, -2, 52),
    Plan("charging-summer", "incidents", "电动车违规充电", "C34", 10, 118, 104, 70),
    Plan("parking-now", "requests", "停车管理诉求", "C41", 18, 12, -2, 80),
)


@dataclass(frozen=True)
class Surge:
    """A surge placed in a world: its days, buildings (rows of the fabric) or crossings, and reports per day."""

    plan: Plan
    start: dt.date
    end: dt.date
    spots: tuple[int, ...]
    per_day: tuple[int, ...]

    def count_on(self, day: dt.date) -> int:
        """Tell how many extra reports fall on a day."""
        offset = (day - self.start).days
        return self.per_day[offset] if 0 <= offset < len(self.per_day) else 0


def plan_surges(world: World) -> list[Surge]:
    """Place all plans in a world; at small scale a surge keeps at least six reports."""
    surges = []
    buildings = world.fabric.buildings
    for plan in PLANS:
        rng = stream(world.seed, "surge", plan.name[:8], plan.name[-8:])
        start, end = world.until - dt.timedelta(plan.first_day), world.until - dt.timedelta(plan.last_day)
        days = (end - start).days + 1
        total = max(6, round(plan.extra * world.scale))
        # swelling to the middle for those that are over, to the end for those that go on
        shape = np.linspace(1, 3, days) if plan.last_day < 0 else 1 + np.sin(np.linspace(0.3, np.pi - 0.3, days))
        per_day = rng.multinomial(total, shape / shape.sum())
        if plan.owner:
            own = buildings[buildings["owner"] == plan.owner]
            seed_row = own.iloc[int(rng.integers(len(own)))]
            away = np.hypot(own["x"] - seed_row["x"], own["y"] - seed_row["y"])
            spots = tuple(
                int(index) for index in own.index[np.argsort(away.to_numpy(), kind="stable")][: plan.buildings]
            )
        else:
            spots = ()
        surges.append(Surge(plan=plan, start=start, end=end, spots=spots, per_day=tuple(int(n) for n in per_day)))
    return surges


def surge_table(world: World, surges: list[Surge]) -> pd.DataFrame:
    """One row per surge: place (EPSG:4549 centre, radius [m]), days and reports up to the history's end."""
    rows = []
    for surge in surges:
        own = world.fabric.buildings.loc[list(surge.spots)]
        last = min(surge.end, world.until)
        days = (last - surge.start).days + 1
        centre = (own["x"].mean(), own["y"].mean()) if len(own) else (np.nan, np.nan)
        radius_m = np.hypot(own["x"] - centre[0], own["y"] - centre[1]).max() if len(own) else np.nan
        rows.append(
            {
                "surge": surge.plan.name,
                "feed": surge.plan.feed,
                "subcategory": surge.plan.subcategory,
                "place": own["owner_name"].iloc[0] if len(own) else "全街道路口",
                "x": centre[0],
                "y": centre[1],
                "radius_m": radius_m,
                "start": surge.start.isoformat(),
                "end": last.isoformat(),
                "extra": sum(surge.per_day[:days]),
            }
        )
    return pd.DataFrame(rows)
