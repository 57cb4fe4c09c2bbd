"""What the geocoder's questions and answers look like over the network."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from gis.coordinates import System
from gis.errors import BadInput

#: texts of one question
MOST_TEXTS = 1000
#: as long as a report's description may be [characters]
LONGEST_TEXT = 4000

Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Level = Literal["room", "unit", "building", "zone", "compound", "poi", "junction", "road", "community", ""]
_NAMES = {"EPSG4326": "WGS84", "EPSG4490": "CGCS2000"}


def system_named(name: object) -> object:
    """Read GCJ-02, EPSG:4549, wgs84 … as the engine's names; what is no name stays for the check that follows."""
    if not isinstance(name, str):
        return name
    plain = name.strip().upper().replace("-", "").replace(":", "").replace(" ", "")
    return _NAMES.get(plain, plain)


class GeocodeQuestion(BaseModel):
    """One text, or many at once."""

    model_config = ConfigDict(extra="forbid")

    text: Text | None = Field(default=None, description="an address, or words that hold one")
    texts: list[Text] | None = Field(default=None, min_length=1, max_length=MOST_TEXTS, description="many of them")

    @model_validator(mode="after")
    def one_of_both(self) -> Self:
        if (self.text is None) == (self.texts is None):
            raise BadInput("give either text or texts, one of them and not both")
        return self


class NamedPlace(BaseModel):
    """An entry of the gazetteer."""

    id: str = Field(description="p… a place, c… a community")
    kind: str = Field(description="compound, apartment, road, poi, village, community")
    name: str


class Building(BaseModel):
    """A building of the register."""

    id: str = Field(description="b…")
    number: str
    place: str = Field(description="name of the estate it stands in")


class Community(BaseModel):
    """A community of the sub-district."""

    code: str
    name: str


class WorkGrid(BaseModel):
    """A third-level work grid."""

    id: int
    code: str
    name: str


class Ground(BaseModel):
    """What a point lies in."""

    cell_10: str | None = Field(default=None, description="H3 cell of resolution 10, hexadecimal")
    cell_11: str | None = Field(default=None, description="H3 cell of resolution 11, hexadecimal")
    community: Community | None = None
    work_grid: WorkGrid | None = None


class CandidatePlace(BaseModel):
    """A place the text may mean as well."""

    place: NamedPlace | None
    building: Building | None
    level: Level
    confidence: float
    lon: float | None = Field(description="WGS 84 [°]")
    lat: float | None = Field(description="WGS 84 [°]")
    why: str = Field(description="what spoke for it and against it")


class PlacedText(Ground):
    """Where a text was placed, how surely, and by what reading of its words."""

    text: str = Field(description="the text as read: identity numbers are [ID], telephone numbers [TEL]")
    status: Literal["matched", "ambiguous", "unmatched"] = Field(
        description="ambiguous: the best guess and `candidates` for a person; unmatched: an honest no"
    )
    placement: Literal["placed", "ambiguous", "unplaced"] = Field(
        description="what a record with this text becomes; a long road or a mere community is no place. "
        "Cells and work grid are given for what is placed"
    )
    level: Level = Field(description="deepest level that was understood; empty where nothing was")
    place: NamedPlace | None
    building: Building | None
    unit: str
    room: str
    lon: float | None = Field(description="WGS 84 [°]")
    lat: float | None = Field(description="WGS 84 [°]")
    radius_m: float | None = Field(description="how far the true point may lie from it [m]")
    confidence: float = Field(description="calibrated probability that the place is right at this level")
    how: dict[str, str] = Field(description="span of the text → what it was read as; what was ignored; the runner-up")
    candidates: list[CandidatePlace]
    engine: str = Field(description="version of the engine")


class PlacedTexts(BaseModel):
    """One answer for each text, in their order."""

    locations: list[PlacedText]


class ReverseQuestion(BaseModel):
    """A point in the system it is stated in."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"lon": 120.5401, "lat": 31.3122, "system": "GCJ-02"}]},
    )

    lon: float = Field(allow_inf_nan=False, description="longitude [°], or easting [m]")
    lat: float = Field(allow_inf_nan=False, description="latitude [°], or northing [m]")
    system: Annotated[System, BeforeValidator(system_named)] = Field(
        description="WGS-84 (EPSG:4326), CGCS2000 (EPSG:4490), EPSG:4549, EPSG:4528, GCJ-02 or BD-09; "
        "a point alone cannot tell it"
    )


class Near(BaseModel):
    """A thing near a point."""

    id: str
    name: str
    distance_m: float = Field(description="[m]")


class PlacedPoint(Ground):
    """What stands at a point; null where nothing of the kind is near enough."""

    lon: float = Field(description="WGS 84 [°]")
    lat: float = Field(description="WGS 84 [°]")
    inside: bool = Field(description="whether it lies in the sub-district")
    address: str = Field(description="standard address: road and number, estate, building; empty where nothing is near")
    compound: Near | None
    building: Near | None = Field(description="`name` is its number")
    poi: Near | None
    road: Near | None
    junction: Near | None


def near(found: Any) -> Near | None:
    """Write what the engine found near a point."""
    return Near(id=found.id, name=found.name, distance_m=found.distance_m) if found else None
