"""From steps in alerts' lives to notifications: decide, wait, tell; each run is one transaction.

Exactly once towards our own log: the decision on a step, the notification and its message in the outbox are written
together or not at all, and a step is decided once. Towards others at least once: the outbox delivers until it is
acknowledged, always with the same idempotency key.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine

from access.outbox import NewMessage, enqueue
from alerts.notify.composing import Told, compose
from alerts.notify.notice import GroupState, Notice, Verdict, World
from alerts.notify.routing import SHOWN, Route, Routing
from alerts.notify.stages import ALONG, FIRST, LAST, pass_through
from gis.database.statements import load_statements
from gis.texts import texts_in

SQL = load_statements("alerts", "notify")

#: steps decided in one run
MOST_STEPS = 20_000
MINUTE = timedelta(minutes=1)
#: the group that a storm's rest is told in
STORM_GROUP = "*"


def notify(engine: Engine, routing: Routing, *, subdistrict_code: str, now: datetime) -> int:
    """Decide on what is new and tell what is due; returns how many notifications were made."""
    with engine.begin() as connection:
        connection.execute(SQL["lock_notifying"], {"subdistrict_code": subdistrict_code})
        decide_new(connection, routing, subdistrict_code=subdistrict_code, now=now)
        return tell_due(connection, routing, subdistrict_code=subdistrict_code, now=now)


def decide_new(connection: Connection, routing: Routing, *, subdistrict_code: str, now: datetime) -> None:
    """Take every step that was not decided on through the stages, and keep what they say."""
    asked = {"subdistrict_code": subdistrict_code, "now": now}
    rows = connection.execute(SQL["undecided_events"], {**asked, "limit": MOST_STEPS}).mappings().all()
    if not rows:
        return
    alerts = alerts_by_id(connection, {row["alert_id"] for row in rows})
    world = world_now(connection, routing, alerts, subdistrict_code=subdistrict_code, now=now)
    kept: list[Notice] = []
    for row in rows:
        step = Notice(
            event_id=row["event_id"],
            change=row["change"],
            event_level=row["event_level"],
            at=row["at"],
            alert=alerts[row["alert_id"]],
            detail=row["detail"],
        )
        kept.extend(notices_of_step(step, world))
    written = [
        {
            "event_id": notice.event_id,
            "alert_id": notice.alert["id"],
            "route": notice.route.id if notice.route else "",
            "group_key": notice.group_key,
            "state": "stopped" if notice.stopped else "waiting",
            "stages": notice.stages,
            "due_at": notice.due_at.isoformat() if notice.due_at else None,
        }
        for notice in kept
    ]
    connection.execute(SQL["keep_notices"], {**asked, "rows": json.dumps(written, ensure_ascii=False)})
    connection.execute(SQL["mark_routed"], {"now": now, "ids": [row["event_id"] for row in rows]})


def notices_of_step(step: Notice, world: World) -> list[Notice]:
    """A step's way along each route; a step that no route takes leaves one notice that says why."""
    if not pass_through(step, FIRST, world):
        return [step]
    ways = [step.along(route) for route in world.routing.routes]
    through = [way for way in ways if pass_through(way, ALONG, world)]
    if through:
        return through
    step.decided("route", Verdict("stop", "no_route", {"routes": len(ways)}), world.now)
    return [step]


def tell_due(connection: Connection, routing: Routing, *, subdistrict_code: str, now: datetime) -> int:
    """Tell every group of which something is due; a storm's rest as one summary for each route."""
    asked = {"subdistrict_code": subdistrict_code, "now": now}
    rows = connection.execute(SQL["due_notices"], asked).mappings().all()
    if not rows:
        return 0
    alerts = alerts_by_id(connection, {row["alert_id"] for row in rows})
    world = world_now(connection, routing, alerts, subdistrict_code=subdistrict_code, now=now)
    told = connection.execute(SQL["last_told"], {"ids": list(alerts)}).mappings()
    world.told = {(row["route"], row["alert_id"]): (row["level"], row["event_id"]) for row in told}
    groups: dict[tuple[str, str], list[Notice]] = {}
    stopped: list[Notice] = []
    for row in rows:
        notice = Notice(
            id=row["id"],
            event_id=row["event_id"],
            change=row["change"],
            event_level=row["event_level"],
            at=row["at"],
            alert=alerts[row["alert_id"]],
            route=routing.route(row["route"]),
            group_key=row["group_key"],
            detail=row["detail"],
            stages=list(row["stages"]),
        )
        if notice.route is None:
            notice.decided("route", Verdict("stop", "route_gone", {"route": row["route"]}), now)
            stopped.append(notice)
        elif pass_through(notice, LAST, world):
            groups.setdefault((row["route"], row["group_key"]), []).append(notice)
        else:
            stopped.append(notice)
    settle(connection, stopped, None, now=now)
    lately = connection.execute(SQL["told_lately"], {**asked, "since": now - MINUTE}).mappings()
    made = 0
    for route, group_key, notices in after_storm(groups, {row["route"]: row["told"] for row in lately}, world):
        made += tell(connection, route, group_key, notices, subdistrict_code=subdistrict_code, now=now)
    return made


