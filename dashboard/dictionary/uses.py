"""Who reads a table: layers, figures and interfaces, by the statements they run and the feeds they rest on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from dashboard.figures.catalogue import figures, tables_read
from gis.database.statements import parse_statements
from gis.texts import Texts
from layers.catalogue import FeaturesSource, Layer, catalogue

#: tables behind the kinds of sources of facts per cell (layers/sql)
FACTS = {
    "population": ("topic.population_published",),
    "exact_population": ("base.resident", "base.cell"),
    "demand": ("topic.demand_published",),
    "incidents_open": ("topic.incident_open",),
    "incidents_reported": ("topic.incident_day",),
    "resources": ("topic.resource_count",),
    "reach": ("topic.coverage",),
    "elevation": ("base.cell",),
    "flood_risk": ("base.cell", "base.place", "base.cell_measure"),
    "measured": ("base.cell_measure",),
}
#: facts and the records they are counted from (layers/*.py)
COUNTED_FROM = {
    "topic.population_published": ("base.resident", "base.household", "base.building"),
    "topic.population": ("base.resident", "base.household", "base.building"),
    "topic.demand_published": ("base.service_request", "base.resident", "support.service_item"),
    "topic.incident_open": ("base.incident",),
    "topic.incident_day": ("base.incident",),
    "topic.resource_count": ("base.resource",),
    "topic.coverage": ("base.resource", "base.road_segment", "base.cell"),
}
#: what is asked for over the network, and the tables it answers from
RESOURCES = {
    "incidents": ("base.incident",),
    "requests": ("base.service_request",),
    "alerts": ("alerting.alert",),
    "cap": ("alerting.alert",),
    "outside_alerts": ("alerting.outside_alert",),
    "open": ("open.communities", "open.places", "open.resources", "open.population_cells", "open.demand_cells"),
    "geocode": ("base.place", "base.place_alias", "base.building"),
}


@dataclass(frozen=True)
class Use:
    """Something that reads a table: kind (layer, figure, rule, interface), id, and what people call it."""

    kind: str
    id: str
    title: str


def layer_tables(layer: Layer) -> frozenset[str]:
    """The tables a layer stands on, facts with the records they are counted from."""
    if isinstance(layer.source, FeaturesSource):
        direct = tables_read(feature_statements()[layer.source.statement])
    else:
        direct = frozenset(FACTS.get(layer.source.kind, ()))
    return direct | {record for fact in direct for record in COUNTED_FROM.get(fact, ())}


@lru_cache(maxsize=1)
def feature_statements() -> Mapping[str, str]:
    return parse_statements(files("layers").joinpath("sql", "features.sql").read_text(encoding="utf-8"))


def uses_by_table(interfaces: Sequence[Mapping[str, Any]], texts: Texts) -> dict[str, list[Use]]:
    """Return who reads each table: layers, figures, and the given interfaces of the register."""
    found: dict[str, list[Use]] = {}

    def note(tables: frozenset[str] | tuple[str, ...], use: Use) -> None:
        for table in tables:
            found.setdefault(table, []).append(use)

    for layer in catalogue().layers:
        note(layer_tables(layer), Use("layer", layer.id, layer.name.in_language(texts.language)))
    for figure in figures().values():
        if figure.query is not None:
            note(figure.query.tables, Use("figure", figure.id, figure.name.in_language(texts.language)))
    for row in interfaces:
        if row["direction"] == "given" and row["resource"] in RESOURCES:
            title = texts.noted(row["title"][texts.language], row["party"][texts.language])
            note(RESOURCES[row["resource"]], Use("interface", row["key"], title))
    return found


def rests_on_feed(feed: str, table: str | None, uses: Mapping[str, Sequence[Use]]) -> list[Use]:
    """What would go without when a feed stopped: what reads its table, and the figures that name it."""
    found = {(use.kind, use.id): use for use in uses.get(table or "", ())}
    for figure in figures().values():
        if feed in figure.feeds:
            found.setdefault(("figure", figure.id), Use("figure", figure.id, figure.name.zh))
    return list(found.values())
