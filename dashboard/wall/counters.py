"""The six figures of the strip: residents, requests today, open and overdue incidents, resources ready, unplaced."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from dashboard.wall.picture import Counter, change, signed, thousands
from dashboard.wall.select_ground import SQL
from gis.texts import Texts


def midnight(now: datetime) -> datetime:
    """The begin of the local day; `now` is in the district's time zone."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def select_counters(
    connection: Connection, *, code: str, now: datetime, resources: Sequence[Any], texts: Texts
) -> list[Counter]:
    """Select the counters as of `now` (in the district's time zone), each with what it is compared with."""
    asked = {"code": code, "now": now, "midnight": midnight(now)}
    persons = connection.execute(SQL["persons"]).mappings().one()
    requests = connection.execute(SQL["requests_today"], asked).mappings().one()
    incidents = connection.execute(SQL["open_incidents"], asked).mappings().one()
    unplaced = connection.execute(SQL["unplaced"], {"code": code, "now": now}).mappings().one()
    ready = sum(1 for resource in resources if resource["status"] == "ready")
    return [
        Counter(
            label=texts("wall.counter.residents"),
            value=thousands(persons["total"]) if persons["total"] else None,
            unit=texts("wall.unit.people"),
            line=texts(
                "wall.counter.residents.line",
                registered=thousands(persons["registered"]),
                migrant=thousands(persons["migrant"]),
            ),
            feeds=["residents"],
            bias=texts("wall.bias.old"),
            reason=texts("wall.absent"),
            slow=True,
        ),
        Counter(
            label=texts("wall.counter.demand"),
            value=thousands(requests["today"]),
            unit=texts("wall.unit.cases"),
            line=texts("wall.counter.demand.line", change=change(requests["today"], requests["week_ago"], texts))
            if requests["has_week"]
            else texts("wall.counter.no_week"),
            feeds=["requests"],
            bias=texts("wall.bias.low"),
        ),
        Counter(
            label=texts("wall.counter.open"),
            value=thousands(incidents["open"]),
            unit=texts("wall.unit.cases"),
            line=texts(
                "wall.counter.open.line",
                today=thousands(incidents["today"]),
                change=signed(incidents["open"] - incidents["hour_ago"]),
            ),
            feeds=["incidents"],
            bias=texts("wall.bias.low"),
        ),
        Counter(
            label=texts("wall.counter.overdue"),
            value=thousands(incidents["overdue"]),
            unit=texts("wall.unit.cases"),
            line=texts(
                "wall.counter.overdue.line", change=signed(incidents["overdue"] - incidents["overdue_yesterday"])
            ),
            feeds=["incidents"],
            bias=texts("wall.bias.high"),
        ),
        Counter(
            label=texts("wall.counter.ready"),
            value=thousands(ready) if resources else None,
            unit=texts("wall.unit.places"),
            line=texts(
                "wall.counter.ready.line", total=thousands(len(resources)), out=thousands(len(resources) - ready)
            ),
            feeds=["resources"],
            bias=texts("wall.bias.old"),
            reason=texts("wall.absent"),
        ),
        Counter(
            label=texts("wall.counter.unplaced"),
            value=thousands(unplaced["incidents"] + unplaced["requests"]),
            unit=texts("wall.unit.records"),
            line=texts(
                "wall.counter.unplaced.line",
                incidents=thousands(unplaced["incidents"]),
                requests=thousands(unplaced["requests"]),
            ),
            feeds=["incidents", "requests"],
            bias=texts("wall.bias.low"),
        ),
    ]
