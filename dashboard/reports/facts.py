"""What a month's report says, measured: one query per figure, frames out. No words here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection

from dashboard.reports.month import Month
from gis.database.statements import load_statements
from gis.errors import NotFound

SQL = load_statements("dashboard.reports", "facts")


@dataclass(frozen=True)
class Scope:
    """Which sub-district, month and community a report is about."""

    subdistrict_code: str
    subdistrict_name: str
    metric_srid: int
    timezone: str
    schematic: bool
    month: Month
    #: None: the whole sub-district
    community_code: str | None
    community_name: str | None
    now: datetime
    #: of the names of places, where they have one in it
    language: str = "zh"

    def parameters(self) -> dict[str, Any]:
        """What every statement may ask for."""
        opens, closes = self.month.bounds(self.timezone)
        year_opens, year_closes = self.month.shifted(-12).bounds(self.timezone)
        return {
            "subdistrict_code": self.subdistrict_code,
            "community": self.community_code,
            "metric_srid": self.metric_srid,
            "opens": opens,
            "closes": closes,
            "before_opens": self.month.shifted(-1).bounds(self.timezone)[0],
            "year_opens": year_opens,
            "year_closes": year_closes,
            "now": self.now,
        }


def find_scope(
    connection: Connection, month: Month, *, community: str | None, now: datetime, language: str = "zh"
) -> Scope:
    """Find the sub-district of this installation and, by code or name, the community.

    Raises
    ------
    NotFound
        If nothing is loaded yet, or there is no such community.
    """
    district = connection.execute(SQL["district"]).mappings().first()
    if district is None:
        raise NotFound("no sub-district is loaded yet; run: fengqiao load DIR")
    code = name = None
    if community:
        found = connection.execute(
            SQL["community_code"], {"subdistrict_code": district["code"], "asked": community}
        ).first()
        if found is None:
            raise NotFound(
                "there is no community {community!r} in {district}", community=community, district=district["name"]
            )
        code = found.code
        name = found.name_en if language == "en" and found.name_en else found.name
    return Scope(
        subdistrict_code=district["code"],
        subdistrict_name=district["name_en"] if language == "en" and district["name_en"] else district["name"],
        metric_srid=district["metric_srid"],
        timezone=district["timezone"],
        schematic=district["schematic"],
        month=month,
        community_code=code,
        community_name=name,
        now=now,
        language=language,
    )


def select(connection: Connection, name: str, scope: Scope, **more: Any) -> pd.DataFrame:
    """Run one statement of facts.sql; a column ``outline`` comes as shapely geometry in the metric system [m]."""
    rows = connection.execute(SQL[name], scope.parameters() | more)
    frame = pd.DataFrame(rows.all(), columns=list(rows.keys()))
    if scope.language == "en" and "name_en" in frame:
        frame["name"] = frame["name_en"].where(frame["name_en"].fillna("") != "", frame["name"])
    if "outline" in frame:
        frame["outline"] = shapely.from_wkb(frame["outline"].map(bytes, na_action="ignore").to_numpy())
    return frame


def change(current: pd.Series, before: pd.Series) -> pd.Series:
    """Relative change (0.1 = 10 % more); missing where there was nothing before to compare with."""
    base = before.astype(float)
    return (current.astype(float) - base) / base.where(base > 0)


def demand_table(connection: Connection, scope: Scope) -> pd.DataFrame:
    """Measure service demand, one row per community on the index of codes.

    Returns
    -------
    table
        name, persons [persons], requests, month_before, year_before [requests], due, in_time [requests],
        per_1000 [requests per 1 000 persons], year_change and month_change [1], punctual [1].
        Rates are missing where there is nobody, nothing to compare with, or nothing due.
    """
    communities = select(connection, "communities", scope).set_index("code")
    counts = select(connection, "requests", scope).set_index("code")
    punctuality = select(connection, "punctuality", scope).set_index("code")
    table = communities.join(counts).join(punctuality)
    whole = ["requests", "month_before", "year_before", "due", "in_time"]
    table[whole] = table[whole].fillna(0).astype(int)
    return rated(table)


def rated(table: pd.DataFrame) -> pd.DataFrame:
    """Add the rates to a table of counts; a total row is rated by the same rule as the rows."""
    persons, due = table["persons"].astype(float), table["due"].astype(float)
    return table.assign(
        per_1000=table["requests"] / persons.where(persons > 0) * 1000,
        year_change=change(table["requests"], table["year_before"]),
        month_change=change(table["requests"], table["month_before"]),
        punctual=table["in_time"] / due.where(due > 0),
    )


def total_row(table: pd.DataFrame) -> pd.Series:
    """Add up the communities and rate the sum."""
    counts = ["persons", "requests", "month_before", "year_before", "due", "in_time"]
    return rated(table[counts].sum().to_frame().T).iloc[0]


def growing_items(connection: Connection, scope: Scope, code: str) -> list[str]:
    """Names of at most two service items that grew most in a community against the month before."""
    return [str(name) for name in select(connection, "growing_items", scope, code=code)["name"]]


def unplaced_requests(connection: Connection, scope: Scope) -> int:
    """Requests of the month that are in no community's figure because they are not on the map."""
    return int(connection.execute(SQL["unplaced_requests"], scope.parameters()).scalar_one())


