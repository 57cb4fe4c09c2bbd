"""Where an alert is and who lives there: names, cells, outlines and exposure of many cases in a few queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping

from alerts.cases import CELL_UNITS, Case
from gis.database.statements import load_statements
from gis.errors import NotFound

SQL = load_statements("alerts", "judge")

#: counts of persons below this are not told; design.md "What may be seen"
FEWEST_PERSONS = 5
#: kinds of units that are looked up by their code, and the statement that does
LOOKED_UP = {"compound": "describe_compounds", "community": "describe_communities"}

#: kinds of units that lie nowhere
PLACELESS = frozenset({"feed", "rule"})


@dataclass(frozen=True)
class Ground:
    """What a case covers."""

    unit_name: str = ""
    community_code: str | None = None
    cells: tuple[int, ...] = ()
    #: outline as well-known binary in hexadecimal; None = no place
    geom: str | None = None
    #: persons, households, aged_60, living_alone [count]; empty = no place
    exposed: Mapping[str, int] = field(default_factory=dict)

    @property
    def exposure(self) -> dict[str, int | None]:
        """Who lives there, as it may be told."""
        return {name: tellable(number) for name, number in self.exposed.items()}


def tellable(number: int) -> int | None:
    """A count of persons as it may be told: 0 and five or more as they are, one to four as None (少于5)."""
    return number if number == 0 or number >= FEWEST_PERSONS else None


def describe(connection: Connection, cases: Sequence[Case], *, subdistrict_code: str, now: datetime) -> list[Ground]:
    """Describe every case's ground, in the order of `cases`.

    Raises
    ------
    NotFound
        If a case names a cell, compound or community that does not exist.
    """
    asked = {"subdistrict_code": subdistrict_code, "now": now}
    described: dict[int, RowMapping] = {}
    shapes = [
        (place, cell) for place, case in enumerate(cases) if case.lead.unit_kind in CELL_UNITS for cell in case.cells
    ]
    if shapes:
        rows = connection.execute(SQL["describe_cells"], {**asked, **columns(shapes)}).mappings()
        described.update((row["place"], row) for row in rows)
    for kind, statement in LOOKED_UP.items():
        codes = sorted({case.lead.unit_code for case in cases if case.lead.unit_kind == kind})
        if not codes:
            continue
        keys = [int(code) for code in codes] if kind == "compound" else codes
        rows = connection.execute(SQL[statement], {**asked, "codes": keys}).mappings()
        known = {row["unit_code"]: row for row in rows}
        described.update(
            (place, known[case.lead.unit_code])
            for place, case in enumerate(cases)
            if case.lead.unit_kind == kind and case.lead.unit_code in known
        )
    for place, case in enumerate(cases):
        if place not in described and case.lead.unit_kind not in PLACELESS:
            lead = case.lead
            raise NotFound(
                "rule {rule} found something in {unit_kind} {unit_code}, which does not exist",
                rule=lead.rule,
                unit_kind=lead.unit_kind,
                unit_code=lead.unit_code,
            )
    exposed = exposures(connection, described, asked)
    return [ground_of(case, described.get(place), exposed.get(place, NOBODY)) for place, case in enumerate(cases)]


NOBODY: Mapping[str, int] = {"persons": 0, "households": 0, "aged_60": 0, "living_alone": 0}


def columns(pairs: Sequence[tuple[int, int]]) -> dict[str, list[int]]:
    """Pairs of (place, cell) as two columns for `unnest`."""
    return {"places": [place for place, _ in pairs], "cells": [cell for _, cell in pairs]}


def exposures(
    connection: Connection, described: Mapping[int, RowMapping], asked: Mapping[str, Any]
) -> dict[int, Mapping[str, int]]:
    """Count who lives in each described place's cells; places with the same cells are counted once."""
    alike: dict[tuple[int, ...], list[int]] = {}
    for place, row in described.items():
        alike.setdefault(tuple(row["cells"]), []).append(place)
    pairs = [(places[0], cell) for cells, places in alike.items() for cell in cells]
    if not pairs:
        return {}
    rows = connection.execute(SQL["exposures"], {**asked, **columns(pairs)}).mappings()
    counted = {row["place"]: {name: row[name] for name in NOBODY} for row in rows}
    return {place: counted.get(places[0], NOBODY) for places in alike.values() for place in places}


def ground_of(case: Case, row: RowMapping | None, exposed: Mapping[str, int]) -> Ground:
    if row is None:
        return Ground(unit_name=case.lead.unit_name)
    return Ground(
        unit_name=case.lead.unit_name or row["unit_name"] or case.lead.unit_code,
        community_code=row["community_code"],
        cells=tuple(row["cells"]),
        geom=row["geom"],
        exposed=exposed if row["cells"] else {},
    )
