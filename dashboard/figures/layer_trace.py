"""Trace what a layer of cells shows: its value in a cell, compound or community, what it means, and what it rests on.

As with figures, values and batches are what the office publishes and records are read with the rights of whoever asks;
of persons nobody learns even the number of records who may not read them, and batches are told of the whole layer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from datetime import time as clock_time
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from access.sessions import Session
from dashboard.figures.catalogue import Query
from dashboard.figures.trace import STATEMENTS, Asked, BatchPart, FeedAge, feed_ages
from gis import cells as h3_cells
from gis.database.statements import load_statements, quoted
from gis.documents import parse_yaml
from gis.errors import BadInput, NotAllowed
from layers.catalogue import FeaturesSource, Layer, Words, catalogue
from layers.measures import DEMAND_DAYS, SENSITIVE_SUBCATEGORIES
from layers.values import bound, cell_statement

RECORDS = load_statements("dashboard", "layer_records")
UnitKind = Literal["subdistrict", "community", "compound", "cell"]
#: measure of persons -> the condition that a person fulfils; `layers/sql/population.sql` counts by the same
MEASURES = {
    "total": "true",
    "registered": "registration = 'registered'",
    "migrant": "registration = 'migrant'",
    "aged_60": "extract(year FROM age(cast(:today AS date), birth_date)) >= 60",
    "aged_80": "extract(year FROM age(cast(:today AS date), birth_date)) >= 80",
    "living_alone": "'living_alone' = ANY (groups)",
    "minors": "extract(year FROM age(cast(:today AS date), birth_date)) < 18",
    "disabled": "'disabled' = ANY (groups)",
    "low_income": "'low_income' = ANY (groups)",
    "pregnant": "'pregnant' = ANY (groups)",
    "chronic_illness": "'chronic_illness' = ANY (groups)",
    # a household is told by its persons
    "households": "household_id IS NOT NULL",
}
#: kind of base.cell_measure -> the feed that brings it
RASTERS = {"rain": "rain", "population": "population_raster"}


class Meaning(BaseModel):
    """What the values of a kind of source mean; an entry of layers.yml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    definition: Words
    records: tuple[str, ...]
    feeds: tuple[str, ...]
    guarded: bool = False
    units: tuple[UnitKind, ...] = ()


@lru_cache(maxsize=1)
def meanings() -> Mapping[str, Meaning]:
    """What each kind of source of cells means."""
    stated = parse_yaml(files("dashboard.figures").joinpath("layers.yml").read_text(encoding="utf-8"))
    return {kind: Meaning.model_validate(said) for kind, said in stated.items()}


@dataclass(frozen=True)
class Unit:
    """Where a layer's value is asked for."""

    kind: UnitKind
    #: hexadecimal of a cell, id of a compound, code of a community or of the sub-district
    code: str

    @property
    def published_as(self) -> str:
        """Its kind in the tables of published facts."""
        return "place" if self.kind == "compound" else self.kind


@dataclass(frozen=True)
class LayerTraced:
    """A layer's value in a unit with everything it stands on."""

    layer: Layer
    unit: Unit
    #: None where it is not published or there is none
    value: float | None
    suppressed: bool
    estimated: bool
    #: by which the value comes about, and by which its records are selected
    queries: tuple[Query, ...]
    batches: tuple[BatchPart, ...]
    feeds: tuple[FeedAge, ...]
    #: records it was made of; of persons None
    records: int | None
    #: of these, within the asker's rights
    readable: int

    @property
    def meaning(self) -> Meaning:
        return meanings()[self.layer.source.kind]

    @property
    def age_s(self) -> float | None:
        """Age of the newest event of the oldest feed [s]; None when none has delivered."""
        return max((feed.age_s for feed in self.feeds if feed.age_s is not None), default=None)

    @property
    def late(self) -> bool:
        """Whether a feed it rests on is silent for too long."""
        return any(feed.late for feed in self.feeds)


def definition_of(layer: Layer) -> Words:
    """What a layer's values mean."""
    said = meanings()[layer.source.kind].definition
    return Words(zh=said.zh.format(name=layer.name.zh), en=said.en.format(name=layer.name.en))


