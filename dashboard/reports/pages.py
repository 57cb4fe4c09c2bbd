"""Put a month's report together: facts, sentences, maps and tables, page by page."""

import calendar
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from alerts.words import rule_title
from dashboard.figures.catalogue import figures
from dashboard.figures.panels import panel_named
from dashboard.reports import facts
from dashboard.reports.chinese import between_sentences, one_decimal, percent, signed_percent, whole
from dashboard.reports.facts import Scope
from dashboard.reports.maps import alerts_map, demand_map, reach_map
from dashboard.reports.month import Month
from dashboard.reports.reach import reach_by_community
from dashboard.reports.summary import compared, demand_sentences
from gis.texts import Texts
from layers.catalogue import catalogue

#: fewer persons than this are not published
FEW = 5
STATION = "fire_station"


@dataclass(frozen=True)
class Column:
    """One column of a table: heading, and whether it is text (left) or a figure (right)."""

    heading: str
    text: bool = False
    strong: bool = False
    bar: bool = False


@dataclass(frozen=True)
class Page:
    """One page: a theme."""

    heading: str
    sentences: tuple[str, ...]
    map_svg: str
    ranking: str
    columns: tuple[Column, ...]
    #: cells as shown; a bar cell is its length in percent
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...]
    definitions: str


@dataclass(frozen=True)
class Report:
    """A whole report, ready to be set."""

    title: str
    month: str
    made: str
    centre: str
    data: str
    snapshot: str
    pages: tuple[Page, ...]


def build_report(connection: Connection, scope: Scope, texts: Texts) -> Report:
    """Measure and word a month's report.

    Parameters
    ----------
    connection
        Sees what its reader may see; every figure is what this connection counts.
    """
    ground = facts.select(connection, "ground", scope)
    state = facts.snapshot(connection, scope)
    local = scope.now.astimezone(ZoneInfo(scope.timezone))
    place = scope.community_name or scope.subdistrict_name
    return Report(
        title=texts("report.title", district=place),
        month=said_month(texts, scope.month),
        made=texts("report.made", year=local.year, month=local.month, day=local.day),
        centre=texts("report.centre", district=scope.subdistrict_name),
        data=texts("report.footer.data", moment=said_moment(texts, state["loaded_at"], scope.timezone)),
        snapshot=texts("report.footer.snapshot", snapshot=f"{str(scope.month).replace('-', '')}-{state['batches']}"),
        pages=(
            demand_page(connection, scope, texts, ground),
            resources_page(connection, scope, texts, ground),
            alerts_page(connection, scope, texts, ground),
        ),
    )


def said_month(texts: Texts, month: Month) -> str:
    return texts("report.month", year=month.year, month=month.number)


def said_moment(texts: Texts, moment: datetime | None, timezone: str) -> str:
    if moment is None:
        return "—"
    local = moment.astimezone(ZoneInfo(timezone))
    return texts("report.moment", year=local.year, month=local.month, day=local.day, time=f"{local:%H:%M}")


def whole_name(scope: Scope, texts: Texts) -> str:
    """What the report calls its whole: the sub-district, or the one community."""
    return scope.community_name or texts("report.total")


def traced_names(theme: str, texts: Texts) -> list[str]:
    """What the figures and layers of a theme's page are called (dashboard/figures/panels.yml)."""
    panel = panel_named(f"report.theme.{theme}")
    assert panel is not None, theme
    shown = [figures()[one].name for one in panel.figures] + [catalogue().layer(one).name for one in panel.layers]
    return [name.in_language(texts.language) for name in shown]


def definitions(scope: Scope, texts: Texts, theme: str, **values: object) -> str:
    """A theme's definitions, with the months it compares with, and the schematic note where it applies."""
    said = texts(
        f"report.definitions.{theme}",
        year_before=said_month(texts, scope.month.shifted(-12)),
        month_before=said_month(texts, scope.month.shifted(-1)),
        few=FEW,
        **values,
    )
    named = texts("report.definitions.traced", figures=texts("report.comma").join(traced_names(theme, texts)))
    return between_sentences(texts).join(
        [said, *([texts("report.definitions.schematic")] if scope.schematic else []), named]
    )


