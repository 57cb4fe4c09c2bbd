"""A gazetteer through time: a name may have meant another place when a record was written.

A name that only one place bears or ever bore means that place whatever the date: people go on using old names. Where
several places bear or bore the same name, the one it belonged to on the day of the record is meant. Most sub-districts
have no such name, and then there is one gazetteer for all days.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from gis.geocode import Gazetteer
from gis.geocode.normalise import normalise


@dataclass(frozen=True, slots=True)
class NameSpan:
    """One name of one place, and the days on which it bore it; None = open."""

    place_id: str
    name: str
    since: date | None = None
    until: date | None = None

    def holds(self, first: date, last: date) -> bool:
        """Whether the place bore the name on every day from `first` to `last`, both included."""
        return (self.since is None or self.since <= first) and (self.until is None or self.until > last)


@dataclass(frozen=True)
class DatedGazetteer:
    """The gazetteer of every day.

    `days` are the days on which the meaning of some name changes, ascending; epoch n lies before the n-th of them.
    """

    whole: Gazetteer = field(repr=False)
    aliases: tuple[NameSpan, ...] = field(default=(), repr=False)
    _epochs: dict[int, Gazetteer] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def contested(self) -> dict[str, list[NameSpan]]:
        """The normalised names that several places bear or bore, at different times; with everybody who did."""
        bearers: dict[str, list[NameSpan]] = defaultdict(list)
        places = self.whole.places.values()
        named = (NameSpan(one.place_id, one.name, one.valid_from, one.valid_to) for one in places)
        for bearer in (*named, *self.aliases):
            bearers[normalise(bearer.name)].append(bearer)
        return {
            name: spans
            for name, spans in bearers.items()
            if len({span.place_id for span in spans}) > 1 and any(span.since or span.until for span in spans)
        }

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The days on which a contested name begins or ends to mean a place."""
        spans = (span for spans in self.contested.values() for span in spans)
        return tuple(sorted({day for span in spans for day in (span.since, span.until) if day}))

    def epoch(self, day: date) -> int:
        """Which epoch a day lies in."""
        return bisect_right(self.days, day)

    def on(self, day: date) -> Gazetteer:
        """The gazetteer by which a text of that day is read."""
        return self.of_epoch(self.epoch(day))

    def of_epoch(self, epoch: int) -> Gazetteer:
        """The gazetteer of all days of one epoch: without the places and aliases that a contested name did not mean."""
        if not self.days:
            return self.whole
        if epoch not in self._epochs:
            self._epochs[epoch] = self._meant_in(epoch)
        return self._epochs[epoch]

    def _meant_in(self, epoch: int) -> Gazetteer:
        first = self.days[epoch - 1] if epoch else date.min
        last = date.max if epoch == len(self.days) else date.fromordinal(self.days[epoch].toordinal() - 1)
        gone_aliases: set[tuple[str, str]] = set()
        gone_places: set[str] = set()
        for spans in self.contested.values():
            if not any(span.holds(first, last) for span in spans):
                continue
            for span in spans:
                if not span.holds(first, last):
                    if span.name == self.whole.places[span.place_id].name:
                        gone_places.add(span.place_id)
                    else:
                        gone_aliases.add((span.place_id, span.name))
        return without(self.whole, places=gone_places, aliases=gone_aliases)

    def epochs_of(self, texts: Sequence[str], days: Sequence[date | None], *, today: date) -> list[int]:
        """Tell by which epoch each text is read: its day's where it holds a contested name, else today's."""
        now = self.epoch(today)
        if not self.days:
            return [now] * len(texts)
        names = tuple(self.contested)
        known: dict[str, bool] = {}

        def is_contested(text: str) -> bool:
            if text not in known:
                read = normalise(text)
                known[text] = any(name in read for name in names)
            return known[text]

        return [
            self.epoch(day) if day is not None and is_contested(text) else now
            for text, day in zip(texts, days, strict=True)
        ]


def without(gazetteer: Gazetteer, *, places: Iterable[str], aliases: set[tuple[str, str]]) -> Gazetteer:
    """Return a gazetteer without some places, all that stands in them, and some aliases."""
    gone = set(places)
    if not gone and not aliases:
        return gazetteer
    while more := {one.place_id for one in gazetteer.places.values() if one.parent_id in gone} - gone:
        gone |= more
    return Gazetteer(
        [one for one in gazetteer.places.values() if one.place_id not in gone],
        aliases=[
            one for one in gazetteer.aliases if one.place_id not in gone and (one.place_id, one.alias) not in aliases
        ],
        buildings=[one for one in gazetteer.buildings.values() if one.place_id not in gone],
        junctions=[one for one in gazetteer.junctions if not {one.road_a, one.road_b} & gone],
    )
