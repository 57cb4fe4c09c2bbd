"""Incidents and requests as frames: draws of days turned into rows with texts, times and states.

A report's life is fixed when it is drawn; the state at any moment follows from it, so history, topping up and
simulation agree. Assumed: how long things take, chosen so that about 90 % of incidents end as 已办结, about 92 % of
those in time, and a little over a hundred are open at any moment.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.sample.causes import PLACE_KINDS, Causes, DayDraws
from etl.sample.facts import records, to_geographic
from etl.sample.persons import person_keys
from etl.sample.staff import build_workers, grid_of
from etl.sample.tension import TOGETHER
from etl.sample.wording import Wording
from etl.sample.world import World
from gis.coordinates import System, from_wgs84

INCIDENT_STATES = ("待派遣", "已派遣", "已接单", "处置中", "已办结", "已转办", "已作废")
REQUEST_STATES = ("待受理", "办理中", "已办结", "已撤回")
# share of incidents handed on, and void; the rest is closed (90 %: 68 710 of 76 161 in the year to July 2021)
_HANDED_ON, _VOID = 0.063, 0.035
_LATE_SHARE = 0.08
# share of the coordinates that were taken where the report was typed and not where it is about; assumed
_ASTRAY_SHARE, _ASTRAY_M = 0.02, (400.0, 900.0)
# share that whoever had it sends back, to be given to somebody else; of a tense compound's disputes more (in logs)
_SENT_BACK, _TENSE_SENT_BACK = 0.025, 0.6
_SOURCES = ("网格上报", "联动中心", "12345热线", "数字城管", "住枫桥", "上级交办")
# shares where patrols report and where citizens do; from the counts by source of mid-2021, 住枫桥 assumed
_SOURCE_SHARES = {
    "patrol": (0.90, 0.06, 0.00, 0.02, 0.00, 0.02),
    "mixed": (0.52, 0.25, 0.07, 0.07, 0.07, 0.02),
}
_REQUEST_SOURCES = ("12345热线", "住枫桥", "便民服务中心", "网格上报", "来访", "来信", "其他")
_REQUEST_SOURCE_SHARES = (0.46, 0.22, 0.20, 0.06, 0.03, 0.02, 0.01)
_TAILS = ("", "", "", "，请尽快处理", "，多次反映", "，已持续多日", "，居民要求回复", "，存在安全隐患")


@dataclass(frozen=True)
class Reports:
    """Turns draws into rows for one world."""

    causes: Causes

    @property
    def world(self) -> World:
        return self.causes.world

    @cached_property
    def wording(self) -> Wording:
        return Wording(self.causes)

    @cached_property
    def workers(self) -> pd.DataFrame:
        return build_workers(self.world)

    @cached_property
    def _site(self) -> dict[str, NDArray[np.float64]]:
        pois = self.world.places.pois[["x", "y"]].to_numpy(dtype=float)
        return {
            "home": self.world.fabric.buildings[["x", "y"]].to_numpy(dtype=float),
            "road": self.causes.junctions[["x", "y"]].to_numpy(dtype=float),
            "poi": pois,
            "works": pois,
            "water": pois,
        }

    @cached_property
    def _grid(self) -> dict[str, NDArray[np.int64]]:
        return {name: np.maximum(grid_of(points, self.world), 0) for name, points in self._site.items()}

    @cached_property
    def _teams(self) -> list[list[str]]:
        own: dict[str, list[str]] = {}
        for code, grid in zip(self.workers["code"], self.workers["grid"], strict=True):
            own.setdefault(grid, []).append(code)
        return [own[code] for code in self.world.territory.tier3["code"]]

    def incidents(self, days: Iterable[DayDraws]) -> pd.DataFrame:
        """Rows of incidents in order of time.

        Returns
        -------
        incidents
            source_key, category, subcategory, title, description, address, community, lon, lat (BD-09, mostly NaN),
            grade, source, reported_at, due_at, dispatched_at, accepted_at, returned_at (NaT: never sent back),
            handled_at, ended_at (datetime64[s], local time), end_state, worker; and the truth: surge, place_kind, x, y
            (EPSG:4549).
        """
        drawn = _Stack(list(days))
        kinds = self.causes.incident_kinds
        table = self._frame(drawn, kinds["subcategory"].to_numpy(), kinds["texts"].to_numpy())
        dice = drawn.dice
        table["category"] = kinds["category"].to_numpy()[drawn.kind]
        source = _incident_sources(table["category"].to_numpy(), dice[:, 0])
        table["source"] = source
        table["source_key"] = _incident_keys(drawn, source, dice[:, 0])
        table["grade"] = _grades(dice[:, 1], drawn.escalation)
        together = np.flatnonzero(_taken_up(dice[:, 1], drawn.escalation))
        said = np.array(TOGETHER, dtype=object)[(dice[together, 6] * len(TOGETHER)).astype(int)]
        table.loc[together, "description"] = table["description"].to_numpy()[together] + said
        due_h = kinds["due_h"].to_numpy()[drawn.kind]
        _life(table, due_h, dice[:, 2], dice[:, 3], quick=11.0)
        table["end_state"] = np.select(
            [dice[:, 7] < _HANDED_ON, dice[:, 7] < _HANDED_ON + _VOID], ["已转办", "已作废"], "已办结"
        )
        sent_back = _sent_back(dice[:, 2] * 7919 % 1, drawn.tense) & (table["end_state"] != "已作废").to_numpy()
        between = table["accepted_at"] + (table["handled_at"] - table["accepted_at"]) / 2
        table["returned_at"] = between.dt.floor("s").where(sent_back).to_numpy("datetime64[s]")
        table["worker"] = self._reporters(drawn, source, dice[:, 4])
        self._coordinates(table, dice, share=0.2, system=System.BD09)
        return table

    def requests(self, days: Iterable[DayDraws]) -> pd.DataFrame:
        """Rows of requests in order of time: as incidents, with item_code, resident_key and crs, without grade."""
        drawn = _Stack(list(days))
        items = self.causes.items
        table = self._frame(drawn, items["name"].to_numpy(), items["texts"].to_numpy())
        dice = drawn.dice
        table["category"] = items["category"].to_numpy()[drawn.kind]
        table["item_code"] = np.array([f"S{number + 1:03d}" for number in range(len(items))], dtype=object)[drawn.kind]
        edges = np.cumsum(_REQUEST_SOURCE_SHARES)
        table["source"] = np.array(_REQUEST_SOURCES, dtype=object)[np.searchsorted(edges, dice[:, 0]).clip(0, 6)]
        table["source_key"] = [f"Q{number:08d}" for number in drawn.numbers.tolist()]
        _life(table, items["due_days"].to_numpy()[drawn.kind] * 24.0, dice[:, 2], dice[:, 3], quick=4.0)
        table["end_state"] = np.where(dice[:, 7] < 0.025, "已撤回", "已办结")
        keys = np.array([*person_keys(len(self.world.persons)), ""], dtype=object)
        known = (dice[:, 1] < 0.7) & (drawn.person >= 0)
        table["resident_key"] = keys[np.where(known, drawn.person, -1)]
        app = (table["source"] == "住枫桥").to_numpy()
        self._coordinates(table, dice, share=0.1, system=System.BD09)
        with_point = table["lon"].notna().to_numpy()
        table["crs"] = np.where(with_point, np.where(app, "GCJ-02", "BD-09"), "")
        gcj = np.flatnonzero(with_point & app)
        if len(gcj):
            place = to_geographic(table[["x", "y"]].to_numpy()[gcj])
            lon, lat = from_wgs84(place[:, 0], place[:, 1], system=System.GCJ02)
            table.loc[table.index[gcj], "lon"], table.loc[table.index[gcj], "lat"] = np.round(lon, 6), np.round(lat, 6)
        return table

    def _frame(self, drawn: "_Stack", names: NDArray[np.object_], texts: NDArray[np.object_]) -> pd.DataFrame:
        """Columns both feeds share: place, texts, time of report."""
        names_of_kind = names[drawn.kind]
        site = np.full((len(drawn.kind), 2), np.nan)
        grid = np.zeros(len(drawn.kind), dtype=np.int64)
        for index, kind in enumerate(PLACE_KINDS):
            rows = drawn.place_kind == index
            site[rows], grid[rows] = self._site[kind][drawn.spot[rows]], self._grid[kind][drawn.spot[rows]]
        addresses = self._addresses(drawn)
        options = [str(text).split("|") for text in texts]
        what = [
            options[kind][int(value * len(options[kind]))]
            for kind, value in zip(drawn.kind.tolist(), drawn.dice[:, 6].tolist(), strict=True)
        ]
        tail = [_TAILS[int(value * 7919) % len(_TAILS)] for value in drawn.dice[:, 6].tolist()]
        # one report in twelve has its place in the description only
        hidden = (drawn.dice[:, 5] > 0.92).tolist()
        grids = (
            self.world.territory.tier3["community"]
            .map({code: f"{name}社区" for code, name in records(self.world.territory.communities[["code", "name"]])})
            .to_numpy()
        )
        stated = (drawn.dice[:, 7] * 9973 % 1 < 0.82) & (drawn.place_kind >= 0)
        return pd.DataFrame(
            {
                "subcategory": names_of_kind,
                "title": [
                    f"{name}：{text}" if len(text) < 9 else text for name, text in zip(names_of_kind, what, strict=True)
                ],
                "description": [
                    f"{address}{text}{end}" if inside else f"{text}{end}"
                    for address, text, end, inside in zip(addresses, what, tail, hidden, strict=True)
                ],
                "address": ["" if inside else address for address, inside in zip(addresses, hidden, strict=True)],
                "community": np.where(stated, grids[grid], ""),
                "reported_at": drawn.reported_at,
                "surge": drawn.surge,
                "place_kind": drawn.place_kind,
                "x": site[:, 0],
                "y": site[:, 1],
                "grid": grid,
            }
        )

    def _addresses(self, drawn: "_Stack") -> list[str]:
        wording = self.wording
        write = {0: wording.house, 1: wording.crossing, 2: wording.poi, 3: wording.poi, 4: wording.poi}
        return [
            write[kind](spot, form, detail) if kind >= 0 else wording.nowhere(form, detail)
            for kind, spot, form, detail in zip(
                drawn.place_kind.tolist(),
                drawn.spot.tolist(),
                drawn.dice[:, 4].tolist(),
                (drawn.dice[:, 3] * 7919 % 1).tolist(),
                strict=True,
            )
        ]

    def _reporters(self, drawn: "_Stack", source: NDArray[np.object_], value: NDArray[np.float64]) -> list[str]:
        grid = np.zeros(len(drawn.kind), dtype=np.int64)
        for index, kind in enumerate(PLACE_KINDS):
            rows = drawn.place_kind == index
            grid[rows] = self._grid[kind][drawn.spot[rows]]
        return [
            self._teams[place][int(draw * 997) % len(self._teams[place])] if origin == "网格上报" else ""
            for place, origin, draw in zip(grid.tolist(), source.tolist(), value.tolist(), strict=True)
        ]

    def _coordinates(self, table: pd.DataFrame, dice: NDArray[np.float64], *, share: float, system: System) -> None:
        """Give a share of the placed rows a coordinate, some metres off; a few, not of surges, lie somewhere else."""
        rows = np.flatnonzero((dice[:, 5] < share) & (table["place_kind"].to_numpy() >= 0))
        angle, off_m = dice[rows, 6] * 2 * np.pi, 14.0 * dice[rows, 7]
        points = table[["x", "y"]].to_numpy()[rows] + np.column_stack([np.cos(angle), np.sin(angle)]) * off_m[:, None]
        die = dice[rows, 7] * 104729 % 1 / _ASTRAY_SHARE
        # towards the middle, where the sub-district is all round
        inwards = self._site["home"].mean(axis=0) - points
        far_m = np.hypot(*inwards.T)
        astray = (die < 1) & (table["surge"].to_numpy()[rows] < 0) & (far_m > _ASTRAY_M[1])
        step_m = _ASTRAY_M[0] + die * (_ASTRAY_M[1] - _ASTRAY_M[0])
        points = np.where(astray[:, None], points + inwards * (step_m / np.maximum(far_m, 1.0))[:, None], points)
        lon, lat = np.full(len(table), np.nan), np.full(len(table), np.nan)
        if len(rows):
            place = to_geographic(points)
            x, y = from_wgs84(place[:, 0], place[:, 1], system=system)
            lon[rows], lat[rows] = np.round(x, 6), np.round(y, 6)
        table["lon"], table["lat"] = lon, lat


class _Stack:
    """The draws of several days end to end."""

    def __init__(self, days: list[DayDraws]) -> None:
        self.kind = np.concatenate([day.kind for day in days])
        self.place_kind = np.concatenate([day.place_kind for day in days])
        self.spot = np.concatenate([day.spot for day in days])
        self.person = np.concatenate([day.person for day in days])
        self.surge = np.concatenate([day.surge for day in days])
        self.dice = np.concatenate([day.dice for day in days])
        self.escalation = np.concatenate([day.escalation for day in days])
        self.tense = np.concatenate([day.tense for day in days])
        self.numbers = np.concatenate([day.first_number + np.arange(len(day)) for day in days])
        self.years = np.concatenate([np.full(len(day), day.day.year) for day in days])
        self.reported_at = np.concatenate(
            [np.datetime64(day.day, "s") + day.second_of_day.astype("timedelta64[s]") for day in days]
        )


def state_at(table: pd.DataFrame, now: np.datetime64) -> NDArray[np.object_]:
    """State of each incident at a local time: the last step that has happened."""
    states: NDArray[np.object_] = np.select(
        [
            (table["ended_at"] <= now).to_numpy(),
            (table["handled_at"] <= now).to_numpy(),
            (table["accepted_at"] <= now).to_numpy(),
            (table["dispatched_at"] <= now).to_numpy(),
        ],
        [table["end_state"].to_numpy(), "处置中", "已接单", "已派遣"],
        "待派遣",
    ).astype(object)
    return states


def request_state_at(table: pd.DataFrame, now: np.datetime64) -> NDArray[np.object_]:
    """State of each request at a local time."""
    states: NDArray[np.object_] = np.select(
        [(table["ended_at"] <= now).to_numpy(), (table["accepted_at"] <= now).to_numpy()],
        [table["end_state"].to_numpy(), "办理中"],
        "待受理",
    ).astype(object)
    return states


def _grades(value: NDArray[np.float64], escalation: NDArray[np.float64]) -> NDArray[np.object_]:
    """Grade of each incident from a uniform; disputes that escalate are at least 较大, four in ten of them 重大."""
    major = np.where(escalation > 0, 0.4 * escalation, 0.005)
    grades: NDArray[np.object_] = np.select(
        [value < 0.1 * major, value < major, value < np.maximum(0.035, escalation)],
        ["特别重大", "重大", "较大"],
        "一般",
    ).astype(object)
    return grades


def _taken_up(value: NDArray[np.float64], escalation: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which disputes escalate because people take them up together."""
    return (value < escalation) & (value >= 0.4 * escalation)


