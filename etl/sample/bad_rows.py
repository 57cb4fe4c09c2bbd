"""Rows that are wrong in the ways the real files show, mixed into good tables; the truth is kept apart.

A bad row is made from a good one. Its reason is written down with the feed, the key and its place in the file. A key
given twice stands behind its good row; an exact copy is no news and changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

Row = dict[str, object]
Spoil = Callable[[Row, np.random.Generator], None]

BAD_SHARE = 0.01
_TIME_FORMS = ("2026/3/5 8:05", "3月5日", "46086.3375", "2026-03-05T", "昨天下午")
_NOT_COMMUNITIES = ("移动巡河", "商贸网格", "12345热线", "企业网格")
_RUBBISH = ("测试", "1111", "asdf", "看电视剧看到接口撒", "22", "不")


@dataclass(frozen=True)
class Kind:
    """How one feed's rows go wrong: its key column, the form of new keys, and a spoiler per reason."""

    feed: str
    key: str
    new_key: str
    spoilers: dict[str, Spoil]


def _set(column: str, *values: object) -> Spoil:
    def spoil(row: Row, rng: np.random.Generator) -> None:
        row[column] = values[int(rng.integers(len(values)))]

    return spoil


def _wrong_check(row: Row, rng: np.random.Generator) -> None:
    number = str(row["身份证号"])
    others = [mark for mark in "0123456789X" if mark != number[-1]]
    row["身份证号"] = number[:-1] + others[int(rng.integers(len(others)))]


def _rubbish(row: Row, rng: np.random.Generator) -> None:
    for column in ("事件大类", "事件标题", "事件描述", "category", "title", "description"):
        if column in row:
            row[column] = _RUBBISH[int(rng.integers(len(_RUBBISH)))]


def _rubbish_person(row: Row, rng: np.random.Generator) -> None:
    row["姓名"], row["身份证号"] = "测试", "1" * int(rng.integers(4, 12))


def _swapped(lon: str, lat: str) -> Spoil:
    def spoil(row: Row, rng: np.random.Generator) -> None:
        east, north = 120.48 + 0.08 * rng.random(), 31.31 + 0.02 * rng.random()
        row[lon], row[lat] = round(north, 6), round(east, 6)
        if "crs" in row:
            row["crs"] = "BD-09"

    return spoil


def _closed_early(ended: str, reported: str, state: str) -> Spoil:
    def spoil(row: Row, rng: np.random.Generator) -> None:
        # a year too early, as when the old year is typed on in January
        row[ended] = f"{int(str(row[reported])[:4]) - 1}{str(row[reported])[4:]}"
        row[state] = "已办结"

    return spoil


