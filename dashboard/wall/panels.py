"""What stands beside the map: the last day's trend, tables per community, category and kind, what is out of use."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import h3.api.basic_int as h3
from sqlalchemy import Connection

from dashboard.look import RESOURCE_SIGNS
from dashboard.wall.ground import Ground
from dashboard.wall.picture import Column, Gap, OutList, OutRow, Row, Table, Trend, thousands
from dashboard.wall.select_ground import SQL
from gis.texts import Texts

HOURS = 24
WEEKS = 8
#: order of the register; teams and stations first in the list of what is out of use
KINDS = ("fire_station", "shelter", "clinic", "police_post", "depot", "team", "aed", "hydrant")
OUT_FIRST = ("team", "fire_station", "police_post", "clinic", "depot", "shelter", "aed", "hydrant")
#: clusters of cells beyond every reach that get a label
GAPS_SHOWN = 4
FEWEST_PERSONS = 5


def trend(rows: Sequence[Any], *, title: str, feed: str, now: datetime, oldest_week: int, texts: Texts) -> Trend:
    """Lay hours and weeks side by side.

    Parameters
    ----------
    rows
        `week` (0 = the last 24 hours), `hour` (0 … 23, 23 ends now), `events`.
    oldest_week
        How many earlier weeks there is history for; an hour's mean is taken over those, zeros included.
    """
    actual = [0] * HOURS
    before = [0] * HOURS
    for row in rows:
        hour = min(max(row["hour"], 0), HOURS - 1)
        if row["week"] == 0:
            actual[hour] += row["events"]
        elif row["week"] <= oldest_week:
            before[hour] += row["events"]
    return Trend(
        title=title,
        scope=texts("wall.unit.per_hour"),
        feeds=[feed],
        until=now.timestamp(),
        actual=actual,
        expected=[round(count / oldest_week, 2) if oldest_week else None for count in before],
        actual_label=texts("wall.panel.actual"),
        expected_label=texts("wall.panel.expected"),
    )


def select_trend(connection: Connection, kind: str, *, code: str, now: datetime, texts: Texts) -> Trend:
    """Select the last day of requests or incidents against the eight weeks before."""
    rows = connection.execute(SQL[f"{kind}_hours"], {"code": code, "now": now}).mappings().all()
    oldest_week = max((row["week"] for row in rows), default=0)
    title = texts("wall.panel.requests" if kind == "request" else "wall.panel.incidents")
    return trend(rows, title=title, feed=f"{kind}s", now=now, oldest_week=oldest_week, texts=texts)


def by_community(rows: Sequence[Any]) -> dict[str, Any]:
    """Rows by community code; the whole sub-district under an empty code."""
    return {row["unit_code"] if row["unit_kind"] == "community" else "": row for row in rows}


def published(number: float | None, texts: Texts) -> str:
    return texts("wall.few") if number is None else thousands(number)


def rate(number: float | None, texts: Texts) -> str:
    return texts("wall.few") if number is None else f"{number:.1f}"


def named(thing: Any, texts: Texts) -> str:
    return str(thing.name_en if texts.language == "en" and thing.name_en else thing.name)


def demand_table(connection: Connection, ground: Ground, *, code: str, at: float | None, texts: Texts) -> Table:
    """Requests of 30 days and their rate per community, highest rate first; the total closes it."""
    found = by_community(connection.execute(SQL["community_demand"], {"code": code, "topic": "all"}).mappings().all())
    rows = [(found[one.code], named(one, texts)) for one in ground.communities if one.code in found]
    rows.sort(key=lambda pair: -(pair[0]["per_1000"] or 0))
    lines = [Row([name, published(row["requests"], texts), rate(row["per_1000"], texts)]) for row, name in rows]
    if "" in found:
        whole = found[""]
        lines.append(
            Row([texts("wall.whole"), published(whole["requests"], texts), rate(whole["per_1000"], texts)], total=True)
        )
    return Table(
        title=texts("wall.panel.demand"),
        scope=texts("wall.panel.demand.scope"),
        feeds=["requests"],
        at=at,
        columns=[
            Column(texts("wall.column.community")),
            Column(texts("wall.column.requests"), number=True),
            Column(texts("wall.column.per_1000"), number=True, strong=True),
        ],
        rows=lines,
        empty=texts("wall.absent"),
    )


def population_table(
    connection: Connection, ground: Ground, *, code: str, at: float | None, wide: bool, texts: Texts
) -> Table:
    """Published persons per community; `wide` adds those aged 60 and over."""
    found = by_community(connection.execute(SQL["community_persons"], {"code": code}).mappings().all())
    shown = ("registered", "migrant", "total", "aged_60") if wide else ("registered", "migrant", "total")
    rows = sorted(
        ((found[one.code], named(one, texts)) for one in ground.communities if one.code in found),
        key=lambda pair: -(pair[0]["total"] or 0),
    )
    lines = [Row([name, *(published(row[measure], texts) for measure in shown)]) for row, name in rows]
    if "" in found:
        lines.append(
            Row([texts("wall.whole"), *(published(found[""][measure], texts) for measure in shown)], total=True)
        )
    columns = [Column(texts(f"wall.column.{measure}"), number=True, strong=measure == "total") for measure in shown]
    return Table(
        title=texts("wall.panel.communities"),
        scope=texts("wall.unit.people"),
        feeds=["residents"],
        at=at,
        columns=[Column(texts("wall.column.community")), *columns],
        rows=lines,
        empty=texts("wall.absent"),
    )


def category_table(connection: Connection, *, code: str, now: datetime, texts: Texts) -> Table:
    """Incidents of 30 days by category: reported, open, overdue."""
    found = connection.execute(SQL["categories"], {"code": code, "now": now}).mappings().all()
    lines = [
        Row([row["category"], thousands(row["reported"]), thousands(row["open"]), thousands(row["overdue"])])
        for row in found
    ]
    if found:
        sums = [thousands(sum(row[part] for row in found)) for part in ("reported", "open", "overdue")]
        lines.append(Row([texts("wall.whole"), *sums], total=True))
    return Table(
        title=texts("wall.panel.categories"),
        scope=texts("wall.unit.cases"),
        feeds=["incidents"],
        columns=[
            Column(texts("wall.column.category")),
            Column(texts("wall.column.reported"), number=True),
            Column(texts("wall.column.open"), number=True, strong=True),
            Column(texts("wall.column.overdue"), number=True),
        ],
        rows=lines,
        empty=texts("wall.absent"),
    )


def share(part: float | None, whole: float | None) -> str | None:
    return None if part is None or not whole else f"{part / whole * 100:.0f}%"


def resource_table(resources: Sequence[Any], reach: Sequence[Any], *, texts: Texts) -> Table:
    """The register of emergency resources by kind: ready, out of use, and whom they reach in 15 minutes."""
    within = {
        row["kind"]: share(row["within_15"], row["persons"]) for row in reach if row["unit_kind"] == "subdistrict"
    }
    lines = []
    for kind in KINDS:
        mine = [resource for resource in resources if resource["kind"] == kind]
        ready = sum(1 for resource in mine if resource["status"] == "ready")
        lines.append(
            Row(
                [texts(f"wall.kind.{kind}"), thousands(ready), thousands(len(mine) - ready), within.get(kind) or "…"],
                sign=RESOURCE_SIGNS[kind],
            )
        )
    ready = sum(1 for resource in resources if resource["status"] == "ready")
    return Table(
        title=texts("wall.panel.resources"),
        scope="",
        feeds=["resources"],
        figure={
            "value": thousands(ready),
            "unit": texts("wall.unit.places"),
            "note": texts(
                "wall.panel.resources.note", total=thousands(len(resources)), out=thousands(len(resources) - ready)
            ),
        },
        columns=[
            Column(texts("wall.column.kind")),
            Column(texts("wall.column.ready"), number=True, strong=True),
            Column(texts("wall.column.out"), number=True, second=True),
            Column(texts("wall.column.within_15"), number=True),
        ],
        rows=lines if resources else [],
        foot=texts("wall.panel.resources.foot"),
        empty=texts("wall.absent"),
    )


def gap_table(reach: Sequence[Any], ground: Ground, *, kind: str, at: float | None, texts: Texts) -> Table:
    """Persons beyond 15 minutes of a kind, per community."""
    mine = {row["unit_code"] if row["unit_kind"] == "community" else "": row for row in reach if row["kind"] == kind}
    rows = [(mine[one.code], named(one, texts)) for one in ground.communities if one.code in mine]
    rows = sorted((pair for pair in rows if pair[0]["gap"] != 0), key=lambda pair: -(pair[0]["gap"] or 0))
    whole = mine.get("")
    figure = None
    if whole is not None:
        part = share_with_digit(whole["gap"], whole["persons"])
        figure = {
            "value": published(whole["gap"], texts),
            "unit": texts("wall.unit.people"),
            "note": texts("wall.panel.gaps.note", share=part) if part else "",
        }
    return Table(
        title=texts("wall.panel.gaps", kind=texts(f"wall.kind.{kind}")),
        scope="",
        feeds=["resources"],
        at=at,
        figure=figure,
        columns=[Column(""), Column("", number=True, strong=True), Column("", number=True, second=True)],
        rows=[
            Row([name, published(row["gap"], texts), share_with_digit(row["gap"], row["persons"]) or ""])
            for row, name in rows
        ],
        empty=texts("wall.panel.gaps.empty") if whole is not None else texts("wall.absent"),
    )


def share_with_digit(part: float | None, whole: float | None) -> str | None:
    return None if part is None or not whole else f"{part / whole * 100:.1f}%"


def out_list(resources: Sequence[Any], *, now: datetime, texts: Texts) -> OutList:
    """Resources that are not ready, teams and stations first; what comes back soonest leads."""
    missing = [resource for resource in resources if resource["status"] != "ready"]
    late = datetime.max.replace(tzinfo=now.tzinfo)
    missing.sort(key=lambda one: (OUT_FIRST.index(one["kind"]), one["status_until"] or late, one["name"]))
    rows = []
    for one in missing:
        community = one["community_en"] if texts.language == "en" and one["community_en"] else one["community"]
        reason = one["status_reason"] or (
            texts("wall.panel.out.deployed") if one["status"] == "deployed" else texts("wall.panel.out.unknown")
        )
        rows.append(
            OutRow(
                sign=RESOURCE_SIGNS[one["kind"]],
                name=one["name"],
                under=" · ".join(part for part in (community, reason) if part),
                when=until(one["status_until"], now, texts),
            )
        )
    return OutList(
        title=texts("wall.panel.out", n=len(missing)),
        scope=texts("wall.panel.out.scope"),
        feeds=["resources"],
        rows=rows[:40],
        empty=texts("wall.panel.out.empty"),
    )


def until(moment: datetime | None, now: datetime, texts: Texts) -> str:
    """Say when it is expected back, in local time: 至18:00 today, 至11月25日 later, 已过12:00 when it is late."""
    if moment is None:
        return ""
    local = moment.astimezone(now.tzinfo)
    key = "wall.panel.out.late" if local < now else "wall.panel.out.until"
    if local.date() == now.date():
        return texts(key, time=f"{local:%-H:%M}")
    return texts(key, time=texts("wall.day", month=local.month, day=local.day))


def gaps_shown(connection: Connection, ground: Ground, *, code: str, kind: str, texts: Texts) -> list[Gap]:
    """Group neighbouring cells beyond reach, and say of the largest groups how many people live there."""
    persons = {
        int(row["cell"]): int(row["total"])
        for row in connection.execute(SQL["gap_cells"], {"code": code, "kind": kind}).mappings()
        if int(row["cell"]) in ground.position
    }
    groups = []
    left = set(persons)
    while left:
        edge = [left.pop()]
        group = list(edge)
        while edge:
            near = set(h3.grid_disk(edge.pop(), 1)) & left
            left -= near
            edge.extend(near)
            group.extend(near)
        groups.append(group)
    totals = sorted(((sum(persons[cell] for cell in group), group) for group in groups), key=lambda pair: -pair[0])
    found = []
    for total, group in totals[:GAPS_SHOWN]:
        if total < FEWEST_PERSONS:
            break
        points = [h3.cell_to_latlng(cell) for cell in group]
        middle = [sum(lon for _, lon in points) / len(points), sum(lat for lat, _ in points) / len(points)]
        found.append(Gap(point=middle, label=texts("wall.gap", n=thousands(total))))
    return found


def reach_shares(reach: Sequence[Any]) -> dict[str, str]:
    """Per kind, the shares of persons within 5, 10 and 15 minutes: 64 / 98 / 100%."""
    shares: dict[str, str] = defaultdict(str)
    for row in reach:
        if row["unit_kind"] != "subdistrict" or not row["persons"]:
            continue
        parts = [row[f"within_{minutes}"] for minutes in (5, 10, 15)]
        if None not in parts:
            shares[row["kind"]] = " / ".join(f"{part / row['persons'] * 100:.0f}" for part in parts) + "%"
    return shares
