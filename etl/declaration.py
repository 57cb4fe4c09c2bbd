"""What a feed declares of itself in ``etl/feeds/<feed>.yml``: everything about it that needs no code.

Headings and their house names, what each column holds, the key, the table, how rows are placed, who owns the data, on
what legal basis they are kept and for how long, how often they come, and the heading sets other systems are known to
deliver the same records in. Validated when it is read; a fault names file and key.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gis.documents import parse_yaml
from gis.errors import BadInput
from gis.sentences import Sentence
from gis.validation import faults_of

#: what a column holds; `free` is free text, out of which identity numbers and telephones are sealed
Kind = Literal[
    "text", "free", "choice", "day", "time", "whole", "decimal", "community", "lon", "lat", "identity", "phone",
    "credit_code", "reference",
]  # fmt: skip


class Declared(BaseModel):
    """A part of a declaration: nothing beside what is known, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Said(Declared):
    """A sentence in both languages."""

    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]


class Retention(Said):
    """How long records are kept."""

    #: after the record ended [months]; empty = for good
    months: int | None = Field(default=None, gt=0)


class Schedule(Said):
    """How often the feed comes."""

    #: expected interval, where `district.yml` states none [s]; empty = no expectation
    every_s: int | None = Field(default=None, gt=0)


class Column(Declared):
    """One column under our name."""

    #: what people call it; the Chinese title is also the heading in files unless `heading` says otherwise
    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]
    heading: str = ""
    #: further headings it is known under, for suggestions
    also: tuple[str, ...] = ()
    kind: Kind = "text"
    #: whether a file must have the column, and a row a value in it
    required: bool = False
    #: whether the file must have the column though a row may leave it empty
    may_be_empty: bool = False
    #: of a choice: word in files -> word in the table
    words: Mapping[str, str] = {}
    #: of keys and texts: regular expression a value must match
    pattern: str = ""
    #: of numbers: the least and the greatest that can be
    least: float | None = None
    most: float | None = None
    #: of days and times: whether it may lie in the future
    ahead: bool = False
    #: of days and times: our name of the column that must not come after it
    after: str = ""
    #: of references: the table whose keys it holds
    refers_to: str = ""
    #: column of the table; empty = our own name (what each kind makes of it), - = none
    into: str = ""

    @property
    def heading_in_files(self) -> str:
        return self.heading or self.zh

    @property
    def is_sealed(self) -> bool:
        """Whether a value is an identity number or a telephone: sealed whole in quarantine."""
        return self.kind in ("identity", "phone")


class Derived(Declared):
    """A value that stands inside another one: the day in 热线-250329-022222."""

    source: str
    pattern: str
    #: filled with the groups of the pattern
    form: str


class Parts(Declared):
    """A value of several levels in one: 科体文宣->文化->文物保护."""

    #: regular expression between levels
    between: str
    #: our name of the column that takes the last level; the value keeps the first
    last: str


class Otherwise(Declared):
    """The word that stands for words neither the set nor the feed knows."""

    word: str
    #: our name of a column that takes what was written, where it is empty
    kept_in: str = ""


class HeadingSet(Declared):
    """Headings under which another system is known to deliver the same records."""

    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]
    #: our name -> heading in such files; a file with all of them is of this set
    headings: Mapping[str, str]
    #: our name -> heading that may be there
    maybe: Mapping[str, str] = {}
    defaults: Mapping[str, str] = {}
    #: our name -> word in the file -> word the feed knows
    values: Mapping[str, Mapping[str, str]] = {}
    otherwise: Mapping[str, Otherwise] = {}
    derived: Mapping[str, Derived] = {}
    parts: Mapping[str, Parts] = {}
    #: our names of columns that hold seconds since 1970
    unix: tuple[str, ...] = ()
    keys: Literal["", "rows"] = ""
    key_pattern: str = ""

    def names(self) -> set[str]:
        """Our names it speaks of."""
        return {
            *self.headings, *self.maybe, *self.defaults, *self.values, *self.otherwise, *self.derived, *self.parts,
            *self.unix, *(one.last for one in self.parts.values()), *(one.source for one in self.derived.values()),
        }  # fmt: skip


