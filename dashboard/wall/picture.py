"""What a wall is told: the parts of its picture, as they go over `/live`.

Times are epoch seconds, texts are ready to show. The page fills in only what depends on its own clock: ages,
durations, countdowns. `feeds` names what a panel rests on; it is as old as the oldest of them. `at` is when it was
computed from facts that are brought up to date from time to time.
"""

import json
from dataclasses import asdict, dataclass, field, is_dataclass
from typing import Any

from gis.texts import Texts

Point = list[float]


@dataclass(frozen=True)
class Feed:
    """A source of records; silent when its newest event is older than its interval."""

    name: str
    title: str
    newest_at: float | None
    expected_every_s: int | None


@dataclass(frozen=True)
class Counter:
    """One figure of the strip below the map."""

    label: str
    #: None when nobody can know; `reason` says why
    value: str | None
    unit: str
    line: str
    feeds: list[str]
    #: which way the figure errs while a feed is silent
    bias: str
    reason: str = ""
    #: grows by the day and not by the second: stays legible while the connection is lost
    slow: bool = False
    at: float | None = None


@dataclass(frozen=True)
class Step:
    """One class of a legend; `kind` class, few or gap."""

    kind: str
    label: str
    index: int | None = None


@dataclass(frozen=True)
class MarkKey:
    """One mark of a legend; `kind` as in dashboard/static/wall/drawing.js."""

    kind: str
    label: str


@dataclass(frozen=True)
class ShownLayer:
    """What the cells of a map show.

    `classes` has one character per cell of the ground, in its order: 0 … 4 the class, f fewer than five persons,
    g a gap, a full stop nothing.
    """

    title: str
    scope: str
    ramp: str
    classes: str
    steps: list[Step]
    feeds: list[str]
    at: float | None
    marks: list[MarkKey] = field(default_factory=list)
    note: str = ""


@dataclass(frozen=True)
class SmallMap:
    """One of the small maps of a very wide wall; points are (lon, lat, ready)."""

    title: str
    scope: str
    value: str
    under: str
    ramp: str
    classes: str
    points: list[list[Any]]
    feeds: list[str]
    at: float | None


@dataclass(frozen=True)
class Trend:
    """The last 24 hours, hour by hour up to `until`, and the mean of the same hours of the eight weeks before."""

    title: str
    scope: str
    feeds: list[str]
    until: float
    actual: list[int]
    #: None for an hour without any earlier week
    expected: list[float | None]
    actual_label: str
    expected_label: str
    at: float | None = None
    type: str = "trend"


@dataclass(frozen=True)
class Column:
    label: str
    number: bool = False
    strong: bool = False
    second: bool = False


@dataclass(frozen=True)
class Row:
    cells: list[str]
    sign: str = ""
    total: bool = False


@dataclass(frozen=True)
class Table:
    """A panel of rows under one figure."""

    title: str
    scope: str
    feeds: list[str]
    columns: list[Column]
    rows: list[Row]
    figure: dict[str, str] | None = None
    foot: str = ""
    empty: str = ""
    at: float | None = None
    type: str = "table"


@dataclass(frozen=True)
class OutRow:
    sign: str
    name: str
    under: str
    when: str


@dataclass(frozen=True)
class OutList:
    """Resources that are not ready."""

    title: str
    scope: str
    feeds: list[str]
    rows: list[OutRow]
    empty: str
    at: float | None = None


@dataclass(frozen=True)
class Gap:
    """A place beyond every reach, with how many people live there."""

    point: Point
    label: str


@dataclass(frozen=True)
class Scene:
    """Everything one scene shows beside the counters and the alerts, which all scenes share."""

    key: str
    title: str
    seconds: int
    layer: ShownLayer
    marks: str
    panel: Trend | Table
    register: Table | None
    small: list[SmallMap]
    gaps: list[Gap] = field(default_factory=list)
    out: OutList | None = None


def as_json(part: Any) -> str:
    """Serialise one part of a picture."""
    return json.dumps(part, ensure_ascii=False, separators=(",", ":"), default=plain)


def plain(thing: Any) -> Any:
    if is_dataclass(thing) and not isinstance(thing, type):
        return asdict(thing)
    raise TypeError(f"{type(thing).__name__} is no part of a picture")


def thousands(number: float) -> str:
    """Write a whole number as 230,464."""
    return f"{round(number):,}".replace("-", "−")


def signed(number: int) -> str:
    """Write a change with its sign: +30, −5 (U+2212), 0 when nothing changed."""
    return f"+{number:,}" if number > 0 else f"{number:,}".replace("-", "−")


def change(now: int, then: int, texts: Texts) -> str:
    """Write a change and its share: +30（+19%）; the share is left out when there was nothing before."""
    difference = signed(now - then)
    return texts.noted(difference, f"{signed(round((now - then) / then * 100))}%") if then else difference
