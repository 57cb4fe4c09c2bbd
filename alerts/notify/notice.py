"""What goes through the stages: one step in an alert's life, on its way along one route."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from alerts.labels import labels_of
from alerts.notify.routing import Route, Routing


@dataclass(frozen=True)
class Verdict:
    """What a stage decides, with its reason: a key of the texts under ``alerts.notify`` and what fills it."""

    word: Literal["pass", "stop", "hold"]
    reason: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Notice:
    """A step of an alert and what the stages have decided so far."""

    event_id: int
    change: str
    #: level the alert had after the step
    event_level: int
    at: datetime
    #: the alert's row as it is now
    alert: Mapping[str, Any]
    route: Route | None = None
    group_key: str = ""
    due_at: datetime | None = None
    #: what else the step tells: new members, former level
    detail: Mapping[str, Any] = field(default_factory=dict)
    #: [{stage, verdict, reason, values, at}]
    stages: list[dict[str, Any]] = field(default_factory=list)
    #: of a stored notice
    id: int | None = None

    @property
    def labels(self) -> dict[str, str]:
        return labels_of(self.alert)

    @property
    def stopped(self) -> bool:
        return bool(self.stages) and self.stages[-1]["verdict"] == "stop"

    def decided(self, stage: str, verdict: Verdict, now: datetime) -> None:
        """Keep a decision."""
        self.stages.append(
            {
                "stage": stage,
                "verdict": verdict.word,
                "reason": verdict.reason,
                "values": dict(verdict.values),
                "at": now.isoformat(),
            }
        )

    def along(self, route: Route) -> "Notice":
        """The same step on its way along a route."""
        return Notice(
            event_id=self.event_id,
            change=self.change,
            event_level=self.event_level,
            at=self.at,
            alert=self.alert,
            route=route,
            detail=self.detail,
            stages=list(self.stages),
        )


@dataclass(frozen=True)
class GroupState:
    """What a group of one route has told and still holds."""

    #: when the steps that wait are due; None = none waits
    due_at: datetime | None = None
    told_at: datetime | None = None


@dataclass
class World:
    """What the stages look at beside the notice."""

    now: datetime
    routing: Routing
    #: by (route, group key)
    groups: dict[tuple[str, str], GroupState]
    #: level and step each alert was last told with, by (route, alert)
    told: Mapping[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    #: silences' reasons and ends, by id
    silences: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
