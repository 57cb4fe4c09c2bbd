"""What 待落图 looks like over the network."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from casework.unplaced.decide import AT_BUILDING_M, REASON_LENGTH, Outcome

Subject = Literal["incident", "request", "visit", "resident", "activity", "petition", "organisation"]


class CandidatePlace(BaseModel):
    """A place the record may be at."""

    key: str = Field(description="what to choose it by")
    name: str
    level: str
    lon: float = Field(description="WGS 84 [°]")
    lat: float = Field(description="WGS 84 [°]")
    radius_m: float = Field(description="how far the true point may lie from it [m]")
    place: str
    place_name: str = Field(description="of the place that a name would be learned for")
    learns: str = Field(description="of the place that the unknown name in the words would be learned for")
    building: str
    confidence: float | None = Field(description="share of the probability among the candidates")
    evidence: list[str] = Field(description="what speaks for it and against it, in words")
    apart: str | None = Field(description="distance from the stated position")
    belongs: str = Field(description="community and work grid it would belong to")


class Waiting(BaseModel):
    """A record that waits for a person."""

    subject: Subject
    id: int
    happened_at: datetime
    source: str
    kind: str
    status: str
    grade: str
    words: str = Field(description="the words that may say where, sealed")
    rest: str = Field(description="what else was written, sealed")
    understood: list[tuple[int, int]] = Field(description="stretches of `words` that were understood: from, to")
    group: str
    reason: str
    title: str
    sentence: str = Field(description="why it waits")
    stated_community: str | None
    stated: tuple[float, float] | None = Field(description="stated position, where the words contradict it")
    area: str = Field(description="the community it is said to be in; empty when none is")
    name: str = Field(description="a name in the words that is not known yet; empty when there is none")
    learn: bool = Field(description="whether a decision should teach it unless somebody says no")
    candidates: list[CandidatePlace]


class Queue(BaseModel):
    """Everything that waits, newest first."""

    now: datetime
    waiting: int
    more: bool = Field(description="whether there are older ones beyond these rows")
    past: int = Field(description="records that were closed without a place and wait too")
    groups: dict[str, int] = Field(description="rows by kind of doubt")
    placed_today: int
    outside_today: int
    given_up_today: int
    oldest_at: datetime | None
    rows: list[Waiting]


class Question(BaseModel):
    """A decision about one record."""

    model_config = ConfigDict(extra="forbid")

    outcome: Outcome
    offer: str | None = Field(default=None, description="`key` of the candidate taken")
    point: tuple[float, float] | None = Field(default=None, description="or a point of one's own, WGS 84 [°]")
    at_building_m: float = Field(
        default=AT_BUILDING_M, ge=0, le=60, description="a building this near to the point is the one that is meant [m]"
    )
    reason: str = Field(default="", max_length=REASON_LENGTH, description="why it cannot be placed")
    alias: str = Field(default="", max_length=40, description="a name in the words to be learned for the place")


class Decision(BaseModel):
    """What a decision led to."""

    id: int = Field(description="undo it by this")
    outcome: Outcome
    community_code: str | None
    match_level: str | None
    learned: bool


class Past(BaseModel):
    """A decision of before."""

    id: int
    subject: Subject
    record_id: int
    outcome: Outcome
    reason: str
    words: str
    actor: str
    decided_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    alias: str | None


class LearnedName(BaseModel):
    """A name that people taught."""

    id: int
    alias: str
    place: str
    decided_by: str
    learned_at: datetime
    withdrawn_at: datetime | None
