"""What a feed is to the loading: its headings, how it is read and checked, and which table it fills."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Table

from etl.checks import community_forms
from etl.declaration import Declaration
from etl.delivery import FeedSource
from etl.faults import Faults
from etl.persons import refuse_persons
from etl.readers.files import Wanted, read_rows
from etl.reading import RawRows
from gis.database.tables import metadata
from gis.district import District
from gis.errors import BadInput
from gis.identity import IdentityKeys
from gis.placing import Territory


@dataclass(frozen=True)
class Context:
    """Everything the row work may know; it travels to worker processes with the rows."""

    district: District
    source: FeedSource
    territory: Territory
    keys: IdentityKeys
    now: datetime

    @property
    def communities(self) -> dict[str, str]:
        """Every written form of a community's name, and its code."""
        return community_forms(self.territory.community_names)


#: rows under our names, their faults, the context -> columns of the table (and what `resolve` needs), same index
Prepare = Callable[[pd.DataFrame, Faults, Context], pd.DataFrame]
#: replaces written references by ids of the database, noting what is not there
Resolve = Callable[[Connection, pd.DataFrame, Faults, Context, "StoreBatch"], pd.DataFrame]
#: writes columns that one upsert cannot: several tables, or an order of rows
Store = Callable[[Connection, pd.DataFrame, Context, "StoreBatch"], None]
Finish = Callable[[Connection, Context, "StoreBatch"], None]


@dataclass(frozen=True)
class StoreBatch:
    """The batch that is being stored."""

    id: int
    feed: "Feed"
    subdistrict_code: str
    #: tables (schema.table) that held nothing of the feed before: rows need no comparison
    filled: frozenset[str] = frozenset()
    #: what a feed's `resolve` and `store` keep from one piece of the batch to the next, by its own name
    memory: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Feed:
    """One feed: what it declares of itself, and what only code can say; an instance per YAML file of `etl.feeds`."""

    name: str
    declaration: Declaration
    prepare: Prepare
    resolve: Resolve | None = None
    #: writes after `resolve` and placing; None = one upsert into `table`
    store: Store | None = None
    #: runs once after every row is stored, in the same transaction
    finish: Finish | None = None

    @property
    def declaration_name(self) -> str:
        """The kind of feed, whatever name it goes by in a delivery."""
        return self.declaration.name

    @cached_property
    def table(self) -> Table:
        """The table it fills."""
        return metadata.tables[self.declaration.table]

    @cached_property
    def headings(self) -> Mapping[str, str]:
        """Our name -> the feed's own heading; `source_key` is always among them."""
        return self.declaration.headings

    @cached_property
    def optional(self) -> frozenset[str]:
        """Our names that a file may lack."""
        return self.declaration.optional

    @cached_property
    def sealed(self) -> frozenset[str]:
        """Our names whose values are identity numbers or telephones: sealed whole in quarantine."""
        return self.declaration.sealed

    @property
    def composed_key(self) -> tuple[str, ...]:
        """Our names whose values make the key where the file has no key column."""
        return self.declaration.composed_key

    @property
    def conflict(self) -> tuple[str, ...]:
        """What identifies a record in its table."""
        return self.declaration.conflict

    @property
    def located(self) -> bool:
        """Whether rows are placed, by stated coordinates or by a text."""
        return bool(self.declaration.located)

    @property
    def event_time(self) -> str:
        """Column of the event time, of feeds of events."""
        return self.declaration.event_time

    @property
    def is_gazetteer(self) -> bool:
        """Whether what it brings changes what texts are placed by."""
        return self.declaration.gazetteer

    @property
    def by_pieces(self) -> bool:
        """Whether no row of a file depends on another, so that rows may be placed and stored piece by piece."""
        return self.declaration.by_pieces

    @cached_property
    def fills(self) -> tuple[Table, ...]:
        """Tables beside its own that only new rows of this feed are added to."""
        return tuple(metadata.tables[name] for name in self.declaration.fills)

    @property
    def is_areas(self) -> bool:
        """Whether it brings areas: the cells and the territory are built anew after it."""
        return self.declaration.areas

    @property
    def companions(self) -> Mapping[str, str]:
        """Layers of the same GeoPackage that are feeds of their own: feed name -> layer."""
        return self.declaration.companions

    def read(self, source: FeedSource, required: Iterable[str]) -> RawRows:
        """Read a delivered file.

        Raises
        ------
        BadInput
            If it is not readable, lacks a heading, or holds persons where none may be.
        """
        headings = self.headings_in(source)
        points = (headings["lon"], headings["lat"]) if {"lon", "lat"} <= set(headings) else None
        wanted = Wanted(tuple(required), geometry=bool(self.declaration.geometry), point_headings=points)
        raw = read_rows(source, wanted)
        if self.declaration.no_persons:
            refuse_persons(source.path.name, raw.frame)
        return raw

    def headings_in(self, source: FeedSource) -> dict[str, str]:
        """Our name -> heading in this very file."""
        stated = [*source.headings, *source.defaults, *source.values]
        unknown = ", ".join(dict.fromkeys(name for name in stated if name not in self.headings))
        if unknown:
            raise BadInput(
                "district.yml: feed {name} has no column {unknown}; there are {known}",
                name=self.name,
                unknown=unknown,
                known=self.headings,
            )
        if source.heading_set is not None:
            # a file of another system: what stands under one of our own headings there is something else
            return {name: source.headings.get(name, f"({name})") for name in self.headings}
        return {**self.headings, **source.headings}

    def required_headings(self, source: FeedSource) -> list[str]:
        """Headings a file must have."""
        if source.heading_set is not None:
            return list(source.heading_set.headings.values())
        needless = set(self.optional) | set(source.defaults)
        if self.composed_key or source.keys == "rows":
            needless.add("source_key")
        return [heading for name, heading in self.headings_in(source).items() if name not in needless]


@dataclass(frozen=True)
class RowBatch:
    """Rows to be checked, as of `context.source`: the unit of work of an executor."""

    rows: pd.DataFrame
    #: the key of each row
    keys: "pd.Series[str]"
    context: Context
    geometry: "np.ndarray[tuple[int], np.dtype[np.object_]] | None" = None


@dataclass(frozen=True)
class CheckedRows:
    """What came out of a batch: columns of every row, faulty ones included, and what is wrong."""

    columns: pd.DataFrame
    faults: Faults
