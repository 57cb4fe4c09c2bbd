"""Where a record was placed, how surely, and by what reading of its text."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MATCHED, AMBIGUOUS, UNMATCHED = "matched", "ambiguous", "unmatched"

# from the deepest to the shallowest; "" is no level at all
LEVELS = ("room", "unit", "building", "zone", "compound", "poi", "junction", "road", "community", "")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reading of a text, for a person to choose from."""

    place_id: str
    level: str
    confidence: float
    building_id: str = ""
    unit: str = ""
    room: str = ""
    lon: float | None = None
    lat: float | None = None
    why: str = ""  # what spoke for it and against it, machine-readable: "name 0.96; no such building"


@dataclass(frozen=True, slots=True)
class Location:
    """The answer of the geocoder to one text.

    `lon` and `lat` [deg, WGS-84] are None when nothing was found. `radius_m` is how far the true point may lie
    from it.
    `confidence` is the calibrated probability that the place is right at `level`. A status "ambiguous" still carries
    the best guess; `candidates` hold the other readings, best first.
    """

    status: str
    level: str = ""
    place_id: str = ""
    building_id: str = ""
    unit: str = ""
    room: str = ""
    lon: float | None = None
    lat: float | None = None
    radius_m: float | None = None
    confidence: float = 0.0
    # span of the text -> what it was read as; no spans are "zone N", "building N", "number" (of a road), "crossing",
    # "ignored" (what explained nothing), "runner_up" (the next reading and how far below) and "reason" (why a person
    # must decide)
    how: Mapping[str, str] = field(default_factory=dict)
    candidates: tuple[Candidate, ...] = ()


NOWHERE = Location(status=UNMATCHED)