def _sent_back(value: NDArray[np.float64], tense: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which incidents are sent back once on their way."""
    return value < _SENT_BACK * np.exp(_TENSE_SENT_BACK * tense)


def _incident_sources(category: NDArray[np.object_], value: NDArray[np.float64]) -> NDArray[np.object_]:
    patrol = category == "网格党建"
    names = np.array(_SOURCES, dtype=object)
    by_patrol = np.searchsorted(np.cumsum(_SOURCE_SHARES["patrol"]), value).clip(0, len(names) - 1)
    mixed = np.searchsorted(np.cumsum(_SOURCE_SHARES["mixed"]), value).clip(0, len(names) - 1)
    return names[np.where(patrol, by_patrol, mixed)]


def _incident_keys(drawn: _Stack, source: NDArray[np.object_], value: NDArray[np.float64]) -> list[str]:
    """Two schemes side by side, as in the order tables: the linkage centre's and the communities' own numbers."""
    inner = (source == "网格上报") & (value * 131 % 1 < 0.4)
    return [
        str(100_000 + number) if own else f"{year}001{number % 1_000_000:06d}"
        for number, own, year in zip(drawn.numbers.tolist(), inner.tolist(), drawn.years.tolist(), strict=True)
    ]


def _life(
    table: pd.DataFrame,
    due_h: NDArray[np.float64],
    value: NDArray[np.float64],
    late: NDArray[np.float64],
    *,
    quick: float,
) -> None:
    """Set due, dispatch, acceptance, handling and end of each report from uniforms."""
    in_time = due_h * 0.97 * value**quick + 0.35
    too_late = due_h * (1.02 + 0.3 * value) + 0.2
    hours = np.where(late < _LATE_SHARE, too_late, np.minimum(in_time, due_h * 0.99))
    reported = table["reported_at"].to_numpy()
    table["due_at"] = reported + (due_h * 3600).astype("timedelta64[s]")
    for name, share, most_h in (("dispatched_at", 0.12, 0.4), ("accepted_at", 0.25, 1.2), ("handled_at", 0.4, 4.0)):
        table[name] = reported + (np.minimum(hours * share, most_h) * 3600).astype("timedelta64[s]")
    table["ended_at"] = reported + (hours * 3600).astype("timedelta64[s]")
