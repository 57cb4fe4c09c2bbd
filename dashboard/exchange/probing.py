"""Hold what we give against what we promised: each interface is really asked for, by the clock or by hand.

A call goes through the same routers as any other, with the rights of whoever the interface belongs to (the session of
its newest key) and cut to its grant; only the network, the key and the meter are left out. What belongs to nobody is
asked for by an account of its own that may read what leaders may.
"""

import asyncio
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import Connection
from starlette.types import Receive, Send
from starlette.types import Scope as Asgi

from access.accounts import NewAccount, add_account
from access.consumers import Scope, find_terms
from access.interfaces import ContractRun, hold_against, list_interfaces, note_run
from access.outbox import list_messages
from access.sessions import Session, new_secret, secret_hash
from access.webhooks import EVENT_RESOURCES, find_subscription
from dashboard.exchange.promises import Promise, promises
from dashboard.exchange.register import register_given
from dashboard.exchange.resources import Match, match_call, narrowed
from dashboard.exchange.webhooks import event_body
from dashboard.server import open_interface
from dashboard.services import Services
from dashboard.settings import ServerSettings
from gis.database.connection import Database
from gis.database.statements import load_statements
from gis.district import select_district
from gis.errors import NotFound
from gis.identity import identity_keys

STATEMENTS = load_statements("dashboard", "probing")
PROBE = "probe: interfaces"
TILE_ZOOM = 12
#: newest events of a webhook that are held against its contract
HOOK_EVENTS = 20


def check_given(database: Database, *, now: datetime) -> int:
    """Register what is given, and hold each interface against its contract; returns how many broke it."""
    register_given(database, now=now)
    with database.owner.connect() as connection:
        try:
            district = select_district(connection)
        except NotFound:
            return 0
        interfaces = [row for row in list_interfaces(connection) if row["resource"] in promises() or is_hook(row)]
        tile = tile_inside(connection)
    services = Services(ServerSettings(), database, clock=lambda: datetime.now(tz=UTC))
    app = open_interface(services)
    broken = 0
    for row in interfaces:
        if row["direction"] != "given":
            continue
        run = check_hook(database, row, now=now) if is_hook(row) else check_call(database, app, row, tile=tile)
        if run is not None:
            with database.owner.begin() as connection:
                note_run(connection, row["key"], run, subdistrict_code=district.code, now=now)
            broken += not run.passed
    return broken


def is_hook(row: Mapping[str, Any]) -> bool:
    """Whether an interface is a webhook."""
    return str(row["key"]).startswith("hook:")


def check_hook(database: Database, row: Mapping[str, Any], *, now: datetime) -> ContractRun | None:
    """Hold what a webhook would be sent of its newest events against its contract; None before the first event."""
    webhook_id = int(str(row["key"]).partition(":")[2])
    began = perf_counter()
    with database.owner.connect() as connection:
        subscription = find_subscription(connection, webhook_id, keys=identity_keys(database.secrets))
        newest = list_messages(connection, channel="webhook", target=str(webhook_id), limit=HOOK_EVENTS)
    if subscription is None or subscription.paused:
        return None
    told = [one for one in newest if one["event_type"] in EVENT_RESOURCES]
    bodies = [event_body(database, one["event_type"], one["payload"], subscription, now=now) for one in told]
    records = [json.loads(body) for body in bodies if body is not None]
    return replace(hold_against(row["contract"], records), seconds=perf_counter() - began) if records else None


def check_call(database: Database, app: FastAPI, row: Mapping[str, Any], *, tile: str) -> ContractRun | None:
    """Ask for one interface and hold the answer against its contract; None when nobody may ask for it now."""
    promise, scope = promises()[row["resource"]], Scope(row["resource"])
    with database.owner.begin() as connection:
        if row["consumer_id"] is None:
            session = probe_session(connection)
        else:
            found = connection.execute(STATEMENTS["consumer_session"], {"id": row["consumer_id"]}).one_or_none()
            if found is None:
                return None
            session = Session.from_row(found)
            terms = find_terms(connection, session.account_id)
            if terms is None or terms.sandbox or row["resource"] not in terms.scopes:
                return None
            scope = terms.scopes[row["resource"]]
    began = perf_counter()
    path, match = probe_path(promise, scope, tile=tile)
    status, content_type, content = asyncio.run(ask(app, session, promise, path))
    taken_s = perf_counter() - began
    if status != 200:
        return ContractRun(False, 0, (f"answered {status}",), taken_s)
    if promise.binary:
        records: list[Any] = [{"status": status, "content_type": content_type, "bytes": len(content)}]
    else:
        body = narrowed(json.loads(content), match, scope) if match else json.loads(content)
        records = records_in(body, match)
    return replace(hold_against(row["contract"], records), seconds=taken_s)


def probe_path(promise: Promise, scope: Scope, *, tile: str) -> tuple[str, Match | None]:
    """Return what is asked for: with the first item of the grant, else the one the promise names."""
    item = promise.probe.item if "*" in scope.items else min(scope.items)
    path = promise.probe.path.replace("{item}", item or "").replace("{tile}", tile)
    return path, match_call("POST" if promise.probe.body else "GET", path.partition("?")[0])


def records_in(body: Any, match: Match | None) -> list[Any]:
    """The records of an answer: those of its list, else the answer itself."""
    if match and match.cuts and isinstance(body, Mapping) and match.resource.list in body:
        return list(body[match.resource.list])
    return [body]


async def ask(app: FastAPI, session: Session, promise: Promise, path: str) -> tuple[int, str, bytes]:
    """Ask our own routers as a session; returns status, content type and body."""

    async def identified(scope: Asgi, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"session": session}}, receive, send)

    transport = httpx.ASGITransport(app=identified, raise_app_exceptions=False)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://interfaces.internal") as client:
            if promise.probe.body:
                answer = await client.post(path, json=dict(promise.probe.body))
            else:
                answer = await client.get(path)
    finally:
        # its connections belong to this loop, which ends here
        await app.state.open_collections.close()
    return answer.status_code, answer.headers.get("content-type", "").partition(";")[0], answer.content


def probe_session(connection: Connection) -> Session:
    """The session of the account that asks for what belongs to nobody; made on first use, nobody knows its secret."""
    found = connection.execute(STATEMENTS["probe_session"], {"name": PROBE}).one_or_none()
    if found is None:
        account_id = add_account(connection, NewAccount(name=PROBE, role="street_leader", title=PROBE))
        bound = {"account_id": account_id, "secret_hash": secret_hash(new_secret())}
        connection.execute(STATEMENTS["add_probe_token"], bound)
        found = connection.execute(STATEMENTS["probe_session"], {"name": PROBE}).one()
    return Session.from_row(found)


def tile_inside(connection: Connection, *, zoom: int = TILE_ZOOM) -> str:
    """The web-mercator tile that holds the middle of the sub-district, as ``z/x/y``."""
    lon, lat = connection.execute(STATEMENTS["middle"]).one()
    across = 2**zoom
    x = int((lon + 180) / 360 * across)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * across)
    return f"{zoom}/{x}/{y}"
