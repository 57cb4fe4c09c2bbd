"""What can be put on a map: the catalogue, legends, values per cell, and the ground."""

import gzip
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from access.sessions import Session
from dashboard.services import Services, session_of
from gis.texts import Texts
from layers.basemap import Theme, basemap_style, select_basemap
from layers.catalogue import FloodRiskSource, Layer, MeasuredSource, ReachSource, Style, Words, catalogue
from layers.settings import GroundSettings
from layers.tiles import compressed
from layers.values import legend, select_cell_values, served_subdistrict
from layers.versions import layer_version

#: bodies kept ready by what they show; some megabytes
BODIES_KEPT = 2_000

Asker = Annotated[Session, Depends(session_of)]


class LayerEntry(BaseModel):
    """One layer of the catalogue."""

    id: str
    name: Words
    group: str
    group_name: Words
    source: str = Field(description="kind of source: facts per cell, or features")
    geometry: str
    style: Style
    unit: Words | None
    classes: str | None = Field(description="quintiles (fixed limits) or minutes")
    zoom: tuple[int, int]
    refresh_s: int = Field(description="how old the figures may be before somebody should ask why [s]")
    least_role: str
    needs: str | None
    tiles: str
    legend: str
    cells: str | None = Field(description="values per cell; null for layers of shapes")


class LayerList(BaseModel):
    """The layers the asker may see."""

    layers: list[LayerEntry]


class LegendClass(BaseModel):
    """One class of a layer."""

    low: float | None = Field(description="lower limit, included; null = open")
    high: float | None = Field(description="upper limit; null = open")
    label: str
    colours: dict[str, str | None] = Field(description="fill by theme (dark, light); null = hatched gap")


class LegendSheet(BaseModel):
    """What a layer's legend says."""

    id: str
    name: Words
    unit: Words | None
    classes: list[LegendClass]
    rule: str | None
    suppressed: str | None
    estimated: str | None


class Shelf:
    """Bodies kept ready, the longest unused thrown out first."""

    def __init__(self, kept: int = BODIES_KEPT) -> None:
        self.kept = kept
        self.bodies: OrderedDict[str, bytes] = OrderedDict()
        self.lock = threading.Lock()

    def body(self, tag: str, make: Callable[[], bytes]) -> bytes:
        """Return the body with this tag, made now when it is not there."""
        with self.lock:
            if tag in self.bodies:
                self.bodies.move_to_end(tag)
                return self.bodies[tag]
        made = make()
        with self.lock:
            self.bodies[tag] = made
            while len(self.bodies) > self.kept:
                self.bodies.popitem(last=False)
        return made


@contextmanager
def reading(services: Services, session: Session) -> Iterator[Connection]:
    """One read as the asker: a wall by the wall's role, everybody else under row-level security."""
    if session.role == "wall":
        with services.database.wall.begin() as connection:
            yield connection
    else:
        with services.asking(session) as connection:
            yield connection


def entity_tag(*parts: object) -> str:
    """Return a tag for what these parts say; the same parts give the same tag in every process."""
    return '"' + sha256("\n".join(map(str, parts)).encode()).hexdigest()[:24] + '"'


