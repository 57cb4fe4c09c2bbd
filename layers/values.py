"""Select what a layer shows: a value and a class per cell, or shapes as GeoJSON. Pure reads, for every audience.

Which rows come back is decided by the connection's role and session; which layers may be asked for at all, by
`layers.catalogue` before this is called.
"""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, TextClause, text

from gis import cells as h3_cells
from gis.database.statements import load_statements, quoted
from gis.errors import BadInput, NotFound
from layers.catalogue import (
    CellSource,
    DemandSource,
    ExactPopulationSource,
    FeaturesSource,
    Layer,
    MeasuredSource,
    OpenIncidentsSource,
    PopulationSource,
    ReachSource,
    ReportedIncidentsSource,
    catalogue,
)
from layers.measures import REACH_MINUTES, SCORE_LIMITS

CELLS = load_statements("layers", "cells")
FEATURES = load_statements("layers", "features")

#: resolutions a layer of cells can be asked for
RESOLUTIONS = (9, 10, 11)


def served_subdistrict(connection: Connection) -> str:
    """Return the code of the sub-district that is served (the first one); raises NotFound before the first load."""
    code = connection.scalar(CELLS["first_subdistrict"])
    if code is None:
        raise NotFound("no sub-district is loaded; run fengqiao load DIR first")
    return str(code)


def cell_statement(source: CellSource) -> tuple[str, dict[str, Any]]:
    """Return the SQL of a source of cells and its parameters, code and resolution left out."""
    sql = CELLS.source(source.kind)
    if isinstance(source, PopulationSource | ExactPopulationSource):
        return sql.format(measure=quoted(source.measure)), {}
    if isinstance(source, DemandSource | OpenIncidentsSource | ReportedIncidentsSource | ReachSource | MeasuredSource):
        return sql, source.model_dump(exclude={"kind"})
    return sql, {}


def select_cell_values(
    connection: Connection, layer_id: str, resolution: int = h3_cells.WORKING, *, code: str | None = None
) -> pd.DataFrame:
    """Select what a layer of cells shows.

    Parameters
    ----------
    connection
        Of the role that asks; its rights decide what comes back.
    layer_id
        A layer of the catalogue with geometry cell.
    resolution
        9, 10 or 11.
    code
        The sub-district; the one that is served when not given.

    Returns
    -------
    values
        One row per cell that has something to show, by cell: `cell_hex`, `value` (float; NaN where it is not
        published or there is none), `class_index` (Int64, 0 = lowest class, in the order of the legend; missing where
        there is no value), `suppressed` (fewer than five persons), `estimated` (straight line and not the road).

    Raises
    ------
    NotFound
        If there is no such layer.
    BadInput
        If the layer is not one of cells, or the resolution none of ours.
    """
    layer = catalogue().layer(layer_id)
    if isinstance(layer.source, FeaturesSource):
        raise BadInput(
            "layer {layer_id!r} shows shapes and not cells; ask for its tiles or its GeoJSON", layer_id=layer_id
        )
    if resolution not in RESOLUTIONS:
        raise BadInput("resolution {resolution} is none of 9, 10, 11", resolution=resolution)
    code = code or served_subdistrict(connection)
    sql, parameters = cell_statement(layer.source)
    rows = [tuple(row) for row in connection.execute(bound(sql, parameters, code=code, resolution=resolution))]
    cells = np.array([row[0] for row in rows], dtype=np.int64)
    order = np.argsort(cells)
    value, suppressed, estimated = ([row[place] for row in rows] for place in (1, 2, 3))
    values = pd.Series(np.array(value, dtype=np.float64)[order])
    return pd.DataFrame(
        {
            "cell_hex": pd.Series(h3_cells.to_hex(cells[order].tolist()), dtype="str"),
            "value": values,
            "class_index": classify(values, class_limits(connection, layer, resolution, code=code), layer),
            "suppressed": np.array(suppressed, dtype=bool)[order],
            "estimated": np.array(estimated, dtype=bool)[order],
        }
    )


def bound(sql: str, parameters: Mapping[str, Any], **more: Any) -> TextClause:
    """Bind the parameters that a statement names; others are left out."""
    statement = text(sql)
    given = {**parameters, **more}
    return statement.bindparams(**{name: given[name] for name in statement.compile().params})


def class_limits(connection: Connection, layer: Layer, resolution: int, *, code: str) -> list[float]:
    """Return the limits between a layer's classes, ascending; empty while they are not decided."""
    if layer.legend.classes == "minutes":
        return [float(limit) for limit in REACH_MINUTES]
    if layer.legend.classes == "scores":
        return [float(limit) for limit in SCORE_LIMITS]
    decided = decided_classes(connection, layer, resolution, code=code)
    return decided["limits"] if decided else []