def demand_page(connection: Connection, scope: Scope, texts: Texts, ground: pd.DataFrame) -> Page:
    """Where services were asked for."""
    table = facts.demand_table(connection, scope)
    total = facts.total_row(table)
    ranked = table.sort_values(["per_1000", "name"], ascending=[False, True], na_position="last")
    items = facts.growing_items(connection, scope, str(ranked.index[0])) if len(ranked) else []
    mean = float(np.nan_to_num(total["per_1000"]))
    cells = facts.cell_demand(connection, scope, mean_per_1000=mean, few=FEW)
    cell_ha = float(np.mean([cell.area for cell in cells["outline"]])) / 1e4 if len(cells) else 0.0
    longest = ranked["per_1000"].max()
    rows = [
        (
            str(rank),
            str(name),
            *demand_cells(row),
            str(round(100 * row["per_1000"] / longest, 1)) if longest > 0 else "0",
        )
        for rank, (name, (_, row)) in enumerate(zip(ranked["name"], ranked.iterrows(), strict=True), 1)
    ]
    ordered = tuple((r[0], r[1], r[2], r[3], r[8], *r[4:8]) for r in rows)
    closing = demand_cells(total)
    days = calendar.monthrange(scope.month.year, scope.month.number)[1]
    return Page(
        heading=texts("report.demand"),
        sentences=tuple(
            demand_sentences(
                texts,
                table,
                total,
                month=said_month(texts, scope.month),
                days=days,
                whole_name=whole_name(scope, texts),
                items=items,
            )
        ),
        map_svg=demand_map(texts, scope, ground, cells, table, limits=facts.class_limits(connection, scope), few=FEW),
        ranking=texts("report.ranking.demand"),
        columns=(
            Column(texts("report.column.rank")),
            Column(texts("report.column.community"), text=True),
            Column(texts("report.column.persons")),
            Column(texts("report.column.requests")),
            Column("", bar=True),
            Column(texts("report.column.per_1000"), strong=True),
            Column(texts("report.column.year")),
            Column(texts("report.column.month")),
            Column(texts("report.column.punctual")),
        ),
        rows=ordered,
        total=("", whole_name(scope, texts), closing[0], closing[1], "", *closing[2:]),
        definitions=definitions(
            scope,
            texts,
            "demand",
            unplaced=whole(facts.unplaced_requests(connection, scope)),
            cell_ha=one_decimal(cell_ha),
        ),
    )


def demand_cells(row: pd.Series) -> tuple[str, ...]:
    """persons, requests, per 1 000, year, month, punctual as shown."""
    return (
        whole(row["persons"]),
        whole(row["requests"]),
        one_decimal(row["per_1000"]),
        signed_percent(row["year_change"]),
        signed_percent(row["month_change"]),
        percent(row["punctual"]),
    )