def traced_layer(layer_id: str, role: str) -> Layer:
    """Return a layer of cells that a role may see.

    Raises
    ------
    NotFound, NotAllowed
        As `Catalogue.layer_for`; nobody reads records through a wall.
    BadInput
        If it shows shapes: those are records and no figures of any.
    """
    layer = catalogue().layer_for(layer_id, role)
    if role == "wall":
        raise NotAllowed("what a layer rests on is told in the office, not on a wall")
    if isinstance(layer.source, FeaturesSource):
        raise BadInput(
            "layer {layer_id!r} shows records themselves; ask for them by their own address", layer_id=layer_id
        )
    return layer


def unit_asked(session: Session, *, cell: str | None, compound: int | None, community: str | None) -> Unit:
    """Return the unit that is asked for; the whole sub-district when none is named.

    Raises
    ------
    BadInput
        If several are named.
    NotAllowed
        If a community leader asks for another community, or for the whole.
    """
    named = []
    if cell is not None:
        named.append(Unit("cell", cell))
    if compound is not None:
        named.append(Unit("compound", str(compound)))
    if community is not None:
        named.append(Unit("community", community))
    if len(named) > 1:
        raise BadInput("name one of cell, compound and community")
    unit = named[0] if named else Unit("subdistrict", session.subdistrict_code or "")
    if session.role == "community_leader" and unit.kind in ("subdistrict", "community"):
        own = next(iter(session.community_codes), "")
        unit = Unit("community", own) if unit.kind == "subdistrict" else unit
        if unit.code not in session.community_codes:
            raise NotAllowed("figures of another community are not open to a community leader")
    return unit


def trace_layer(owner: Connection, asking: Connection, layer: Layer, unit: Unit, asked: Asked) -> LayerTraced:
    """Select a layer's value in a unit, and say where it comes from.

    Parameters
    ----------
    owner
        Counts batches over all rows.
    asking
        Of whoever asks: the value is what they may see, and so are the records.

    Raises
    ------
    BadInput
        If the layer has no value for such a unit.
    """
    meaning = meanings()[layer.source.kind]
    sql, given = records_of(layer, unit, asked)
    readable = count_readable(asking, sql, given)
    value, suppressed, estimated, query = value_of(asking, layer, unit, asked, readable)
    if meaning.guarded:
        # over the whole layer, and without numbers: a batch in one cell would tell of a person in it
        whole = records_of(layer, Unit("subdistrict", asked.code), asked)
        parts = [replace(part, records=0) for part in batches_of(owner, *whole)]
    else:
        parts = batches_of(owner, sql, given)
    return LayerTraced(
        layer=layer,
        unit=unit,
        value=value,
        suppressed=suppressed,
        estimated=estimated,
        queries=(query, Query(f"dashboard/layer_records:{'+'.join(meaning.records)}", sql)),
        batches=tuple(parts),
        feeds=tuple(feed_ages(owner, meaning.feeds, asked)),
        records=None if meaning.guarded else sum(part.records for part in parts),
        readable=readable,
    )


def layer_rows(
    asking: Connection, layer: Layer, unit: Unit, asked: Asked, *, limit: int, offset: int
) -> list[dict[str, Any]]:
    """The records behind a layer's value that the asker may read, newest first."""
    sql, given = records_of(layer, unit, asked)
    statement = STATEMENTS.source("rows").replace("{records}", sql)
    rows = asking.execute(bound(statement, {**given, "limit": limit, "offset": offset}))
    return [dict(row) for row in rows.mappings()]


def rows_readable(asking: Connection, layer: Layer, unit: Unit, asked: Asked) -> int:
    """How many records there are behind a layer's value that the asker may read."""
    return count_readable(asking, *records_of(layer, unit, asked))


def count_readable(asking: Connection, sql: str, given: Mapping[str, Any]) -> int:
    return int(asking.scalar(bound(counting(sql), given)) or 0)


