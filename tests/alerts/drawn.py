"""The sample's two years at full size as records of places, drawn by its generator and not loaded."""

import datetime as dt

import numpy as np
import pandas as pd

from alerts.risk.factors import Places, marked
from alerts.risk.store import kinds
from etl.sample.causes import Causes
from etl.sample.delivery import history_days
from etl.sample.world import build_world

UNTIL = dt.date(2026, 11, 22)


def drawn_records(seed: int) -> tuple[pd.DataFrame, Places]:
    """Draw records with the flags of `alerts.risk.factors.COUNTED`, and the compounds and apartments they lie in."""
    causes = Causes(build_world(seed=seed, scale=1.0, until=UNTIL))
    buildings = causes.world.fabric.buildings
    owners = buildings["owner"].to_numpy()
    kind_of = (
        causes.world.fabric.compounds.set_index("code")["kind"]
        .map({"拆迁安置": "resettlement", "商品房": "commercial"})
        .to_dict()
    )
    codes = sorted(set(owners))
    homes = (buildings["units"] * buildings["floors"] * buildings["rooms"]).groupby(owners).sum().reindex(codes)
    scored = Places(
        tuple(codes),
        tuple("apartment" if code.startswith("A") else kind_of[code] for code in codes),
        homes.to_numpy(float),
        np.zeros(len(codes)),
    )
    frames = []
    for day in history_days(UNTIL):
        for feed, names in (
            ("incidents", causes.incident_kinds["subcategory"]),
            ("requests", causes.items["category"]),
        ):
            draws = causes.draw(feed, day)
            home = draws.place_kind == 0
            frames.append(
                pd.DataFrame(
                    {
                        "day": day.toordinal() - dt.date(1970, 1, 1).toordinal(),
                        "building": draws.spot[home],
                        "subcategory": names.to_numpy()[draws.kind[home]] if feed == "incidents" else "",
                        "topic": names.to_numpy()[draws.kind[home]] if feed == "requests" else "",
                        "channel": "",
                        "escalated": draws.dice[home, 1] < draws.escalation[home],
                    }
                )
            )
    table = pd.concat(frames, ignore_index=True)
    for flag, fields in kinds().items():
        table[flag] = np.logical_or.reduce([table[field].isin(names) for field, names in fields.items()])
    table["place"] = scored.position(pd.Series(owners[table["building"]]))
    return marked(table.assign(near=table["building"] // 6, overdue=False, returned=False)), scored
