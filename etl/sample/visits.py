"""Visits of grid workers to residents: twelve months back, thirty days ahead."""

import datetime as dt

import numpy as np
import pandas as pd

from etl.sample.facts import stream
from etl.sample.persons import CHRONIC, DISABLED, LIVING_ALONE, LOW_INCOME, PREGNANT, person_keys
from etl.sample.staff import grid_of
from etl.sample.world import World

# at scale 1; spread over 395 days
VISITS = 40_000
_KINDS = (
    ("独居老人走访", LIVING_ALONE, 0.34),
    ("困难家庭走访", LOW_INCOME, 0.06),
    ("残疾人探访", DISABLED, 0.17),
    ("孕产随访", PREGNANT, 0.06),
    ("慢病随访", CHRONIC, 0.22),
    ("出租房登记", 0, 0.15),
)
_RESULTS = {
    "独居老人走访": "身体状况良好;需要代购药品;情绪低落，已陪聊;联系子女",
    "困难家庭走访": "发放慰问品;补助到账;需要就业帮助",
    "残疾人探访": "辅具正常;需要更换轮椅;已预约评残",
    "孕产随访": "状况良好;已提醒产检",
    "慢病随访": "血压正常;血压偏高，已提醒就医;按时服药",
    "出租房登记": "已登记;承租人变更;人员核对一致",
}


def build_visits(world: World, workers: pd.DataFrame) -> pd.DataFrame:
    """Plan and keep `round(40000·scale)` visits; rows in order of the planned day, in the delivery's headings."""
    rng = stream(world.seed, "visits", round(world.scale * 1e6))
    persons = world.persons
    tags = persons["tags"].to_numpy()
    count = round(VISITS * world.scale)
    kind = rng.choice(len(_KINDS), size=count, p=[share for _, _, share in _KINDS])
    person = np.zeros(count, dtype=np.int64)
    for number, (_, bit, _) in enumerate(_KINDS):
        pool = np.flatnonzero((tags & bit) > 0) if bit else np.flatnonzero(~persons["registered"].to_numpy())
        if not len(pool):
            pool = np.arange(len(persons))
        rows = np.flatnonzero(kind == number)
        person[rows] = pool[rng.integers(0, len(pool), len(rows))]
    day = np.sort(rng.integers(-365, 31, count))
    buildings = world.fabric.buildings
    grid = grid_of(buildings[["x", "y"]].to_numpy(), world)[persons["building"].to_numpy()[person]]
    worker = _worker_of(grid, world, workers, rng)
    done = (day <= 0) & (rng.random(count) < np.where(day > -4, 0.72, 0.985))
    missed = (day < 0) & ~done & (rng.random(count) < 0.5)
    keys = np.array(person_keys(len(persons)), dtype=object)
    planned = [(world.until + dt.timedelta(int(offset))).isoformat() for offset in day]
    minute = rng.integers(8 * 60, 18 * 60, count)
    names = [_KINDS[number][0] for number in kind]
    return pd.DataFrame(
        {
            "走访编号": [f"V{number:07d}" for number in range(1, count + 1)],
            "人员编号": keys[person],
            "走访类型": names,
            "工号": worker,
            "计划日期": planned,
            "完成时间": [
                f"{date} {moment // 60:02d}:{moment % 60:02d}:00" if kept else ""
                for date, moment, kept in zip(planned, minute.tolist(), done.tolist(), strict=True)
            ],
            "状态": np.select([done, missed], ["已走访", "未遇"], "待走访"),
            "结果": [
                _pick(_RESULTS[name], value) if kept else "敲门无人应" if gone else ""
                for name, value, kept, gone in zip(
                    names, rng.random(count).tolist(), done.tolist(), missed.tolist(), strict=True
                )
            ],
            "备注": "",
        }
    )


def _pick(listed: str, value: float) -> str:
    options = listed.split(";")
    return options[int(value * len(options))]


def _worker_of(
    grid: "np.ndarray[tuple[int], np.dtype[np.int64]]", world: World, workers: pd.DataFrame, rng: np.random.Generator
) -> list[str]:
    """A worker of the grid, always the same one for a share of its visits."""
    own: dict[str, list[str]] = {}
    for code, area in zip(workers["code"], workers["grid"], strict=True):
        own.setdefault(area, []).append(code)
    codes = world.territory.tier3["code"].to_list()
    return [
        team[int(value * len(team))]
        for team, value in (
            (own[codes[place]], draw) for place, draw in zip(grid.tolist(), rng.random(len(grid)), strict=True)
        )
    ]
