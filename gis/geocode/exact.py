"""The short way for texts that leave no question: a clean name, then building, unit and room that exist.

Most records of a register are of this kind. Everything up to the building number (administrative parts, name, zone) is
read by the whole engine once and remembered; the rest is a look-up. What is not plainly of this form goes the long way.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from gis.geocode.gazetteer import GazetteerBuilding
from gis.geocode.place_index import PlaceIndex
from gis.geocode.reading import LEFT_ADMINISTRATIVE, NO_BUILDING, PLACE, RIGHT_EDGE, ZONE_MET, Reading

# everything before the first number is the beginning; a letter is one only before 座
_PLAIN = re.compile(
    r"(?P<start>(?:[^\dA-Z]|[A-Z](?!座)){2,})(?P<building>[1-9]\d{0,3}|[A-Z])(?:幢|栋|号楼|座)"
    r"(?:(?P<unit>[1-9]\d?)单元)?(?:(?P<room>[1-9]\d{2,3})室?)?"
)
_LEAST_CHANCE = 0.9
# the memory is emptied when it holds so many beginnings
_MOST_HEADS = 200_000


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a text up to the building number, read once."""

    standing: dict[str, GazetteerBuilding]  # by number, for the numbers that occur once
    chances: dict[tuple[bool, bool], float]  # by whether unit and room are written; filled when first asked for


class ExactHeads:
    """Remembers beginnings of texts and answers those that end in an existing building, unit and room."""

    def __init__(
        self, index: PlaceIndex, read: Callable[[str], tuple[list[Reading], str]], weigh: Callable[[str], float]
    ) -> None:
        self._index = index
        self._read = read
        self._weigh = weigh
        self._heads: dict[str, Head | None] = {}

    def find(self, text: str) -> tuple[GazetteerBuilding, str, str, float] | None:
        """Return building, unit, room and probability of a normalised text, or None if it must go the long way."""
        match = _PLAIN.fullmatch(text)
        if not match:
            return None
        start, number, unit, room = match.group("start", "building", "unit", "room")
        if start in self._heads:
            head = self._heads[start]
        else:
            if len(self._heads) >= _MOST_HEADS:
                self._heads.clear()
            head = self._heads[start] = self._head(start)
        building = head.standing.get(number) if head else None
        if head is None or building is None:
            return None
        if (unit or room) and 2 in self._index.check_parts(building, unit or "", room or ""):
            return None
        depth = (unit is not None, room is not None)
        chance = head.chances.get(depth)
        if chance is None:
            # always worked for the same building, so that answers do not depend on what was asked before
            sample = f"{start}{next(iter(head.standing))}幢{'1单元' if unit else ''}{'101室' if room else ''}"
            chance = head.chances[depth] = self._weigh(sample)
        # a chance too small for a match is left to the long way
        return (building, unit or "", room or "", chance) if chance >= _LEAST_CHANCE else None

    def _head(self, start: str) -> Head | None:
        """Read the beginning of a text; None if it is not one clean name behind administrative parts."""
        readings, _ = self._read(start)
        if not readings:
            return None
        best = readings[0]
        clean = (
            best.kind == PLACE
            and best.form.owner.kind in ("compound", "apartment")
            and (best.form.owner.whole or best.zone_state == ZONE_MET)
            and best.form.relation != "resettled_to"
            and best.form.variant == "full"
            and best.span.cost == 0.0
            and best.left <= LEFT_ADMINISTRATIVE
            and best.gap == 0
            and best.right == RIGHT_EDGE
            and best.building_state == NO_BUILDING
            and not best.swapped_suffix
            and "elsewhere" not in best.notes
        )
        if not clean:
            return None
        # where no zone is written though there are some, their buildings count as well
        standing = self._index.single_buildings(best.place_id, within=best.zone is None and bool(best.form.owner.zones))
        if not standing:
            return None
        buildings = self._index.gazetteer.buildings
        return Head({number: buildings[building_id] for number, (_, building_id) in standing.items()}, {})