def resources_page(connection: Connection, scope: Scope, texts: Texts, ground: pd.DataFrame) -> Page:
    """How far help reaches."""
    communities = facts.select(connection, "communities", scope).set_index("code")
    counts = facts.select(connection, "resources", scope)
    by_community = counts.groupby("code")[["on_file", "ready"]].sum().reindex(communities.index, fill_value=0)
    points = facts.select(connection, "resource_points", scope)
    stations = points[points["kind"] == STATION]
    cells = facts.select(connection, "living_cells", scope, kind=STATION)
    minutes = cells["minutes"].astype(float).fillna(np.inf)
    estimated = bool(cells["estimated"].fillna(True).any())
    reach = reach_by_community(cells, minutes).reindex(communities.index, fill_value=0)
    table = communities[["name"]].join(by_community).join(reach)
    table = table.sort_values(["gap", "name"], ascending=[False, True])
    total = table.drop(columns="name").sum()
    stock = facts.select(connection, "expiring", scope).iloc[0]
    return Page(
        heading=texts("report.resources"),
        sentences=resource_sentences(texts, scope, table, total, stock, any_station=bool(np.isfinite(minutes).any())),
        map_svg=reach_map(texts, scope, ground, cells, minutes, stations, reach["gap"].map(whole)),
        ranking=texts("report.ranking.resources"),
        columns=(
            Column(texts("report.column.rank")),
            Column(texts("report.column.community"), text=True),
            Column(texts("report.column.persons")),
            Column(texts("report.column.on_file")),
            Column(texts("report.column.ready")),
            Column(texts("report.column.ready_share")),
            *(Column(texts("report.column.within", minutes=step)) for step in (5, 10, 15)),
            Column(texts("report.column.gap"), strong=True),
        ),
        rows=tuple(
            (str(rank), str(name), *reach_cells(row))
            for rank, (name, (_, row)) in enumerate(zip(table["name"], table.iterrows(), strict=True), 1)
        ),
        total=("", whole_name(scope, texts), *reach_cells(total)),
        definitions=definitions(
            scope,
            texts,
            "resources",
            walk=texts("report.walk.estimated" if estimated else "report.walk.roads"),
        ),
    )


def reach_cells(row: pd.Series) -> tuple[str, ...]:
    share = row["ready"] / row["on_file"] if row["on_file"] else float("nan")
    reached = [
        percent(row[f"within_{step}"] / row["persons"] if row["persons"] else float("nan")) for step in (5, 10, 15)
    ]
    return (
        whole(row["persons"]),
        whole(row["on_file"]),
        whole(row["ready"]),
        percent(share),
        *reached,
        whole(row["gap"]),
    )


def resource_sentences(
    texts: Texts, scope: Scope, table: pd.DataFrame, total: pd.Series, stock: pd.Series, *, any_station: bool
) -> tuple[str, ...]:
    """Say how much is ready, who lives too far, and what expires."""
    name = whole_name(scope, texts)
    if not total["on_file"]:
        return (texts("report.say.resources.none", whole=name),)
    said = [
        texts(
            "report.say.resources.total",
            whole=name,
            on_file=whole(total["on_file"]),
            ready=whole(total["ready"]),
            share=percent(total["ready"] / total["on_file"]),
        )
    ]
    if not any_station:
        said.append(texts("report.say.resources.no_station"))
    elif total["gap"] and len(table) > 1:
        worst = table.iloc[0]
        said.append(
            texts(
                "report.say.resources.gap",
                gap=whole(total["gap"]),
                share=percent(total["gap"] / total["persons"]),
                name=worst["name"],
                most=whole(worst["gap"]),
            )
        )
    elif total["gap"]:
        gap = {"gap": whole(total["gap"]), "share": percent(total["gap"] / total["persons"])}
        said.append(texts("report.say.resources.gap.alone", **gap))
    else:
        said.append(texts("report.say.resources.no_gap"))
    if stock["soon"] or stock["passed"]:
        said.append(texts("report.say.resources.stock", soon=whole(stock["soon"]), passed=whole(stock["passed"])))
    else:
        said.append(texts("report.say.resources.stock_fine"))
    return tuple(said)


