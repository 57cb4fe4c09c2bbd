"""One way to read a whole text, and the words for what stands around its name.

A reading carries numbers that say what speaks for it and against it; `gis.geocode.calibration` turns them into a
probability. Nothing here decides whether an answer is good enough.
"""

from dataclasses import dataclass, field

from gis.geocode import alignment
from gis.geocode.names import Form
from gis.geocode.parts import NO_PARTS, Parts
from gis.geocode.spans import Span
from gis.geocode.zones import ZoneRead

# left and right of a name, from the best kind of neighbour to the worst
LEFT_EDGE, LEFT_ADMINISTRATIVE, LEFT_SPEECH, LEFT_NAME, LEFT_BREAK, LEFT_OTHER = range(6)
RIGHT_EDGE, RIGHT_PARTS, RIGHT_PLACE_WORD, RIGHT_BREAK, RIGHT_OTHER, RIGHT_OTHER_THING = range(6)
NO_ZONE, ZONE_MET, ZONE_LEFT_OUT, ZONE_HEARD, ZONE_UNKNOWN = range(5)
NO_BUILDING, BUILDING_MET, BUILDING_IN_SEVERAL, BUILDING_UNKNOWN, BUILDING_RANGE, BUILDING_OWN = range(6)
NO_ROAD, ROAD_AGREES, ROAD_SAME, ROAD_DIFFERS, ROAD_UNKNOWN = range(5)
NO_COMMUNITY, COMMUNITY_AGREES, COMMUNITY_DIFFERS = range(3)
PLACE, ADDRESS, JUNCTION, ROAD = range(4)
KINDS = ("compound", "apartment", "poi", "village", "community", "road")


@dataclass(slots=True)
class Reading:
    """One way to read the whole text."""

    kind: int
    score: float
    span: Span
    form: Form
    place_id: str
    level: str
    parts: Parts = NO_PARTS
    building_ids: tuple[tuple[str, str], ...] = ()  # (place, building), several where a zone was left out
    zone: ZoneRead | None = None
    end: int = 0
    left: int = LEFT_EDGE
    right: int = RIGHT_EDGE
    gap: int = 0  # characters before the name that nothing explains
    begins_before: bool = False  # a few of them right at an edge: the name may be longer than the known one
    goes_on: bool = False  # words and a building number behind the name, or words that end as a name does
    zone_state: int = NO_ZONE
    building_state: int = NO_BUILDING
    unit_state: int = 0
    room_state: int = 0
    road_state: int = NO_ROAD
    community_state: int = NO_COMMUNITY
    swapped_suffix: bool = False
    namesake: tuple[str, str] = ("", "")  # of a road: the estate and building its name and number may mean as well
    second: Span | None = None  # of a crossing: the other road
    point: tuple[float, float] | None = None
    rivals: int = 1  # places that the same words mean as well
    number_known: int = 0  # of a road: 1 known number, 2 unknown number
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def settled(self) -> tuple[str, str]:
        """Place and building the reading ends at."""
        if self.building_state in (BUILDING_MET, BUILDING_OWN):
            return self.building_ids[0]
        return self.place_id, ""


def gain(span: Span) -> float:
    """Return what a span is worth: the weight of its form less what it cost to read it."""
    return span.weight - 1.5 * span.cost - 0.9 * float(span.counts[alignment.FOREIGN])
