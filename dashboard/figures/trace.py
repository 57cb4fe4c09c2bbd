"""Trace a figure: its value, the batches its records came in, how old it is, and the records themselves.

Values and batches are the office's own publication and are counted over all rows, as reports are; records are read
with the rights of whoever asks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from access.sessions import Session
from alerts.rule_store import rules_in_force
from alerts.rules import SilenceRule
from dashboard.figures.catalogue import RECORDS, Figure, figures
from dashboard.reports.month import Month, month_of
from gis.database.connection import Database
from gis.database.statements import load_statements
from gis.district import select_district
from gis.errors import BadInput, NotAllowed

STATEMENTS = load_statements("dashboard", "traces")
#: batches named one by one; of the older ones only the number is told
BATCHES_SHOWN = 50


@dataclass(frozen=True)
class Asked:
    """Over what a figure is counted."""

    code: str
    timezone: str
    now: datetime
    month: Month
    #: None: the whole sub-district
    community: str | None

    def parameters(self) -> dict[str, Any]:
        """What the statements of figures.sql may ask for."""
        opens, closes = self.month.bounds(self.timezone)
        local = self.now.astimezone(ZoneInfo(self.timezone))
        return {
            "code": self.code,
            "now": self.now,
            "midnight": local.replace(hour=0, minute=0, second=0, microsecond=0),
            "community": self.community,
            "opens": opens,
            "closes": closes,
            "year_opens": self.month.shifted(-12).bounds(self.timezone)[0],
        }


@dataclass(frozen=True)
class BatchPart:
    """How many of a figure's records came in a batch; empty id = written by hand or by another record."""

    batch_id: int | None
    records: int
    feed: str | None
    source: str | None
    started_at: datetime | None
    finished_at: datetime | None
    versions: Mapping[str, Any] | None


@dataclass(frozen=True)
class FeedAge:
    """How old a feed a figure rests on is."""

    name: str
    title: str
    expected_every_s: int | None
    newest_at: datetime | None
    age_s: float | None
    #: as the rule of silent feeds has it
    late: bool


@dataclass(frozen=True)
class Traced:
    """A figure with everything it stands on."""

    figure: Figure
    #: None where it divides by nothing
    value: float | None
    batches: tuple[BatchPart, ...]
    feeds: tuple[FeedAge, ...]

    @property
    def records(self) -> int:
        """How many records it was made of."""
        return sum(part.records for part in self.batches)

    @property
    def age_s(self) -> float | None:
        """Age of the newest event of the oldest feed [s]; None when none has delivered."""
        return max((feed.age_s for feed in self.feeds if feed.age_s is not None), default=None)

    @property
    def late(self) -> bool:
        """Whether a feed it rests on is silent for too long."""
        return any(feed.late for feed in self.feeds)


def ask(
    connection: Connection, session: Session, *, month: Month | None, community: str | None, now: datetime
) -> Asked:
    """Find out over what is counted, and whether the asker may know it.

    Raises
    ------
    NotAllowed
        If a community leader asks for another community, or for the whole.
    BadInput
        If the month has not begun.
    """
    district = select_district(connection, code=session.subdistrict_code)
    if session.role == "community_leader":
        community = community or next(iter(session.community_codes), None)
        if community not in session.community_codes:
            raise NotAllowed("figures of another community are not open to a community leader")
    current = month_of(now, district.timezone)
    if month is not None and month > current:
        raise BadInput("{month} has not begun; the current month is {current}", month=month, current=current)
    return Asked(district.code, district.timezone, now, month or current.shifted(-1), community)


def month_before(database: Database, session: Session, *, now: datetime) -> Asked:
    """As `ask`, of the last whole month and of the whole sub-district, whoever asks: the unit is named apart."""
    with database.owner.connect() as connection:
        district = select_district(connection, code=session.subdistrict_code)
    month = month_of(now, district.timezone).shifted(-1)
    return Asked(district.code, district.timezone, now, month, None)


def trace(connection: Connection, figure: Figure, asked: Asked) -> Traced:
    """Count a figure and say where it comes from; over all rows, so the connection is the owner's."""
    counted = [batches(connection, part, asked) for part in parts_of(figure)]
    totals = [sum(part.records for part in parts) for parts in counted]
    value: float | None = totals[0]
    if figure.parts is not None:
        value = totals[0] / totals[1] * figure.times if totals[1] else None
    merged = merge(counted) if len(counted) > 1 else counted[0]
    return Traced(figure, value, tuple(merged), tuple(feed_ages(connection, figure.feeds, asked)))


def parts_of(figure: Figure) -> list[Figure]:
    """The figures that count the records of this one."""
    return [figures()[part] for part in figure.parts] if figure.parts else [figure]


def merge(counted: Sequence[Sequence[BatchPart]]) -> list[BatchPart]:
    """Batches of two counts as one list: a batch that served both is named once, with the larger number of records."""
    by_id: dict[int | None, BatchPart] = {}
    for part in (part for parts in counted for part in parts):
        if part.batch_id not in by_id or by_id[part.batch_id].records < part.records:
            by_id[part.batch_id] = part
    return sorted(by_id.values(), key=lambda part: -(part.batch_id or 0))


def traced_statement(name: str, records: str) -> Any:
    """Put the statement of a figure's records into one of traces.sql."""
    return text(STATEMENTS.source(name).replace("{records}", RECORDS.source(records).rstrip().rstrip(";")))


def batches(connection: Connection, figure: Figure, asked: Asked) -> list[BatchPart]:
    """How many of the records of a figure came in which batch."""
    assert figure.rows is not None
    rows = connection.execute(traced_statement("by_batch", figure.rows), asked.parameters()).mappings()
    return [BatchPart(**{name: row[name] for name in BatchPart.__dataclass_fields__}) for row in rows]


def feed_ages(connection: Connection, feeds: Sequence[str], asked: Asked) -> list[FeedAge]:
    """How old each feed is, by name."""
    rules = rules_in_force(connection, subdistrict_code=asked.code).rules
    silences = [rule for rule in rules if isinstance(rule, SilenceRule)]
    found = []
    for row in connection.execute(STATEMENTS["feeds"], {"code": asked.code, "feeds": list(feeds)}):
        age_s = None if row.newest_at is None else max((asked.now - row.newest_at).total_seconds(), 0.0)
        late = is_late(silences, row.name, age_s, row.expected_every_s)
        found.append(FeedAge(row.name, row.title, row.expected_every_s, row.newest_at, age_s, late))
    return found


def is_late(rules: Sequence[SilenceRule], feed: str, age_s: float | None, expected_every_s: int | None) -> bool:
    """Whether an age is beyond what the rules of silent feeds bear."""
    if age_s is None or expected_every_s is None:
        return False
    concerned = [rule for rule in rules if not rule.feeds or feed in rule.feeds]
    return any(rule.level_for(age_s, expected_every_s) is not None for rule in concerned)


def select_rows(
    connection: Connection, figure: Figure, asked: Asked, *, limit: int, offset: int
) -> list[dict[str, Any]]:
    """The records of a figure that the asker may read, newest first; of a share, those of what is counted."""
    records = parts_of(figure)[0].rows
    assert records is not None
    bound = asked.parameters() | {"limit": limit, "offset": offset}
    return [dict(row) for row in connection.execute(traced_statement("rows", records), bound).mappings()]


def readable_rows(connection: Connection, figure: Figure, asked: Asked) -> int:
    """How many of the records the asker may read."""
    records = parts_of(figure)[0].rows
    assert records is not None
    return int(connection.scalar(traced_statement("readable", records), asked.parameters()) or 0)
