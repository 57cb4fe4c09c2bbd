"""Compose a wall's picture from the geodatabase, part by part, each once for all walls of a language.

Everything is read as the wall's role. Layers of cells are read again only when their facts have a new version.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from dashboard.look import RESOURCE_SIGNS
from dashboard.scenes import Scenes, SceneSpec, Screen
from dashboard.wall.alerts_shown import select_alerts
from dashboard.wall.counters import select_counters
from dashboard.wall.ground import Ground
from dashboard.wall.layers_shown import CellLayer, select_layer, shown_layer
from dashboard.wall.panels import (
    category_table,
    demand_table,
    gap_table,
    gaps_shown,
    out_list,
    population_table,
    reach_shares,
    resource_table,
    select_trend,
)
from dashboard.wall.picture import Feed, MarkKey, Scene, SmallMap, Table, Trend, thousands
from dashboard.wall.select_ground import SQL
from gis.texts import Texts, texts_in
from layers.catalogue import OpenIncidentsSource, ReachSource
from layers.measures import SENSITIVE_SUBCATEGORIES


@dataclass
class Facts:
    """What several parts of one picture need, read once."""

    code: str
    #: in the district's time zone
    now: datetime
    resources: Sequence[Any]
    reach: Sequence[Any]
    unplaced: Any
    #: version and time of each topic's facts
    versions: Mapping[str, int]
    refreshed_at: Mapping[str, float]
    inhabited: set[str]
    #: open incidents on the map, newest first
    incidents: Sequence[Any]


@dataclass
class Composer:
    """Composes pictures; remembers layers by the version of their facts."""

    scenes: Scenes
    code: str
    ground: Ground
    #: the rows of a layer are read once for all languages
    kept: dict[str, tuple[int, CellLayer]] = field(default_factory=dict)

    def facts(self, connection: Connection, *, now: datetime) -> Facts:
        """Read what the parts share."""
        local = now.astimezone(ZoneInfo(self.ground.timezone))
        times = connection.execute(SQL["fact_times"], {"code": self.code}).mappings().all()
        return Facts(
            code=self.code,
            now=local,
            resources=connection.execute(SQL["resources"], {"code": self.code, "now": local}).mappings().all(),
            reach=connection.execute(SQL["community_reach"], {"code": self.code}).mappings().all(),
            unplaced=connection.execute(SQL["unplaced"], {"code": self.code, "now": local}).mappings().one(),
            versions={row["topic"]: row["version"] for row in times},
            refreshed_at={row["topic"]: row["refreshed_at"] for row in times},
            incidents=connection.execute(
                SQL["incident_points"],
                {"code": self.code, "now": local, "sensitive": list(SENSITIVE_SUBCATEGORIES)},
            ).all(),
            inhabited={format(row.cell, "x") for row in connection.execute(SQL["inhabited"], {"code": self.code})},
        )

    def parts(self, connection: Connection, *, language: str, now: datetime) -> Iterator[tuple[str, Any]]:
        """Yield every part that all screens of a language share, by name."""
        texts = texts_in(language)
        facts = self.facts(connection, now=now)
        yield "feeds", select_feeds(connection, code=self.code)
        yield (
            "counters",
            select_counters(connection, code=self.code, now=facts.now, resources=facts.resources, texts=texts),
        )
        longest_s = max(screen.takeover_s for screen in self.scenes.screens.values())
        waiting = facts.unplaced["incidents"] + facts.unplaced["requests"]
        yield (
            "alerts",
            select_alerts(
                connection, code=self.code, now=facts.now, takeover_s=longest_s, unplaced=waiting, texts=texts
            ),
        )
        yield "resources", {"rows": resource_points(facts.resources)}
        yield "incidents", {"rows": incident_points(facts.incidents)}
        yield "records", dict(connection.execute(SQL["newest_records"], {"code": self.code}).mappings().one())
        for key, spec in self.scenes.scenes.items():
            yield f"scene:{key}", self.scene(connection, key, spec, facts, texts)

    def screen(self, screen: Screen, *, language: str) -> dict[str, Any]:
        """What one screen is: its title and the scenes it turns through."""
        texts = texts_in(language)
        name = self.ground.name_en if language == "en" else self.ground.name
        return {
            "title": texts("wall.title", name=name),
            "scenes": [
                {"key": key, "title": texts(f"wall.scene.{key}"), "seconds": self.scenes.scenes[key].seconds}
                for key in screen.scenes
            ],
            "takeover_s": screen.takeover_s,
            "seams": list(screen.seams),
            "exercise": screen.exercise,
        }

    def layer(self, connection: Connection, layer_id: str, facts: Facts) -> CellLayer:
        """Return a layer's classes, read again when its facts have changed."""
        known = self.kept.get(layer_id)
        if known is not None and known[0] == facts.versions.get(known[1].topic, 0):
            return known[1]
        cells = select_layer(connection, layer_id, self.ground, inhabited=facts.inhabited)
        self.kept[layer_id] = (facts.versions.get(cells.topic, 0), cells)
        return cells

    def scene(self, connection: Connection, key: str, spec: SceneSpec, facts: Facts, texts: Texts) -> Scene:
        """Compose one scene."""
        cells = self.layer(connection, spec.layer, facts)
        source = cells.layer.source
        gaps = (
            gaps_shown(connection, self.ground, code=self.code, kind=source.resource, texts=texts)
            if isinstance(source, ReachSource)
            else []
        )
        return Scene(
            key=key,
            title=texts(f"wall.scene.{key}"),
            seconds=spec.seconds,
            layer=shown_layer(
                cells,
                self.ground,
                texts,
                at=facts.refreshed_at.get(cells.topic),
                marks=self.mark_keys(spec, facts, texts),
                note=self.note(spec, cells, facts, texts),
            ),
            marks=spec.marks,
            panel=self.panel(connection, spec, cells, facts, texts),
            register=self.register(connection, spec, facts, texts),
            small=[self.small(self.layer(connection, layer_id, facts), facts, texts) for layer_id in spec.small],
            gaps=gaps,
            out=out_list(facts.resources, now=facts.now, texts=texts) if spec.marks == "resources" else None,
        )

    def panel(
        self, connection: Connection, spec: SceneSpec, cells: CellLayer, facts: Facts, texts: Texts
    ) -> Trend | Table:
        if spec.panel == "trend_requests":
            return select_trend(connection, "request", code=self.code, now=facts.now, texts=texts)
        if spec.panel == "trend_incidents":
            return select_trend(connection, "incident", code=self.code, now=facts.now, texts=texts)
        if spec.panel == "gaps" and isinstance(cells.layer.source, ReachSource):
            kind = cells.layer.source.resource
            return gap_table(facts.reach, self.ground, kind=kind, at=facts.refreshed_at.get("resources"), texts=texts)
        return population_table(
            connection,
            self.ground,
            code=self.code,
            at=facts.refreshed_at.get("population"),
            wide=False,
            texts=texts,
        )

    def register(self, connection: Connection, spec: SceneSpec, facts: Facts, texts: Texts) -> Table:
        if spec.register_of == "resources":
            return resource_table(facts.resources, facts.reach, texts=texts)
        if spec.register_of == "categories":
            return category_table(connection, code=self.code, now=facts.now, texts=texts)
        if spec.register_of == "communities_demand":
            return demand_table(
                connection, self.ground, code=self.code, at=facts.refreshed_at.get("demand"), texts=texts
            )
        return population_table(
            connection, self.ground, code=self.code, at=facts.refreshed_at.get("population"), wide=True, texts=texts
        )

    def small(self, cells: CellLayer, facts: Facts, texts: Texts) -> SmallMap:
        """A small map; of walking time it tells shares of persons and shows the resources."""
        source = cells.layer.source
        title, unit = getattr(cells.layer.name, texts.language), ""
        if cells.layer.legend.unit is not None:
            unit = getattr(cells.layer.legend.unit, texts.language)
        scope, value, points = "", "", []
        if isinstance(source, ReachSource):
            mine = [one for one in facts.resources if one["kind"] == source.resource]
            title, unit = texts(f"wall.kind.{source.resource}"), texts("wall.small.reach")
            scope = texts("wall.small.ready", n=sum(1 for one in mine if one["status"] == "ready"))
            value = reach_shares(facts.reach)[source.resource]
            points = [[one["lon"], one["lat"], one["status"] == "ready"] for one in mine if one["lon"] is not None]
        elif isinstance(source, OpenIncidentsSource):
            unit = texts("wall.unit.incidents")
            here = [one for one in facts.incidents if source.category in (None, one.category)]
            scope = texts("wall.small.open", n=len(here))
            points = [[round(one.lon, 6), round(one.lat, 6), True] for one in here]
        return SmallMap(
            title=title,
            scope=scope,
            value=value,
            under=unit,
            ramp=cells.ramp,
            classes=cells.classes,
            points=points,
            feeds=cells.feeds,
            at=facts.refreshed_at.get(cells.topic),
        )

    def mark_keys(self, spec: SceneSpec, facts: Facts, texts: Texts) -> list[MarkKey]:
        if spec.marks == "incidents":
            return [MarkKey("incident", texts("wall.mark.incident", n=len(facts.incidents)))]
        if spec.marks != "compounds":
            return []
        kinds = [spot.kind for spot in self.ground.spots]
        return [
            MarkKey(kind, texts(f"wall.mark.{kind}", n=kinds.count(kind)))
            for kind in ("commercial", "resettlement", "apartment")
            if kind in kinds
        ]

    def note(self, spec: SceneSpec, cells: CellLayer, facts: Facts, texts: Texts) -> str:
        """What must be said under the map: what is schematic, what is estimated, what is missing from it."""
        notes = []
        if self.ground.schematic:
            notes.append(texts("wall.note.places" if spec.marks == "resources" else "wall.note.schematic"))
        if cells.estimated:
            notes.append(texts("wall.note.estimated" if cells.topic == "resources" else "wall.note.estimate"))
        missing = {"demand": "requests_30_days", "incidents": "incidents_30_days"}.get(cells.topic)
        if missing and facts.unplaced[missing]:
            notes.append(texts("wall.note.unplaced", n=thousands(facts.unplaced[missing])))
        return " · ".join(notes)


def select_feeds(connection: Connection, *, code: str) -> list[Feed]:
    """Select how old each feed's newest event is."""
    return [Feed(**row) for row in connection.execute(SQL["feeds"], {"code": code}).mappings()]


def resource_points(resources: Sequence[Any]) -> list[list[Any]]:
    """Resources on the map as (kind, sign, ready, lon, lat)."""
    return [
        [one["kind"], RESOURCE_SIGNS[one["kind"]], one["status"] == "ready", round(one["lon"], 6), round(one["lat"], 6)]
        for one in resources
        if one["lon"] is not None
    ]


def incident_points(incidents: Sequence[Any]) -> list[list[Any]]:
    """Open incidents on the map as (lon, lat, id)."""
    return [[round(row.lon, 6), round(row.lat, 6), row.id] for row in incidents]
