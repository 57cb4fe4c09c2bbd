"""The row work, as pure functions of a batch: run here, in a pool of processes, or on a cluster's executor."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from multiprocessing import get_context
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from etl.faults import Faults
from etl.feed import CheckedRows, RowBatch
from etl.reading import renamed
from etl.shaping import shaped
from etl.vectors import GEOMETRY
from gis.dated_gazetteer import DatedGazetteer
from gis.geocode import Gazetteer, Geocoder
from gis.location import NOWHERE
from gis.placing import readings_frame

#: rows per batch: small enough to spread, large enough that sending costs little
BATCH_ROWS = 50_000
#: texts per batch of the geocoder
BATCH_TEXTS = 4_000
#: below this a pool costs more than it saves [rows]
POOL_FROM_ROWS = 15_000

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class TextBatch:
    """Texts to be placed by a gazetteer; `version` tells a worker whether it has that gazetteer already."""

    texts: Sequence[str]
    gazetteer: Gazetteer
    version: str


def check_rows(batch: RowBatch) -> CheckedRows:
    """Check rows and turn them into columns of their table; pure."""
    from etl.feeds import FEEDS

    feed = FEEDS[batch.context.source.feed]
    headings = feed.headings_in(batch.context.source)
    source = batch.context.source
    rows = renamed(batch.rows, headings, source.defaults, source.values).assign(source_key=batch.keys)
    rows = shaped(rows, feed.declaration, source)
    if batch.geometry is not None:
        rows[GEOMETRY] = pd.Series(batch.geometry, index=rows.index, dtype="object")
    faults = Faults(rows.index, headings)
    return CheckedRows(feed.prepare(rows, faults, batch.context), faults)


# the geocoder of the newest gazetteer this process has seen: building one takes seconds, a batch less
_geocoder: tuple[str, Geocoder] | None = None


def geocoder_for(gazetteer: Gazetteer, version: str) -> Geocoder:
    """Return this process's geocoder of a gazetteer, building it when the gazetteer is a new one."""
    global _geocoder
    known = _geocoder
    # two databases in one process may give their gazetteers the same version
    if known is None or known[0] != version or known[1].gazetteer.places != gazetteer.places:
        _geocoder = known = (version, Geocoder(gazetteer))
    return known[1]


def locate_texts(batch: TextBatch) -> pd.DataFrame:
    """Place texts; pure. Returns `gis.placing.readings_frame`, one row per text."""
    return readings_frame(geocoder_for(batch.gazetteer, batch.version).locate_many(batch.texts))


def joined(parts: Sequence[CheckedRows], headings: dict[str, str]) -> CheckedRows:
    """Put the answers of batches together, in the order of the rows."""
    if len(parts) == 1:
        return parts[0]
    columns = pd.concat([part.columns for part in parts])
    faults = Faults(columns.index, headings)
    start = 0
    for part in parts:
        for reason, mask in part.faults.masks.items():
            whole = faults.masks.setdefault(reason, np.zeros(len(columns), dtype=bool))
            whole[start : start + len(mask)] |= mask
        start += len(part.columns)
    return CheckedRows(columns, faults)


@dataclass(frozen=True)
class PlacedBy:
    """What texts are placed by: the gazetteer of their day, and the state it is in."""

    dated: DatedGazetteer
    #: see `etl.ledger.gazetteer_version`
    state: str
    today: date

    @property
    def version(self) -> str:
        """The state and the epoch of today's gazetteer."""
        return self.version_of(self.dated.epoch(self.today))

    @cached_property
    def gazetteer(self) -> Gazetteer:
        """Today's."""
        return self.dated.on(self.today)

    def version_of(self, epoch: int) -> str:
        """Tell the gazetteers of a state apart, so that a worker knows whether it has one already."""
        return f"{self.state}@{epoch}"

    def is_of(self, state: str, today: date) -> bool:
        """Whether nothing changed since, the day on which a name changes its meaning included."""
        return self.state == state and self.dated.epoch(self.today) == self.dated.epoch(today)