class Declaration(Declared):
    """One feed."""

    #: of its YAML file
    name: str
    #: schema.table its rows go to; empty for rasters
    table: str = ""
    #: who answers for the data
    owner: Said
    legal_basis: Said
    retention: Retention
    schedule: Schedule
    #: our names whose values make the key where a file has none
    composed_key: tuple[str, ...] = ()
    #: columns that identify a record in its table
    conflict: tuple[str, ...] = ("subdistrict_code", "feed", "source_key")
    #: "by_point": rows are placed by stated coordinates; "by_text": by those, else by their words
    located: Literal["", "by_point", "by_text"] = ""
    #: our name of the text rows are placed by, first one that is not empty
    place_text: tuple[str, ...] = ()
    #: what the geometry of a row is, of vector feeds
    geometry: Literal["", "point", "line", "area"] = ""
    #: our name of the event time, of feeds of events
    event_time: str = ""
    #: whether what it brings changes what texts are placed by
    gazetteer: bool = False
    #: whether no row of a file depends on another, so that rows may be placed and stored piece by piece
    by_pieces: bool = False
    #: tables beside its own that only new rows of this feed are added to
    fills: tuple[str, ...] = ()
    #: whether it brings areas: cells and territory are built anew after it
    areas: bool = False
    #: whether rows are about persons
    persons: bool = False
    #: whether a file that holds anything about a person is refused whole
    no_persons: bool = False
    #: switch in `district.yml` without which the feed is not taken
    switch: str = ""
    #: layers of the same GeoPackage that are feeds of their own: feed -> layer
    companions: Mapping[str, str] = {}
    #: columns of the table that every row takes
    constants: Mapping[str, str] = {}
    columns: Mapping[str, Column] = {}
    heading_sets: Mapping[str, HeadingSet] = {}

    @model_validator(mode="after")
    def agrees_with_itself(self) -> Self:
        known = {*self.columns, "geometry"}
        faults = [
            Sentence("composed_key {name} is no column", name=name) for name in self.composed_key if name not in known
        ]
        faults += [
            Sentence("place_text {name} is no column", name=name) for name in self.place_text if name not in known
        ]
        if self.event_time and self.event_time not in known:
            faults.append(Sentence("event_time {name} is no column", name=self.event_time))
        for name, column in self.columns.items():
            if column.kind == "reference" and not column.refers_to:
                faults.append(Sentence("{name} refers to nothing; state refers_to", name=name))
            if column.after and column.after not in known:
                faults.append(Sentence("{name} comes after {after}, which is no column", name=name, after=column.after))
        for name, found in self.heading_sets.items():
            faults += [
                Sentence("heading set {name}: {one} is no column", name=name, one=one)
                for one in sorted(found.names() - known)
            ]
            needed = {one for one, column in self.columns.items() if column.required and one not in self.composed_key}
            given = {*found.headings, *found.defaults, *found.derived}
            if found.keys == "rows" or self.composed_key:
                needed.discard("source_key")
            faults += [
                Sentence("heading set {name} gives no {one}", name=name, one=one) for one in sorted(needed - given)
            ]
        if faults:
            raise BadInput("{faults}", faults=faults)
        return self

    @property
    def headings(self) -> dict[str, str]:
        """Our name -> heading in files."""
        return {name: column.heading_in_files for name, column in self.columns.items()}

    @property
    def optional(self) -> frozenset[str]:
        """Our names that a file may lack."""
        return frozenset(
            name for name, column in self.columns.items() if not column.required and not column.may_be_empty
        )

    @property
    def sealed(self) -> frozenset[str]:
        """Our names whose values are sealed whole in quarantine."""
        return frozenset(name for name, column in self.columns.items() if column.is_sealed)


@lru_cache(maxsize=128)
def read_declaration(name: str) -> Declaration:
    """Read ``etl/feeds/<name>.yml``.

    Raises
    ------
    BadInput
        If it lacks something, holds something unknown, or contradicts itself; all faults in one message.
    """
    text = files("etl").joinpath("feeds", f"{name}.yml").read_text(encoding="utf-8")
    try:
        return Declaration.model_validate({**parse_yaml(text), "name": name})
    except yaml.YAMLError as fault:
        raise BadInput(
            "{file} is no YAML: {reason}", file=f"etl/feeds/{name}.yml", reason=" ".join(str(fault).split())
        ) from fault
    except ValidationError as fault:
        raise BadInput("{file}: {faults}", file=f"etl/feeds/{name}.yml", faults=faults_of(fault.errors())) from fault
