"""What a feed is to the loading: its headings, how it is read and checked, and which table it fills."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Table

from etl.checks import community_forms
from etl.delivery import FeedSource
from etl.faults import Faults
from etl.reading import RawRows, read_table_rows
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
Resolve = Callable[[Connection, pd.DataFrame, Faults, Context], pd.DataFrame]
#: writes columns that one upsert cannot: several tables, or an order of rows
Store = Callable[[Connection, pd.DataFrame, Context, "StoreBatch"], None]
Read = Callable[[FeedSource, Iterable[str]], RawRows]


@dataclass(frozen=True)
class StoreBatch:
    """The batch that is being stored."""

    id: int
    feed: "Feed"
    subdistrict_code: str
    #: tables (schema.table) that held nothing of the feed before: rows need no comparison
    filled: frozenset[str] = frozenset()
    #: what a feed's `store` keeps from one piece of the batch to the next, by its own name
    memory: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Feed:
    """One feed; an instance per module of `etl.feeds`."""

    name: str
    table: Table
    #: our name -> the feed's own heading; `source_key` is always among them
    headings: Mapping[str, str]
    prepare: Prepare
    read: Read = read_table_rows
    #: our names that a file may lack
    optional: frozenset[str] = frozenset()
    #: our names whose values make the key where the file has no key column
    composed_key: tuple[str, ...] = ()
    #: what identifies a record in its table
    conflict: tuple[str, ...] = ("subdistrict_code", "feed", "source_key")
    resolve: Resolve | None = None
    #: writes after `resolve` and placing; None = one upsert into `table`
    store: Store | None = None
    #: whether rows are placed by stated coordinates and by a text
    located: bool = False
    #: our names whose values are identity numbers or telephones: sealed whole in quarantine
    sealed: frozenset[str] = frozenset()
    #: column of the event time, of feeds of events
    event_time: str = ""
    #: whether what it brings changes what texts are placed by
    is_gazetteer: bool = False
    #: whether no row of a file depends on another, so that rows may be placed and stored piece by piece
    by_pieces: bool = False
    #: tables beside its own that only new rows of this feed are added to
    fills: tuple[Table, ...] = ()
    #: whether it brings areas: the cells and the territory are built anew after it
    is_areas: bool = False
    #: layers of the same GeoPackage that are feeds of their own: feed name -> layer
    companions: Mapping[str, str] = field(default_factory=dict)

    def headings_in(self, source: FeedSource) -> dict[str, str]:
        """Our name -> heading in this very file."""
        stated = [*source.headings, *source.defaults, *source.values]
        unknown = ", ".join(dict.fromkeys(name for name in stated if name not in self.headings))
        if unknown:
            raise BadInput(
                f"district.yml: feed {self.name} has no column {unknown}; there are {', '.join(self.headings)}"
            )
        return {**self.headings, **source.headings}

    def required_headings(self, source: FeedSource) -> list[str]:
        """Headings a file must have."""
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
