"""Petitions (信访): few, of people who have asked elsewhere before; more of them where a compound is tense.

Each day's hang on seed, scale and the day only, so that history and topping up agree. Numbers, kinds and shares are
assumed.
"""

import datetime as dt
from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.sample.facts import stream
from etl.sample.files import time_text
from etl.sample.reports import Reports

Floats = NDArray[np.float64]

#: a working day's at scale 1
DAILY_MEAN = 2.4
#: kind, share, what is asked for
_MATTERS = (
    ("物业管理", 0.26, "要求公开公共收益账目|反映物业服务质量|反映维修资金使用|反映地下车库收费"),
    ("征地拆迁", 0.17, "询问安置房权属办理|反映过渡费发放|反映拆迁补偿"),
    ("劳动社保", 0.16, "反映工资拖欠|反映社保缴纳|反映工伤待遇"),
    ("城乡建设", 0.15, "反映违章搭建|反映房屋渗漏|反映加装电梯意见不一"),
    ("环境保护", 0.12, "反映夜间施工噪声|反映餐饮油烟"),
    ("民政保障", 0.08, "咨询低保待遇|反映养老服务"),
    ("其他", 0.06, "反映邻里纠纷调处结果|对办理结果不满意"),
)
_SOURCES, _SOURCE_SHARES = ("来访", "网上", "电话", "来信"), (0.38, 0.30, 0.18, 0.14)
#: a matter is taken up within 15 days and ends within 60, as the regulations ask; one in twenty later
_TAKEN_UP_DAYS, _LONGEST_DAYS, _LATE_SHARE = 15, 60, 0.05


def build_petitions(reports: Reports, days: Iterable[dt.date]) -> pd.DataFrame:
    """Draw the petitions of some days.

    Returns
    -------
    petitions
        In order of time: source_key, title, kind, source, address, community, received_at, taken_up_at, ended_at
        (datetime64[s], local time); and the truth: building (row of the fabric).
    """
    world = reports.world
    persons = np.bincount(world.persons["building"], minlength=len(world.fabric.buildings)) / world.scale
    inclined = (persons + 1.0) * reports.causes.demand
    return pd.concat([_of_day(reports, day, inclined) for day in days], ignore_index=True)


def _of_day(reports: Reports, day: dt.date, inclined: Floats) -> pd.DataFrame:
    causes, world = reports.causes, reports.world
    rng = stream(world.seed, "petitions", day.toordinal(), round(world.scale * 1e6))
    count = int(rng.poisson(DAILY_MEAN * world.scale)) if day.weekday() < 5 else 0
    ladder = np.cumsum(inclined * causes.tension.on_reports(day) ** 1.5)
    building = np.searchsorted(ladder, rng.random(count) * ladder[-1], side="right")
    second = np.sort(rng.integers(9 * 3600, 17 * 3600, count))
    matter = rng.choice(len(_MATTERS), size=count, p=[share for _, share, _ in _MATTERS])
    text, form, detail, pace = rng.random((4, count))
    received = np.datetime64(day, "s") + second.astype("timedelta64[s]")
    days_taken = np.where(rng.random(count) < _LATE_SHARE, 1 + 0.4 * pace, 0.08 + 0.9 * pace) * _LONGEST_DAYS
    options = [_MATTERS[number][2].split("|") for number in matter.tolist()]
    return pd.DataFrame(
        {
            "source_key": [f"X{day:%Y%m%d}{number:03d}" for number in range(1, count + 1)],
            "title": [asked[int(value * len(asked))] for asked, value in zip(options, text.tolist(), strict=True)],
            "kind": [_MATTERS[number][0] for number in matter.tolist()],
            "source": rng.choice(_SOURCES, size=count, p=_SOURCE_SHARES),
            "address": [
                reports.wording.house(spot, *how)
                for spot, *how in zip(building.tolist(), form.tolist(), detail.tolist(), strict=True)
            ],
            "community": [f"{name}社区" for name in world.fabric.buildings["community"].to_numpy()[building]],
            "received_at": received,
            "taken_up_at": received + np.timedelta64(_TAKEN_UP_DAYS * 43_200, "s"),
            "ended_at": received + (days_taken * 86_400).astype("timedelta64[s]"),
            "building": building,
        }
    )


def petition_rows(petitions: pd.DataFrame, now: np.datetime64) -> pd.DataFrame:
    """Bring petitions into the register's headings with their state at `now`."""
    return pd.DataFrame(
        {
            "信访编号": petitions["source_key"],
            "事项名称": petitions["title"],
            "事项类型": petitions["kind"],
            "来源": petitions["source"],
            "涉及地点": petitions["address"],
            "社区": petitions["community"],
            "受理时间": time_text(petitions["received_at"].to_numpy("datetime64[s]")),
            "办结时间": time_text(petitions["ended_at"].to_numpy("datetime64[s]"), until=now),
            "处理状态": petition_state_at(petitions, now),
        }
    )


def petition_state_at(petitions: pd.DataFrame, now: np.datetime64) -> NDArray[np.object_]:
    """State of each petition at a local time."""
    states: NDArray[np.object_] = np.select(
        [(petitions["ended_at"] <= now).to_numpy(), (petitions["taken_up_at"] <= now).to_numpy()],
        ["已办结", "办理中"],
        "已受理",
    ).astype(object)
    return states
