"""Decide where the classes of a layer end: the quintiles of the last 12 months, rounded, once and for all.

A class must mean the same tomorrow, so limits are kept in support.layer_class and never stretched to today's data.
What has no history (persons on file, resources, height) takes the quintiles of what there is on the day of decision.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sqlalchemy import Connection

from gis import cells as h3_cells
from gis.database.statements import load_statements
from gis.district import District
from layers.catalogue import (
    DemandSource,
    ElevationSource,
    Layer,
    MeasuredSource,
    OpenIncidentsSource,
    ReportedIncidentsSource,
    catalogue,
)
from layers.demand_rate import demand_per_1000
from layers.measures import ALL_TOPICS
from layers.values import RESOLUTIONS, bound, cell_statement

STATEMENTS = load_statements("layers", "classes")

#: limits that read well, times a power of ten
ROUND = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)

#: quintiles of fewer values would be chance
FEWEST_VALUES = 20

HISTORY_DAYS = 360


def decide_classes(connection: Connection, district: District, *, now: datetime) -> int:
    """Decide the limits of every layer and resolution that has none yet and enough values; returns how many."""
    done = {
        (row.layer_id, row.resolution) for row in connection.execute(STATEMENTS["decided"], {"code": district.code})
    }
    history = History(connection, district, now)
    decided = 0
    for layer in catalogue().layers:
        if layer.legend.classes != "quintiles":
            continue
        for resolution in RESOLUTIONS:
            if (layer.id, resolution) in done:
                continue
            values, window_from = history.values(layer, resolution)
            values = values[np.isfinite(values)]
            if layer.source.kind != "elevation":
                values = values[values > 0]
            if values.size < FEWEST_VALUES:
                continue
            limits = rounded_quintiles(
                values, whole=not isinstance(layer.source, DemandSource | ElevationSource | MeasuredSource)
            )
            connection.execute(
                STATEMENTS["keep"],
                {
                    "code": district.code,
                    "layer_id": layer.id,
                    "resolution": resolution,
                    "limits": limits,
                    "window_from": window_from,
                    "window_to": history.today,
                    "now": now,
                },
            )
            decided += 1
    return decided


def rounded_quintiles(values: ArrayLike, *, whole: bool) -> list[float]:
    """Return the four quintile limits of `values`, rounded to figures that read well and strictly ascending.

    Parameters
    ----------
    values
        What the cells showed, at least one.
    whole
        Limits of counts: whole numbers from 2 on (a limit of 1 would leave the lowest class empty).

    Examples
    --------
    >>> rounded_quintiles([10, 20, 30, 40, 50, 60, 70, 80, 90, 100], whole=True)
    [30.0, 50.0, 60.0, 80.0]
    """
    ladder = round_numbers(whole=whole)
    limits: list[float] = []
    for quintile in np.quantile(np.asarray(values, dtype=np.float64), [0.2, 0.4, 0.6, 0.8]):
        above = ladder[ladder > limits[-1]] if limits else ladder
        limits.append(float(above[np.argmin(np.abs(above - quintile))]))
    return limits


def round_numbers(*, whole: bool) -> NDArray[np.float64]:
    numbers = np.array([step * 10.0**power for power in range(-3, 7) for step in ROUND]).round(6)
    return numbers[(numbers >= 2) & (numbers % 1 == 0)] if whole else numbers


@dataclass(frozen=True)
class History:
    """What the layers showed over the last 12 months; each read once, when it is first asked for."""

    connection: Connection
    district: District
    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(self.district.zone).date()

    def values(self, layer: Layer, resolution: int) -> tuple[NDArray[np.float64], date | None]:
        """Return the pooled values of a layer, and the first day they are from (None: of today only)."""
        source = layer.source
        first = self.today - timedelta(days=HISTORY_DAYS)
        if isinstance(source, DemandSource):
            return self.demand_rates(source.topic, resolution), first
        if isinstance(source, OpenIncidentsSource):
            rows = self.open_months
            for name, wanted in (("category", source.category), ("grade", source.grade)):
                rows = rows if wanted is None else rows[rows[name] == wanted]
            return per_cell(rows, resolution), first
        if isinstance(source, ReportedIncidentsSource):
            rows = self.frame("reported_months", today=self.today, days=source.days)
            return per_cell(rows[rows["window"] < HISTORY_DAYS // source.days], resolution), first
        sql, parameters = cell_statement(source)  # type: ignore[arg-type]
        found = self.connection.execute(bound(sql, parameters, code=self.district.code, resolution=resolution))
        return np.array([row.value for row in found], dtype=np.float64), None

    def demand_rates(self, topic: str, resolution: int) -> NDArray[np.float64]:
        """Rate every window of 30 days on its own against today's eligible persons, drawn to that window's mean."""
        may_ask = self.eligible
        may_ask = may_ask[(may_ask["resolution"] == resolution) & (may_ask["topic"] == topic)].set_index("cell")
        asked = self.request_months
        asked = asked if topic == ALL_TOPICS else asked[asked["topic"] == topic]
        parent = h3_cells.parents(asked["cell"].to_numpy(dtype="int64"), resolution)
        sums = asked["requests"].groupby([asked["window"].to_numpy(), parent]).sum()
        rates = [
            demand_per_1000(requests.reindex(may_ask.index, fill_value=0), may_ask["eligible"]).to_numpy()
            for requests in windows(sums)
        ]
        return np.concatenate(rates) if rates else np.zeros(0)

    @cached_property
    def request_months(self) -> pd.DataFrame:
        return self.frame("request_months", now=self.now)

    @cached_property
    def eligible(self) -> pd.DataFrame:
        return self.frame("eligible")

    @cached_property
    def open_months(self) -> pd.DataFrame:
        return self.frame("open_months", now=self.now)

    def frame(self, name: str, **parameters: Any) -> pd.DataFrame:
        result = self.connection.execute(STATEMENTS[name], {"code": self.district.code, **parameters})
        return pd.DataFrame([tuple(row) for row in result], columns=list(result.keys()))


def windows(sums: pd.Series) -> Iterator[pd.Series]:
    """Yield the sums per cell of each window."""
    for window in sums.index.get_level_values(0).unique():
        yield sums.loc[window]


def per_cell(rows: pd.DataFrame, resolution: int) -> NDArray[np.float64]:
    """Sum incidents of resolution 11 to cells of `resolution`, each window on its own."""
    if rows.empty:
        return np.zeros(0)
    parent = h3_cells.parents(rows["cell"].to_numpy(dtype="int64"), resolution)
    sums = rows["incidents"].astype("float64").groupby([rows["window"].to_numpy(), parent]).sum()
    return np.asarray(sums, dtype=np.float64)