def alerts_page(connection: Connection, scope: Scope, texts: Texts, ground: pd.DataFrame) -> Page:
    """What was warned of, and what happened."""
    communities = facts.select(connection, "communities", scope).set_index("code")
    incidents = facts.select(connection, "incidents", scope).set_index("code")
    counts = facts.select(connection, "alert_counts", scope)
    alerts = facts.select(connection, "alerts", scope)
    columns = ["incidents", "month_before", "year_before", "closed"]
    table = communities[["name"]].join(incidents[columns]).join(counts.set_index("code")[["raised", "acknowledged"]])
    numbers = [*columns, "raised", "acknowledged"]
    table[numbers] = table[numbers].fillna(0).astype(int)
    table = table.sort_values(["incidents", "name"], ascending=[False, True])
    total = table[numbers].sum()
    total["raised"], total["acknowledged"] = counts["raised"].sum(), counts["acknowledged"].sum()
    words = {level: texts(f"alerts.level.{level}") for level in (1, 2, 3, 4)}
    longest = table["incidents"].max() if len(table) else 0
    rows = []
    for rank, (name, (_, row)) in enumerate(zip(table["name"], table.iterrows(), strict=True), 1):
        shown = incident_cells(row)
        bar = str(round(100 * row["incidents"] / longest, 1)) if longest else "0"
        rows.append((str(rank), str(name), shown[0], bar, *shown[1:]))
    closing = incident_cells(total)
    return Page(
        heading=texts("report.alerts"),
        sentences=alert_sentences(texts, scope, total, alerts, words),
        map_svg=alerts_map(texts, scope, ground, alerts, table["incidents"].map(whole), words),
        ranking=texts("report.ranking.alerts"),
        columns=(
            Column(texts("report.column.rank")),
            Column(texts("report.column.community"), text=True),
            Column(texts("report.column.incidents"), strong=True),
            Column("", bar=True),
            Column(texts("report.column.year")),
            Column(texts("report.column.month")),
            Column(texts("report.column.closed")),
            Column(texts("report.column.raised")),
            Column(texts("report.column.acknowledged")),
        ),
        rows=tuple(rows),
        total=("", whole_name(scope, texts), closing[0], "", *closing[1:]),
        definitions=definitions(scope, texts, "alerts"),
    )


def incident_cells(row: pd.Series) -> tuple[str, ...]:
    def relative(before: float) -> float:
        return float(row["incidents"] - before) / before if before else float("nan")

    share = row["closed"] / row["incidents"] if row["incidents"] else float("nan")
    return (
        whole(row["incidents"]),
        signed_percent(relative(row["year_before"])),
        signed_percent(relative(row["month_before"])),
        percent(share),
        whole(row["raised"]),
        whole(row["acknowledged"]),
    )


def alert_sentences(
    texts: Texts, scope: Scope, total: pd.Series, alerts: pd.DataFrame, words: dict[int, str]
) -> tuple[str, ...]:
    """Say how much happened, what was warned of, and what was gravest."""
    month = said_month(texts, scope.month)
    before, year = total["month_before"], total["year_before"]
    said = [
        texts(
            "report.say.alerts.total",
            month=month,
            whole=whole_name(scope, texts),
            incidents=whole(total["incidents"]),
            compared=compared(
                texts,
                (total["incidents"] - year) / year if year else float("nan"),
                (total["incidents"] - before) / before if before else float("nan"),
            ),
            share=percent(total["closed"] / total["incidents"] if total["incidents"] else float("nan")),
        )
    ]
    if alerts.empty:
        return (*said, texts("report.say.alerts.none", month=month))
    by_level = alerts["level"].value_counts().sort_index()
    levels = [
        texts("report.say.alerts.level", word=words[int(str(level))], count=count) for level, count in by_level.items()
    ]
    said.append(
        texts(
            "report.say.alerts.raised",
            count=len(alerts),
            levels=texts("report.comma").join(levels),
            acknowledged=int(alerts["acknowledged_at"].notna().sum()),
        )
    )
    if replayed := int(alerts["replayed"].sum()):
        said.append(texts("report.say.alerts.replayed", count=replayed))
    gravest = alerts.iloc[0]
    raised = gravest["raised_at"].astimezone(ZoneInfo(scope.timezone))
    said.append(
        texts(
            "report.say.alerts.gravest",
            place=gravest["unit_name"] or texts("alerts.whole"),
            what=rule_title(gravest["rule"], gravest["rule_name"], texts),
            day=raised.day,
            time=f"{raised:%H:%M}",
        )
    )
    return tuple(said)