RESIDENTS = Kind(
    "residents",
    "人员编号",
    "P9{:06d}",
    {
        "wrong_check_digit": _wrong_check,
        "impossible_date": _set("出生日期", "1987-02-30", "2001-13-05", "1990-06-31"),
        "born_after_today": _set("出生日期", "2091-04-01", "2077-10-12"),
        "rubbish": _rubbish_person,
        "time_form": _set("出生日期", "1988年5月", "32874", "88/5/3"),
    },
)
INCIDENTS = Kind(
    "incidents",
    "事件编号",
    "{:05d}",
    {
        "unknown_key_scheme": _set("事件编号", "WX-2026-07", "sj#12", "MXq5psaT"),
        "time_form": _set("上报时间", *_TIME_FORMS),
        "source_as_community": _set("社区", *_NOT_COMMUNITIES),
        "rubbish": _rubbish,
        "impossible_date": _set("上报时间", "2026-02-30 10:15:00", "2025-13-01 08:00:00"),
        "closed_before_reported": _closed_early("办结时间", "上报时间", "状态"),
        "reported_in_future": _set("上报时间", "2091-01-05 09:30:00"),
        "swapped_axes": _swapped("经度", "纬度"),
    },
)
REQUESTS = Kind(
    "requests",
    "source_key",
    "Q9{:07d}",
    {
        "unknown_item": _set("item_code", "S999", "X01"),
        "time_form": _set("reported_at", *_TIME_FORMS),
        "rubbish": _rubbish,
        "impossible_date": _set("reported_at", "2026-02-30T10:15:00+08:00"),
        "closed_before_reported": _closed_early("closed_at", "reported_at", "status"),
        "reported_in_future": _set("reported_at", "2091-01-05T09:30:00+08:00"),
        "swapped_axes": _swapped("lon", "lat"),
    },
)
PETITIONS = Kind(
    "petitions",
    "信访编号",
    "X9{:06d}",
    {
        "unknown_state": _set("处理状态", "已阅", "测试"),
        "time_form": _set("受理时间", *_TIME_FORMS),
        "impossible_date": _set("受理时间", "2026-02-30 10:15:00"),
        "closed_before_reported": _closed_early("办结时间", "受理时间", "处理状态"),
        "source_as_community": _set("社区", *_NOT_COMMUNITIES),
    },
)
VISITS = Kind(
    "visits",
    "走访编号",
    "V9{:06d}",
    {
        "unknown_kind": _set("走访类型", "12345热线", "测试"),
        "impossible_date": _set("计划日期", "2026-02-30"),
        "time_form": _set("计划日期", "3月5日", "46086"),
        "unknown_person": _set("人员编号", "", "P0"),
    },
)
COMPOUNDS = Kind("compounds", "编号", "C9{:d}", {"unknown_kind": _set("类型", "测试")})
RESOURCES = Kind(
    "resources", "资源编号", "R9{:02d}", {"unknown_kind": _set("类别", "测试"), "unknown_state": _set("状态", "坏了")}
)
WORKERS = Kind("grid_workers", "工号", "W9{:02d}", {"unknown_grid": _set("网格编码", "3205050039999", "待定")})


def mix_in(table: pd.DataFrame, kind: Kind, count: int, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mix `count` bad rows into a table.

    Returns
    -------
    mixed, truth
        The table with its columns unchanged and rows in order; and one row per bad row: feed, source_key, row (in the
        file, from 1 after the heading), reason.
    """
    if count == 0 or table.empty:
        return table, pd.DataFrame(columns=["feed", "source_key", "row", "reason"])
    reasons = [*kind.spoilers, "same_key_twice", "copy"]
    columns = {str(name): table[name].to_numpy(dtype=object) for name in table.columns}
    origin = np.sort(rng.integers(0, len(table), count))
    rows, marks, positions = [], [], []
    for number, place in enumerate(origin.tolist()):
        row: Row = {name: values[place] for name, values in columns.items()}
        turn = number % len(reasons) if count < 3 * len(reasons) else int(rng.integers(len(reasons)))
        reason = reasons[turn]
        position = place + 0.5
        if reason == "same_key_twice":
            donor = (place + 1 + int(rng.integers(max(1, len(table) - 1)))) % len(table)
            row = {name: values[donor] for name, values in columns.items()} | {kind.key: row[kind.key]}
            position += float(rng.integers(0, 40))
        elif reason == "copy":
            position += float(rng.integers(0, 40))
        else:
            row[kind.key] = kind.new_key.format(number + 1)
            kind.spoilers[reason](row, rng)
        rows.append(row)
        marks.append(reason)
        positions.append(position)
    order = np.argsort(np.concatenate([np.arange(len(table), dtype=float), positions]), kind="stable")
    bad = {name: np.array([row[name] for row in rows] + [None], dtype=object)[:-1] for name in columns}
    mixed = pd.DataFrame(
        {name: np.concatenate([values, bad[name]])[order] for name, values in columns.items()}, dtype=object
    )
    where = np.flatnonzero(order >= len(table))
    which = order[where] - len(table)
    truth = pd.DataFrame(
        {
            "feed": kind.feed,
            "source_key": bad[kind.key][which],
            "row": where + 1,
            "reason": np.array(marks, dtype=object)[which],
        }
    )
    return mixed, truth