def records_of(layer: Layer, unit: Unit, asked: Asked) -> tuple[str, dict[str, Any]]:
    """The statement that selects the records behind a layer's value in a unit, and its parameters.

    Raises
    ------
    BadInput
        If the layer has no value for such a unit.
    """
    source = layer.source
    if unit.kind not in ("cell", *meanings()[source.kind].units):
        raise BadInput("layer {id!r} has no value of a {kind}; name a cell", id=layer.id, kind=unit.kind)
    stated = source.model_dump(exclude={"kind"})
    parts = []
    for name in meanings()[source.kind].records:
        statement, _, feed = name.partition(".")
        sql = RECORDS.source(statement).rstrip().rstrip(";")
        if statement == "persons":
            sql = sql.replace("{measure}", MEASURES[stated.get("measure", "total")])
        elif statement == "raster":
            sql = sql.replace("{feed}", RASTERS[stated["measure"]] if feed == "measure" else feed)
        parts.append(sql)
    local = asked.now.astimezone(ZoneInfo(asked.timezone))
    opens = datetime.combine(local.date() - timedelta(days=DEMAND_DAYS - 1), clock_time(), local.tzinfo)
    cell = cell_number(unit.code) if unit.kind == "cell" else None
    given = {
        **stated,
        "code": asked.code,
        "now": asked.now,
        "today": local.date(),
        "timezone": asked.timezone,
        "window_from": opens,
        "sensitive": list(SENSITIVE_SUBCATEGORIES),
        "cells": None if cell is None else h3_cells.children(cell, h3_cells.FINEST).tolist(),
        "community": unit.code if unit.kind == "community" else None,
        "place": int(unit.code) if unit.kind == "compound" else None,
    }
    return "\nUNION ALL\n".join(parts), given


def cell_number(text: str) -> int:
    """The number of a cell of ours; raises BadInput."""
    cell = int(h3_cells.from_hex([text])[0])
    resolution = int(h3_cells.resolutions([cell])[0])
    if resolution not in (9, 10, 11):
        raise BadInput(
            "{text} is a cell of resolution {resolution}; layers have 9, 10 and 11", text=text, resolution=resolution
        )
    return cell


def value_of(
    asking: Connection, layer: Layer, unit: Unit, asked: Asked, readable: int
) -> tuple[float | None, bool, bool, Query]:
    """A layer's value in a unit, whether it is withheld, whether it is an estimate, and by which statement."""
    source = layer.source
    if unit.kind == "cell":
        sql, parameters = cell_statement(source)  # type: ignore[arg-type]
        cell = cell_number(unit.code)
        wrapped = RECORDS.source("cell_value").replace("{cells}", sql.rstrip().rstrip(";"))
        given = {
            **parameters, "code": asked.code, "cell": cell, "resolution": int(h3_cells.resolutions([cell])[0]),
        }  # fmt: skip
        row = asking.execute(bound(wrapped, given)).one_or_none()
        if row is None:
            return None, False, False, Query(f"layers/cells:{source.kind}", sql)
        return row.value, row.suppressed, row.estimated, Query(f"layers/cells:{source.kind}", sql)
    if source.kind in ("population", "demand"):
        name = f"unit_{source.kind}"
        sql = RECORDS.source(name)
        if source.kind == "population":
            sql = sql.replace("{measure}", quoted(source.measure))
        given = {
            **source.model_dump(exclude={"kind"}), "code": asked.code, "unit_kind": unit.published_as,
            "unit_code": unit.code,
        }  # fmt: skip
        row = asking.execute(bound(sql, given)).one_or_none()
        found = (None, False) if row is None else (row.value, row.suppressed)
        return *found, False, Query(f"dashboard/layer_records:{name}", sql)
    sql, _ = records_of(layer, unit, asked)
    return float(readable), False, False, Query(f"dashboard/layer_records:{source.kind}", counting(sql))


def counting(sql: str) -> str:
    return STATEMENTS.source("readable").replace("{records}", sql)


def batches_of(owner: Connection, sql: str, given: Mapping[str, Any]) -> list[BatchPart]:
    """How many of the records came in which batch."""
    statement = STATEMENTS.source("by_batch").replace("{records}", sql)
    rows = owner.execute(bound(statement, given)).mappings()
    return [BatchPart(**{name: row[name] for name in BatchPart.__dataclass_fields__}) for row in rows]


def compounds(connection: Connection, code: str) -> list[tuple[str, str]]:
    """Ids and names of compounds and apartment areas."""
    return [(str(row.id), row.name) for row in connection.execute(RECORDS["compounds"], {"code": code})]
