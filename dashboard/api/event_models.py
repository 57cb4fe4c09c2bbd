"""What incidents and service requests look like over the network: one vocabulary for in and out."""

from datetime import datetime
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from gis.errors import BadInput

Crs = Literal["EPSG:4326", "WGS-84", "EPSG:4490", "GCJ-02", "BD-09"]
State = Literal["reported", "dispatched", "accepted", "handling", "closed", "withdrawn"]
Grade = Literal["general", "larger", "major", "severe"]
Placement = Literal["placed", "ambiguous", "unplaced"]


class Reported(BaseModel):
    """What every report says about itself and its place."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    source_key: str = Field(
        min_length=1, max_length=64, description="key in the reporting system; the same key again is the same report"
    )
    reported_at: AwareDatetime = Field(description="when it was reported, with its offset")
    source: str = Field(
        min_length=1, max_length=64, description="where it was reported: 网格上报, 联动中心, 12345热线, …"
    )
    title: str = Field(default="", max_length=200)
    description: str = Field(default="", max_length=4000)
    address: str = Field(default="", max_length=400, description="place in words")
    lon: float | None = Field(default=None, description="longitude in `crs` [°]")
    lat: float | None = Field(default=None, description="latitude in `crs` [°]")
    crs: Crs | None = Field(default=None, description="system of lon and lat; a point alone cannot tell it")
    due_at: AwareDatetime | None = Field(default=None, description="when it is to be closed")

    @model_validator(mode="after")
    def coordinates_are_whole(self) -> Self:
        stated = [value is not None for value in (self.lon, self.lat, self.crs)]
        if any(stated) and not all(stated):
            raise BadInput("lon, lat and crs belong together; one of them is missing")
        return self


class IncidentReport(Reported):
    """An incident as another system or a phone reports it."""

    category: str = Field(min_length=1, max_length=32, description="first-level category: 安全生产, 治安稳定, …")
    subcategory: str = Field(default="", max_length=64)
    grade: Grade = Field(default="general", description="general 一般, larger 较大, major 重大, severe 特别重大")
    photo: str | None = Field(default=None, max_length=64, description="name given by POST /api/grid/photos")


class RequestReport(Reported):
    """A service request as another system hands it over."""

    item_code: str = Field(min_length=1, max_length=32, description="service item")
    resident_key: str | None = Field(default=None, max_length=64, description="who asked, in the register of residents")


class Candidate(BaseModel):
    """A place that fits the words as well as others do."""

    model_config = ConfigDict(extra="allow")

    name: str | None = None
    lon: float | None = None
    lat: float | None = None


class Place(BaseModel):
    """Where a report was placed, and how sure that is."""

    placement: Placement
    lon: float | None = Field(default=None, description="WGS 84 [°]")
    lat: float | None = Field(default=None, description="WGS 84 [°]")
    match_level: str | None = Field(
        default=None, description="deepest level that was understood: room … street, or coordinates"
    )
    confidence: float | None = Field(default=None, description="probability that the place at this level is right")
    cell: str | None = Field(default=None, description="H3 cell of resolution 11, hexadecimal")
    community_code: str | None = None
    work_grid_id: int | None = None
    candidates: list[Candidate] = []


class Received(BaseModel):
    """The answer to a report."""

    id: int
    reported_at: datetime
    status: Literal["loaded", "unchanged"] = Field(description="unchanged: the same report had come before")
    place: Place


class Event(BaseModel):
    """What incidents and requests share on their way out."""

    id: int
    feed: str
    source_key: str
    title: str
    description: str
    address: str
    status: State
    due_at: datetime | None
    closed_at: datetime | None
    placement: Placement
    match_level: str | None
    confidence: float | None
    lon: float | None
    lat: float | None
    cell: str | None
    community_code: str | None
    work_grid_id: int | None


class Incident(Event):
    """An incident as the asker may see it."""

    reported_at: datetime
    category: str
    subcategory: str
    source: str
    grade: Grade


class ServiceRequest(Event):
    """A service request as the asker may see it."""

    requested_at: datetime
    item_code: str
    channel: str


class IncidentPage(BaseModel):
    """Newest first."""

    incidents: list[Incident]
    next: str | None = Field(description="give it as `after` for the next page; null at the end")


class RequestPage(BaseModel):
    """Newest first."""

    requests: list[ServiceRequest]
    next: str | None = Field(description="give it as `after` for the next page; null at the end")