def decided_classes(connection: Connection, layer: Layer, resolution: int, *, code: str) -> dict[str, Any] | None:
    """Return the decided limits with the days they were taken from; None while they are not decided."""
    row = connection.execute(
        CELLS["limits"], {"code": code, "layer_id": layer.id, "resolution": resolution}
    ).one_or_none()
    return dict(row._mapping) if row else None


def classify(values: pd.Series, limits: list[float], layer: Layer) -> pd.Series:
    """Return each value's class: the number of limits at or below it (of walking minutes: below it).

    A cell of nothing belongs to no class (no residents: no fill), except that without any resource to walk to every
    cell is a gap, and that the ground may lie at 0 m.
    """
    if layer.legend.classes == "minutes":
        return pd.Series(np.searchsorted(limits, values.fillna(np.inf).to_numpy(), side="left"), dtype="Int64")
    classes = pd.Series(np.searchsorted(limits, values.fillna(0.0).to_numpy(), side="right"), dtype="Int64")
    nothing = values.isna() if layer.source.kind == "elevation" else values.isna() | (values == 0)
    return classes.mask(nothing | (not limits))


def select_geojson(
    connection: Connection, what: str, *, code: str | None = None, digits: int = 6, simplify_m: float = 0.0
) -> dict[str, Any]:
    """Select the shapes of a layer, or of a statement of sql/features.sql, as a GeoJSON FeatureCollection.

    Parameters
    ----------
    what
        Id of a layer of shapes (``compounds_resettlement``), or name of a statement that takes no parameter.
    digits
        Decimals of the coordinates [deg]; six are 0.1 m.
    simplify_m
        Shapes may lose corners that move their line less than this [m].

    Raises
    ------
    NotFound
        If there is neither such a layer nor such a statement.
    """
    sql, parameters = feature_statement(what)
    code = code or served_subdistrict(connection)
    # shapes are simplified in degrees; a degree of latitude is 111 km
    shape = "ST_SimplifyPreserveTopology(geom, :tolerance_deg)" if simplify_m > 0 else "geom"
    wrapped = (
        f"SELECT feature.id::text, ST_AsGeoJSON({shape}, :digits) AS geometry,"
        f" to_jsonb(feature) - 'geom' - 'id' AS properties FROM ({sql}) AS feature"
    )
    rows = connection.execute(
        bound(wrapped, parameters, code=code, digits=digits, tolerance_deg=simplify_m / 111_000)
    ).all()
    features = [
        {"type": "Feature", "id": row.id, "geometry": json.loads(row.geometry), "properties": row.properties}
        for row in rows
        if row.geometry is not None
    ]
    return {"type": "FeatureCollection", "features": features}


def feature_statement(what: str) -> tuple[str, dict[str, Any]]:
    """Return the SQL of a layer of shapes and its parameters, code left out."""
    known = {layer.id: layer for layer in catalogue().layers}
    if what in known:
        source = known[what].source
        if not isinstance(source, FeaturesSource):
            raise BadInput("layer {layer_id!r} shows cells and not shapes; use select_cell_values", layer_id=what)
        return FEATURES.source(source.statement).rstrip(";"), dict(source.parameters)
    return FEATURES.source(what).rstrip(";"), {}


def legend(
    connection: Connection, layer: Layer, resolution: int = h3_cells.WORKING, *, code: str | None = None
) -> dict[str, Any]:
    """Return what the legend says: unit, five classes with limits and colours, and the rule they follow.

    Returns
    -------
    legend
        `classes` is a list from low to high with `from`, `to` (None = open) and `colours` per theme; `window` the days
        the limits were taken from, or None.
    """
    if layer.legend.classes is None or layer.style.ramp is None:
        return {"unit": layer.legend.unit, "classes": [], "rule": None, "window": None}
    code = code or served_subdistrict(connection)
    limits = class_limits(connection, layer, resolution, code=code)
    ramp = catalogue().ramps[layer.style.ramp]
    edges: list[float | None] = [None, *limits, None]
    classes = [
        {
            "from": edges[place],
            "to": edges[place + 1],
            # past the ramp's end comes the gap, which is hatched and has no colour
            "colours": {theme: colours[place] if place < len(colours) else None for theme, colours in ramp.items()},
        }
        for place in range(len(limits) + 1 if limits else 0)
    ]
    window: dict[str, date | None] | None = None
    if layer.legend.classes == "quintiles" and (decided := decided_classes(connection, layer, resolution, code=code)):
        window = {"from": decided["window_from"], "to": decided["window_to"]}
    return {"unit": layer.legend.unit, "classes": classes, "rule": layer.legend.classes, "window": window}
