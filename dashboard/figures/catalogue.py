"""The catalogue of figures: `catalogue.yml` read and checked, with the version of every statement it stands on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gis.database.statements import load_statements
from gis.documents import parse_yaml
from gis.errors import BadInput, NotFound
from gis.sentences import Sentence
from gis.validation import faults_of
from layers.catalogue import Words

RECORDS = load_statements("dashboard", "figures")
#: a table of ours in a statement
TABLE = re.compile(r"\b(base|topic|support|casework|alerting|access|open)\.([a-z_0-9]+)\b(?!\s*\()")


@dataclass(frozen=True)
class Query:
    """A statement, known by where it stands and by what it says."""

    #: package/file:name
    statement: str
    sql: str

    @property
    def version(self) -> str:
        """First twelve hexadecimal digits of the SHA-256 of the statement, white space and comments left out."""
        plain = " ".join(re.sub(r"--[^\n]*", " ", self.sql).split())
        return sha256(plain.encode()).hexdigest()[:12]

    @property
    def tables(self) -> frozenset[str]:
        """The tables it reads, by name."""
        return tables_read(self.sql)


def tables_read(sql: str) -> frozenset[str]:
    """Return the tables of ours that a statement names."""
    plain = re.sub(r"--[^\n]*", " ", sql)
    return frozenset(f"{schema}.{name}" for schema, name in TABLE.findall(plain))


class Figure(BaseModel):
    """One figure that a page, a report or the open interface shows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: Words
    definition: Words
    unit: Words
    rows: str | None = None
    parts: tuple[str, str] | None = None
    times: float = 1.0
    over: Literal["now", "month"] = "now"
    feeds: tuple[str, ...]
    shown: Mapping[str, str]
    persons: bool = False

    @model_validator(mode="after")
    def hold_together(self) -> "Figure":
        if (self.rows is None) == (self.parts is None):
            raise BadInput("{id}: a figure has rows or parts, and not both", id=self.id)
        if self.rows is not None and self.rows not in set(RECORDS):
            raise BadInput("{id}: there is no statement {rows} in sql/figures.sql", id=self.id, rows=self.rows)
        return self

    @property
    def query(self) -> Query | None:
        """The statement that selects its records; None when it is made of two other figures."""
        return None if self.rows is None else Query(f"dashboard/figures:{self.rows}", RECORDS.source(self.rows))

    @property
    def shown_queries(self) -> dict[str, tuple[Query, str | None]]:
        """The statements by which pages show it, with the column; by page."""
        found = {}
        for page, reference in self.shown.items():
            place, _, name = reference.partition(":")
            package, _, file = place.partition("/")
            statement, _, column = name.partition(".")
            source = load_statements(package, file).source(statement)
            found[page] = (Query(f"{place}:{statement}", source), column or None)
        return found


def parse_figures(stated: Any) -> dict[str, Figure]:
    """Check what catalogue.yml says; raises BadInput naming every fault (ten at most)."""
    try:
        found = [Figure.model_validate(row) for row in stated]
    except ValidationError as error:
        raise BadInput("{file}: {faults}", file="figures/catalogue.yml", faults=faults_of(error.errors())) from error
    by_id = {figure.id: figure for figure in found}
    faults = [Sentence("{id} stands twice", id=figure.id) for figure in found if by_id[figure.id] is not figure]
    for figure in found:
        unknown = [part for part in figure.parts or () if part not in by_id or by_id[part].rows is None]
        faults += [
            Sentence("{id}: {part} is no figure that counts records", id=figure.id, part=part) for part in unknown
        ]
    if faults:
        raise BadInput("{file}: {faults}", file="figures/catalogue.yml", faults=faults[:10])
    return by_id


@lru_cache(maxsize=1)
def figures() -> dict[str, Figure]:
    """The figures by id, in the catalogue's order."""
    return parse_figures(parse_yaml(files("dashboard.figures").joinpath("catalogue.yml").read_text(encoding="utf-8")))


def figure_named(figure_id: str) -> Figure:
    """Return a figure; raises NotFound."""
    try:
        return figures()[figure_id]
    except KeyError:
        raise NotFound("no figure {figure_id!r}; GET /api/figures lists them", figure_id=figure_id) from None
