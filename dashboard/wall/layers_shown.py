"""Turn a layer of the catalogue into what a wall's cells show: one character per cell, and a legend."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from dashboard.wall.ground import Ground
from dashboard.wall.picture import MarkKey, ShownLayer, Step, thousands
from gis.texts import Texts
from layers.catalogue import (
    DemandSource,
    FloodRiskSource,
    Layer,
    MeasuredSource,
    OpenIncidentsSource,
    PopulationSource,
    ReachSource,
    ReportedIncidentsSource,
    catalogue,
)
from layers.values import legend, select_cell_values

NOTHING, FEW, GAP = ".", "f", "g"
REACH_CLASSES = 3

#: which feeds a layer rests on, and which topic of facts it is read from
SOURCES: dict[type, tuple[list[str], str]] = {
    DemandSource: (["requests"], "demand"),
    OpenIncidentsSource: (["incidents"], "incidents"),
    ReportedIncidentsSource: (["incidents"], "incidents"),
    PopulationSource: (["residents"], "population"),
    ReachSource: (["resources"], "resources"),
    FloodRiskSource: (["rain"], "rasters"),
    MeasuredSource: (["rain"], "rasters"),
}


@dataclass(frozen=True)
class CellLayer:
    """A layer's classes over the ground, the same for every language, with what its legend is written from."""

    layer: Layer
    classes: str
    #: of each class, from low to high: ``from`` and ``to``, None at the ends
    limits: list[dict[str, Any]]
    feeds: list[str]
    topic: str
    estimated: bool

    @property
    def ramp(self) -> str:
        return self.layer.style.ramp or "demand"

    def steps(self, texts: Texts) -> list[Step]:
        """The legend in a language."""
        reach = self.layer.legend.classes == "minutes"
        return legend_steps(self.limits, texts, reach=reach, few=FEW in self.classes)


def select_layer(connection: Connection, layer_id: str, ground: Ground, *, inhabited: set[str]) -> CellLayer:
    """Select a layer's class of every cell of the ground.

    Parameters
    ----------
    inhabited
        Cells with anybody on file: elsewhere walking time helps nobody and nothing is filled.
    """
    layer = catalogue().layer(layer_id)
    values = select_cell_values(connection, layer_id)
    shown = encode(values, ground, reach=layer.legend.classes == "minutes", inhabited=inhabited)
    feeds, topic = SOURCES[type(layer.source)]
    return CellLayer(
        layer=layer,
        classes=shown,
        limits=legend(connection, layer)["classes"],
        feeds=feeds,
        topic=topic,
        estimated=bool(values["estimated"].any()),
    )


def encode(values: pd.DataFrame, ground: Ground, *, reach: bool, inhabited: set[str]) -> str:
    """Write one character per cell of the ground, in its order; see `ShownLayer.classes`."""
    kinds = {}
    for row in values.itertuples():
        cell = str(row.cell_hex)
        if reach:
            kind = NOTHING if cell not in inhabited else class_sign(row.class_index, gap_from=REACH_CLASSES)
        elif row.suppressed:
            kind = FEW
        else:
            kind = class_sign(row.class_index)
        kinds[cell] = kind
    return "".join(kinds.get(cell, NOTHING) for cell in ground.cells)


def class_sign(class_index: Any, *, gap_from: int | None = None) -> str:
    if pd.isna(class_index):
        return NOTHING
    return GAP if gap_from is not None and class_index >= gap_from else str(int(class_index))


def legend_steps(classes: list[dict[str, Any]], texts: Texts, *, reach: bool, few: bool) -> list[Step]:
    """Name the classes from low to high, and what is hatched."""
    if reach:
        keys = ("wall.reach.5", "wall.reach.10", "wall.reach.15")
        return [
            *(Step("class", texts(key), place) for place, key in enumerate(keys)),
            Step("gap", texts("wall.reach.gap")),
        ]
    steps = []
    for place, one in enumerate(classes):
        low, high = one["from"], one["to"]
        if low is None:
            label = texts("wall.class.below", high=limit(high))
        elif high is None:
            label = texts("wall.class.above", low=limit(low))
        else:
            label = texts("wall.class.between", low=limit(low), high=limit(high))
        steps.append(Step("class", label, place))
    return [*steps, Step("few", texts("wall.class.few"))] if few else steps


def limit(value: float) -> str:
    """Write a class limit as short as it is: 25, 2.5, 1,200."""
    return thousands(value) if float(value).is_integer() else f"{value:g}"


def shown_layer(
    cells: CellLayer, ground: Ground, texts: Texts, *, at: float | None, marks: list[MarkKey], note: str
) -> ShownLayer:
    """Put a layer on the large map: title, unit, size of the cells, rule of the classes."""
    unit = getattr(cells.layer.legend.unit, texts.language) if cells.layer.legend.unit else ""
    facts = [texts("wall.scope.cell", hectares=f"{ground.cell_area_m2 / 10_000:.1f}")]
    if cells.layer.legend.classes == "quintiles":
        facts = [unit, *facts, texts("wall.scope.classes")]
    elif cells.layer.legend.classes == "scores":
        facts = [unit, *facts]
    return ShownLayer(
        title=getattr(cells.layer.name, texts.language),
        scope=" · ".join(fact for fact in facts if fact),
        ramp=cells.ramp,
        classes=cells.classes,
        steps=cells.steps(texts),
        feeds=cells.feeds,
        at=at,
        marks=marks,
        note=note,
    )