def cell_demand(connection: Connection, scope: Scope, *, mean_per_1000: float, few: int = 5) -> pd.DataFrame:
    """Measure demand per cell of resolution 10 where people live, drawn towards the sub-district's mean.

    Parameters
    ----------
    mean_per_1000
        The rate small cells are drawn to [requests per 1 000 persons].
    few
        Cells with fewer persons than this show no value.

    Returns
    -------
    cells
        One row per inhabited cell: outline (metric system), persons, requests, per_1000 (missing where few).
    """
    cells = select(connection, "cell_demand", scope)
    persons = cells["persons"].to_numpy(dtype=float)
    requests = cells["requests"].to_numpy(dtype=float)
    shrunk = shrink_to_mean(requests, persons, mean=mean_per_1000 / 1000) * 1000
    return cells.assign(per_1000=np.where(persons >= few, shrunk, np.nan))


def shrink_to_mean(requests: np.ndarray, persons: np.ndarray, *, mean: float) -> np.ndarray:
    """Empirical Bayes rates (Marshall 1991, global): the fewer people, the nearer to `mean`.

    Parameters
    ----------
    requests, persons
        Counts per cell, same shape.
    mean
        Rate of the whole [requests per person].
    """
    if not len(persons) or persons.sum() == 0:
        return np.full(len(persons), np.nan)
    rates = requests / np.maximum(persons, 1)
    spread = float((persons * (rates - mean) ** 2).sum() / persons.sum())
    between = max(spread - mean / float(persons.mean()), 0.0)
    weight = between / (between + mean / np.maximum(persons, 1)) if mean > 0 else np.ones_like(rates)
    drawn: np.ndarray = mean + weight * (rates - mean)
    return drawn


def class_limits(connection: Connection, scope: Scope, *, layer_id: str = "demand") -> tuple[float, ...]:
    """The four fixed limits between a layer's five classes.

    Raises
    ------
    NotFound
        If the layer's facts were never computed.
    """
    limits = connection.scalar(SQL["class_limits"], scope.parameters() | {"layer_id": layer_id})
    if limits is None:
        raise NotFound(
            "layer {layer_id} has no classes yet; they are decided when a load ends: fengqiao load DIR",
            layer_id=layer_id,
        )
    return tuple(limits)


def snapshot(connection: Connection, scope: Scope) -> Mapping[str, Any]:
    """When the data were last added to, and in how many batches they came."""
    return dict(connection.execute(SQL["snapshot"], scope.parameters()).mappings().one())
