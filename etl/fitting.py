"""Find out which heading set a file is of: the feed's own, one it declares, or one that an operator has matched.

A file whose headings nobody knows is refused, and its headings with a few sealed samples are put before an operator
(/office/mapping). What is decided there is a mapping: dated, attributed, found again by the headings' fingerprint.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from etl.declaration import HeadingSet
from etl.delivery import FeedSource
from etl.feed import Feed
from etl.readers.files import Wanted, read_rows
from etl.reading import HeadingsMissing, RawRows
from gis.database.statements import load_statements
from gis.district import District
from gis.errors import BadInput
from gis.sealing import seal
from gis.sentences import Sentence

#: rows and values an operator is shown of a column
SAMPLE_ROWS, SAMPLES, LONGEST_SAMPLE = 500, 4, 40
#: keys of other systems are taken as they are
ANY_KEY = r"(?s)\S.{0,119}|\S"
#: where headings are matched
PAGE = "/office/mapping"

_SQL = load_statements("etl", "mapping")


class UnknownHeadings(BadInput):
    """A file of headings that no set has, with what an operator needs to match them."""

    def __init__(
        self, sentence: Sentence, *, feed: str, source: str, headings: Sequence[str], samples: Mapping[str, Any]
    ):
        super().__init__(sentence)
        self.feed, self.source, self.headings, self.samples = feed, source, list(headings), dict(samples)


def fingerprint_of(headings: Iterable[str]) -> str:
    """The same for the same headings in any order [hex]."""
    return hashlib.sha256("\x1f".join(sorted({one.strip() for one in headings if one.strip()})).encode()).hexdigest()


def refuse_switched_off(feed: Feed, district: District) -> None:
    """Refuse a feed that the sub-district has not switched on."""
    switch = feed.declaration.switch
    if switch and switch not in district.switches:
        raise BadInput(
            "feed {name} is off; it is taken only when district.yml says switches: [{switch}] under "
            "subdistrict, by decision of whoever answers for the data",
            name=feed.name,
            switch=switch,
        )


def read_fitted(
    connection: Connection, feed: Feed, found: FeedSource, stated: FeedSource, subdistrict_code: str
) -> tuple[FeedSource, RawRows]:
    """Read a file by the heading set it is of.

    Parameters
    ----------
    found
        The file as it can be read: out of its archive, its encoding known.
    stated
        As the delivery states it.

    Returns
    -------
    source, raw
        `stated` with its form and the headings of the set, and the rows.

    Raises
    ------
    UnknownHeadings
        If its headings are of no set.
    """
    stated = replace(stated, form=found.path.suffix)
    try:
        return stated, feed.read(found, feed.required_headings(found))
    except HeadingsMissing as missing:
        fitted = fit(connection, feed, found, missing.found, subdistrict_code)
        if fitted is None:
            raise unknown_headings(feed, found, missing) from missing
    taken = ("headings", "defaults", "values", "keys", "key_pattern", "heading_set", "mapping")
    changes: dict[str, Any] = {name: getattr(fitted, name) for name in taken}
    return replace(stated, **changes), feed.read(fitted, feed.required_headings(fitted))


def fit(
    connection: Connection, feed: Feed, source: FeedSource, headings: Sequence[str], subdistrict_code: str
) -> FeedSource | None:
    """The source with the heading set that fits these headings; None when there is none."""
    declared = declared_set(feed, headings)
    if declared is not None:
        return with_heading_set(source, declared, headings)
    bound = {"code": subdistrict_code, "feed": feed.declaration_name, "fingerprint": fingerprint_of(headings)}
    row = connection.execute(_SQL["decided"], bound).one_or_none()
    if row is None:
        return None
    saved = HeadingSet(
        zh=row.source, en=row.source, headings=row.mapping, defaults=row.defaults, values=row.words, keys=row.keys,
        key_pattern=ANY_KEY,
    )  # fmt: skip
    return replace(with_heading_set(source, saved, headings), mapping=row.stamp)


def declared_set(feed: Feed, headings: Sequence[str]) -> HeadingSet | None:
    """Of the sets the feed declares, the one with most headings among those whose headings are all there."""
    there = set(headings)
    fitting = [one for one in feed.declaration.heading_sets.values() if set(one.headings.values()) <= there]

    def matched(one: HeadingSet) -> int:
        return len(one.headings) + len(there & set(one.maybe.values()))

    return max(fitting, key=matched, default=None)


def with_heading_set(source: FeedSource, found: HeadingSet, headings: Sequence[str]) -> FeedSource:
    """Take a set over; what the delivery states of its own goes first."""
    maybe = {name: heading for name, heading in found.maybe.items() if heading in headings}
    words = {
        name: {**found.values.get(name, {}), **source.values.get(name, {})}
        for name in {**found.values, **source.values}
    }
    return replace(
        source,
        headings={**found.headings, **maybe, **source.headings},
        defaults={**found.defaults, **source.defaults},
        values=words,
        keys=source.keys or found.keys,
        key_pattern=source.key_pattern or found.key_pattern,
        heading_set=found,
    )


def unknown_headings(feed: Feed, source: FeedSource, missing: HeadingsMissing) -> UnknownHeadings:
    """Say that nobody knows the headings of a file, with samples of its values, numbers of persons sealed."""
    try:
        frame = read_rows(source, Wanted()).frame.head(SAMPLE_ROWS)
    except BadInput:
        samples: dict[str, list[str]] = {}
    else:
        samples = {
            str(heading): [seal(one).redacted[:LONGEST_SAMPLE] for one in frame[heading].unique() if one][:SAMPLES]
            for heading in frame.columns
        }
        # what the reader makes of a shape is no heading of the file
        samples.pop("geometry", None)
    return UnknownHeadings(
        Sentence("{missing}; or match its headings on {page}", missing=missing, page=PAGE),
        feed=feed.declaration_name,
        source=source.path.name,
        headings=list(samples) or missing.found,
        samples=samples,
    )


def note_headings(connection: Connection, unknown: UnknownHeadings, *, subdistrict_code: str, now: datetime) -> None:
    """Put headings before an operator; those that wait already stay, with newer samples."""
    if not unknown.headings:
        return
    connection.execute(
        _SQL["note"],
        {
            "code": subdistrict_code,
            "feed": unknown.feed,
            "fingerprint": fingerprint_of(unknown.headings),
            "source": unknown.source,
            "headings": unknown.headings,
            "samples": json.dumps(unknown.samples, ensure_ascii=False),
            "now": now,
        },
    )


def is_still_decided(connection: Connection, stamp: str | None) -> bool:
    """Whether the mapping a file was read by last time is the one that holds now; true when it was read by none."""
    return not stamp or bool(connection.execute(_SQL["still"], {"stamp": stamp}).scalar())