def tagged(request: Request, tag: str, body: Callable[[], bytes], *, media_type: str) -> Response:
    """Answer with a gzipped body and its tag, or with 304 when the asker has it already.

    The asker may keep it but asks again each time: what may be seen depends on who asks.
    """
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding, Cookie, Authorization"}
    wanted = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    if tag in wanted or "*" in wanted:
        return Response(status_code=304, headers=headers)
    content = body()
    if not content:
        return Response(status_code=204, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(content, headers={**headers, "Content-Encoding": "gzip"}, media_type=media_type)
    return Response(gzip.decompress(content), headers=headers, media_type=media_type)


def layer_entry(layer: Layer) -> LayerEntry:
    cells = f"/api/layers/{layer.id}/cells" if layer.geometry == "cell" else None
    return LayerEntry(
        id=layer.id,
        name=layer.name,
        group=layer.group,
        group_name=catalogue().groups[layer.group],
        source=layer.source.kind,
        geometry=layer.geometry,
        style=layer.style,
        unit=layer.legend.unit,
        classes=layer.legend.classes,
        zoom=layer.zoom,
        refresh_s=layer.refresh_s,
        least_role=layer.least_role,
        needs=layer.needs,
        tiles=f"/tiles/{layer.id}/{{z}}/{{x}}/{{y}}.mvt",
        legend=f"/api/layers/{layer.id}/legend",
        cells=cells,
    )


def legend_sheet(layer: Layer, stated: dict[str, Any], texts: Texts) -> LegendSheet:
    """Put a legend into words."""
    minutes = stated["rule"] == "minutes"
    window = stated["window"]
    if stated["rule"] is None:
        rule = None
    elif minutes:
        rule = texts("layers.rule_minutes")
    elif stated["rule"] == "scores":
        rule = texts("layers.rule_scores")
    elif not stated["classes"]:
        rule = texts("layers.rule_undecided")
    elif window and window["from"] is None:
        rule = texts("layers.rule_today", day=window["to"].isoformat())
    else:
        rule = texts("layers.rule_quintiles")
    guarded = layer.source.kind in ("population", "demand")
    return LegendSheet(
        id=layer.id,
        name=layer.name,
        unit=stated["unit"],
        classes=[
            LegendClass(
                low=part["from"], high=part["to"], colours=part["colours"],
                label=class_label(part["from"], part["to"], minutes=minutes, texts=texts),
            )
            for part in stated["classes"]
        ],
        rule=rule,
        suppressed=texts("layers.suppressed") if guarded else None,
        estimated=estimate_text(layer, texts),
    )  # fmt: skip


def estimate_text(layer: Layer, texts: Texts) -> str | None:
    """How the values of an estimated layer come about; None for what was counted or measured."""
    match layer.source:
        case ReachSource():
            return texts("layers.estimated")
        case FloodRiskSource():
            return texts("layers.estimated_flood_risk")
        case MeasuredSource(measure="population"):
            return texts("layers.estimated_population")
    return None


def class_label(low: float | None, high: float | None, *, minutes: bool, texts: Texts) -> str:
    """Say in words which values a class holds."""
    figures = {name: f"{value:g}" for name, value in (("low", low), ("high", high)) if value is not None}
    if low is None:
        return texts("layers.within_minutes" if minutes else "layers.below", limit=figures.get("high", ""))
    if high is None:
        return texts("layers.gap" if minutes else "layers.from", limit=figures["low"])
    return texts("layers.between_minutes" if minutes else "layers.between", **figures)


def cells_body(values: pd.DataFrame, layer: Layer, *, resolution: int, version: str) -> bytes:
    """Write the values per cell as JSON, one list per column in the same order, gzipped."""
    listed = {
        "layer": layer.id,
        "resolution": resolution,
        "version": version,
        "cells": values["cell_hex"].tolist(),
        "values": [None if pd.isna(value) else round(value, 2) for value in values["value"].tolist()],
        "classes": [None if pd.isna(value) else int(value) for value in values["class_index"].tolist()],
        "suppressed": [cell for cell, hidden in zip(values["cell_hex"], values["suppressed"], strict=True) if hidden],
        "estimated": [cell for cell, guessed in zip(values["cell_hex"], values["estimated"], strict=True) if guessed],
    }
    return compressed(json.dumps(listed, separators=(",", ":"), ensure_ascii=False).encode())


def router(services: Services) -> APIRouter:
    """Mount /api/layers, /api/basemap and what hangs under them."""
    routes = APIRouter(tags=["layers"])
    shelf = Shelf()
    ground = GroundSettings()

    @routes.get("/api/layers", summary="The layers you may put on a map")
    def layers(session: Asker) -> LayerList:
        return LayerList(layers=[layer_entry(layer) for layer in catalogue().visible_to(session.role)])

    @routes.get("/api/layers/{layer_id}/legend", summary="Unit, classes with limits and colours, and their rule")
    def layer_legend(layer_id: str, session: Asker, resolution: int = 10) -> LegendSheet:
        layer = catalogue().layer_for(layer_id, session.role)
        with reading(services, session) as connection:
            stated = legend(connection, layer, resolution, code=session.subdistrict_code)
        return legend_sheet(layer, stated, services.texts(session))

    @routes.get("/api/layers/{layer_id}/cells", summary="Value and class per cell, one list per column")
    def layer_cells(layer_id: str, request: Request, session: Asker, resolution: int = 10) -> Response:
        layer = catalogue().layer_for(layer_id, session.role)
        with reading(services, session) as connection:
            code = session.subdistrict_code or served_subdistrict(connection)
            version = layer_version(connection, layer, code=code)

            def make() -> bytes:
                values = select_cell_values(connection, layer_id, resolution, code=code)
                return cells_body(values, layer, resolution=resolution, version=version)

            if not version:
                body = make()
                return tagged(
                    request, entity_tag(sha256(body).hexdigest()), lambda: body, media_type="application/json"
                )
            tag = entity_tag("cells", layer.model_dump_json(), version, code, resolution)
            return tagged(request, tag, lambda: shelf.body(tag, make), media_type="application/json")

    @routes.get("/api/basemap", summary="The ground as GeoJSON: district, communities, roads, water, hills, compounds")
    def basemap(request: Request, session: Asker) -> Response:
        with reading(services, session) as connection:
            code = session.subdistrict_code or served_subdistrict(connection)
            version = layer_version(connection, catalogue().layer("communities"), code=code)
            tag = entity_tag("basemap", version, code)

            def make() -> bytes:
                parts = select_basemap(connection, code=code)
                return compressed(json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode())

            return tagged(request, tag, lambda: shelf.body(tag, make), media_type="application/geo+json")

    @routes.get("/api/basemap/style", summary="The ground as a MapLibre style over our own tiles")
    def style(request: Request, session: Asker, theme: Theme = "light") -> dict[str, Any]:
        return basemap_style(theme, str(request.base_url).rstrip("/"), settings=ground)

    return routes