def after_storm(
    groups: Mapping[tuple[str, str], list[Notice]], lately: Mapping[str, int], world: World
) -> Iterable[tuple[Route, str, list[Notice]]]:
    """Give each route its gravest groups up to its share of the minute; the rest of a storm is one summary.

    Where the summary of this minute was told too, the rest goes on waiting: a storm that lasts is one summary a minute.
    """
    for route in world.routing.routes:
        mine = [(key, notices) for (route_id, key), notices in groups.items() if route_id == route.id]
        mine.sort(key=lambda group: min(notice.alert["level"] for notice in group[1]))
        room = max(0, world.routing.storm.per_minute - lately.get(route.id, 0))
        if len(mine) <= room:
            room = len(mine)
        for key, notices in mine[:room]:
            send_all(notices, "sent_group", {"notices": len(notices)}, world.now)
            yield route, key, notices
        rest = [notice for _, notices in mine[room:] for notice in notices]
        if rest and lately.get(route.id, 0) <= world.routing.storm.per_minute:
            values = {"notices": len(rest), "per_minute": world.routing.storm.per_minute}
            send_all(rest, "sent_storm", values, world.now)
            yield route, STORM_GROUP, rest


def send_all(notices: Sequence[Notice], reason: str, values: Mapping[str, Any], now: datetime) -> None:
    for notice in notices:
        notice.decided("send", Verdict("pass", reason, values), now)


def tell(
    connection: Connection,
    route: Route,
    group_key: str,
    notices: Sequence[Notice],
    *,
    subdistrict_code: str,
    now: datetime,
) -> int:
    """Write one notification, its message in the outbox, and what became of its notices."""
    told = compose(notices, texts_in(route.language))
    key = sha256(f"{route.id}|{','.join(str(notice.event_id) for notice in notices)}".encode()).hexdigest()[:32]
    notification_id = connection.scalar(
        SQL["add_notification"],
        {
            "subdistrict_code": subdistrict_code,
            "route": route.id,
            "channel": route.channel,
            "group_key": group_key,
            "idempotency_key": key,
            "alert_ids": [alert["id"] for alert in told.alerts],
            "events": len(notices),
            "level": told.level,
            "title": told.title,
            "body": told.body,
            "now": now,
        },
    )
    settle(connection, notices, notification_id, now=now)
    if route.channel not in SHOWN:
        message = NewMessage(
            channel=f"alert.{route.channel}",
            target=route.id,
            event_type="alert.notification",
            idempotency_key=key,
            payload=payload_of(told, notification_id, now),
        )
        enqueue(connection, [message], subdistrict_code=subdistrict_code, now=now)
    return 1


def payload_of(told: Told, notification_id: Any, now: datetime) -> dict[str, Any]:
    """What every channel is made of."""
    return {
        "notification": notification_id,
        "title": told.title,
        "text": told.body,
        "level": told.level,
        "composed_at": now.isoformat(),
        "alerts": list(told.alerts[:MOST_IN_PAYLOAD]),
        "alerts_total": len(told.alerts),
    }


#: alerts sent one by one as data; the rest is counted
MOST_IN_PAYLOAD = 100


def settle(connection: Connection, notices: Sequence[Notice], notification_id: int | None, *, now: datetime) -> None:
    """Write down what became of notices."""
    if not notices:
        return
    rows = [
        {
            "id": notice.id,
            "state": "sent" if notification_id is not None else "stopped",
            "stages": notice.stages,
            "notification_id": notification_id,
        }
        for notice in notices
    ]
    connection.execute(SQL["settle_notices"], {"rows": json.dumps(rows, ensure_ascii=False), "now": now})


def alerts_by_id(connection: Connection, ids: Iterable[int]) -> dict[int, Mapping[str, Any]]:
    rows = connection.execute(SQL["alerts_by_id"], {"ids": sorted(ids)}).mappings()
    return {row["id"]: dict(row) for row in rows}


def world_now(
    connection: Connection,
    routing: Routing,
    alerts: Mapping[int, Mapping[str, Any]],
    *,
    subdistrict_code: str,
    now: datetime,
) -> World:
    """Read what the stages look at."""
    since = now - timedelta(seconds=routing.group.interval_s)
    asked = {"subdistrict_code": subdistrict_code, "since": since}
    groups = {
        (row["route"], row["group_key"]): GroupState(row["due_at"], row["told_at"])
        for row in connection.execute(SQL["group_states"], asked).mappings()
    }
    silenced = sorted({row["silenced_by"] for row in alerts.values() if row["silenced_by"] is not None})
    silences = connection.execute(SQL["silences_by_id"], {"ids": silenced}).mappings()
    return World(now=now, routing=routing, groups=groups, silences={row["id"]: dict(row) for row in silences})


def notices_of(connection: Connection, alert_id: int) -> list[dict[str, Any]]:
    """What the stages decided on each step of an alert, oldest first."""
    return [dict(row) for row in connection.execute(SQL["notices_of"], {"id": alert_id}).mappings()]


def list_notifications(
    connection: Connection, *, subdistrict_code: str, route: str | None = None, limit: int = 200
) -> list[dict[str, Any]]:
    """What was told, newest first, and how the delivery of each went."""
    values = {"subdistrict_code": subdistrict_code, "route": route, "limit": limit}
    return [dict(row) for row in connection.execute(SQL["notifications"], values).mappings()]