class TextPlaces:
    """Readings of the texts of a delivery, each by the gazetteer of its day."""

    def __init__(self, placed_by: PlacedBy | None) -> None:
        self.placed_by = placed_by
        self.epochs: dict[int, EpochPlaces] = {}

    def readings(
        self, texts: "pd.Series[str]", workers: "Workers", *, days: "pd.Series[Any] | None" = None
    ) -> pd.DataFrame:
        """Readings of `texts`, as of `readings_frame`, on their index; `days` are the local days they were written."""
        if self.placed_by is None:
            return self.of_epoch(0).readings(texts, workers)
        dated, today = self.placed_by.dated, self.placed_by.today
        if days is None or not dated.days:
            return self.of_epoch(dated.epoch(today)).readings(texts, workers)
        epochs = pd.Series(dated.epochs_of(texts.fillna("").tolist(), days.tolist(), today=today), index=texts.index)
        parts = [self.of_epoch(int(epoch)).readings(part, workers) for epoch, part in texts.groupby(epochs)]
        return pd.concat(parts).reindex(texts.index)

    def of_epoch(self, epoch: int) -> "EpochPlaces":
        """The readings by the gazetteer of one epoch."""
        if epoch not in self.epochs:
            by = self.placed_by
            self.epochs[epoch] = EpochPlaces(by.dated.of_epoch(epoch), by.version_of(epoch)) if by else EpochPlaces()
        return self.epochs[epoch]


class EpochPlaces:
    """Readings by one gazetteer: each different text is worked out once, whichever piece it stands in."""

    def __init__(self, gazetteer: Gazetteer | None = None, version: str = "") -> None:
        self.gazetteer = gazetteer
        self.version = version
        self.texts = pd.Index([], dtype=object)
        # the first row answers for texts that say nothing
        self.known = readings_frame([NOWHERE])

    def readings(self, texts: "pd.Series[str]", workers: "Workers") -> pd.DataFrame:
        """Readings of `texts`, as of `readings_frame`, on their index."""
        codes, unique = pd.factorize(texts.fillna("").astype(object))
        different = pd.Index(np.asarray(unique, dtype=object))
        if self.gazetteer is not None:
            new = (self.texts.get_indexer(different) < 0) & (different != "")
            self.work_out(different[new], workers, self.gazetteer)
        # -1, of a text that nobody worked out, becomes the first row
        found = self.known.take((self.texts.get_indexer(different) + 1)[codes])
        found.index = texts.index
        return found

    def work_out(self, texts: pd.Index, workers: "Workers", gazetteer: Gazetteer) -> None:
        """Place texts that were not met before."""
        batches = [
            TextBatch(texts[start : start + BATCH_TEXTS].tolist(), gazetteer, self.version)
            for start in range(0, len(texts), BATCH_TEXTS)
        ]
        parts = list(workers.map(locate_texts, batches, rows=len(texts)))
        if parts:
            self.known = pd.concat([self.known, *parts], ignore_index=True)
            self.texts = pd.Index(np.concatenate([self.texts.to_numpy(), texts.to_numpy()]))


class HereExecutor(Executor):
    """Runs what is submitted at once, in this process: for few rows and for tests."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as fault:
            future.set_exception(fault)
        return future


class Workers:
    """Where the row work runs: here when rows are few, else on the executor given, else on a pool of processes.

    A context manager; the pool starts when it is first needed and ends with it.
    """

    def __init__(self, executor: Executor | None = None, *, processes: int | None = None) -> None:
        self.given = executor
        self.processes = processes or os.cpu_count() or 1
        self.pool: ProcessPoolExecutor | None = None
        self.here = HereExecutor()

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        if self.pool:
            self.pool.shutdown(cancel_futures=True)

    def executor_for(self, rows: int) -> Executor:
        if self.given is not None:
            return self.given
        if rows < POOL_FROM_ROWS or self.processes == 1:
            return self.here
        if self.pool is None:
            # spawned, not forked: this process has threads (progress, Arrow) that a fork would freeze
            self.pool = ProcessPoolExecutor(
                self.processes, mp_context=get_context("spawn"), initializer=die_with_parent, initargs=(os.getpid(),)
            )
        return self.pool

    def warm_up(self) -> None:
        """Start what many rows will run on, so that it is there when they have been read."""
        executor = self.executor_for(POOL_FROM_ROWS)
        if executor is self.pool:
            for _ in range(self.processes):
                executor.submit(import_feeds)

    def map(self, work: Callable[[Item], Answer], items: Iterable[Item], *, rows: int) -> Iterator[Answer]:
        """Work through `items` in order, a few ahead of what is taken, so that waiting batches fill no memory."""
        executor = self.executor_for(rows)
        waiting: deque[Future[Answer]] = deque()
        for item in items:
            waiting.append(executor.submit(work, item))
            if len(waiting) > 2 * self.processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def import_feeds() -> None:
    """Import what `check_rows` needs, which takes seconds."""
    import etl.feeds  # noqa: F401


def die_with_parent(parent: int) -> None:
    """End this worker when the process that started it is gone, killed without a word included."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
