"""Each role against each route there is: Dash endpoints, tiles, the live stream and mounted apps included."""

import asyncio

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from access.tables import ROLES
from dashboard.auth import Authentication, SessionBook
from dashboard.route_table import route_table
from dashboard.server import create_app
from dashboard.services import Services
from dashboard.settings import ServerSettings
from tests.asking import Browser
from tests.world import ACCOUNTS, World

pytestmark = pytest.mark.database

#: one account of each role
BY_ROLE = {role: account for account, role in ACCOUNTS.items() if account != "worker-21"}
STAFF = {"duty_officer", "commander", "operator"}
LEADERS = {"community_leader", "street_leader"}
WORKERS = {"grid_worker", "grid_leader"}
PEOPLE = STAFF | LEADERS | WORKERS | {"auditor"}
EVERYBODY = PEOPLE | {"wall"}

#: what was meant, written apart from routes.yml: beginning of the path, methods, who may; the first that fits decides
MEANT: list[tuple[str, set[str], set[str] | None]] = [
    ("/wall", {"GET", "POST"}, STAFF | {"wall", "street_leader"}),
    ("/live", {"GET"}, STAFF | {"wall", "street_leader"}),
    ("/tiles", {"GET"}, EVERYBODY),
    ("/ogc", {"GET"}, PEOPLE - {"grid_worker"}),
    ("/reports", {"GET", "POST"}, STAFF | LEADERS | {"auditor"}),
    ("/office", {"GET", "POST"}, STAFF | {"auditor"}),
    ("/grid/static", {"GET"}, None),
    ("/grid/service-worker.js", {"GET"}, None),
    ("/grid/app.webmanifest", {"GET"}, None),
    ("/grid", {"GET", "POST"}, WORKERS),
    ("/api/status", {"GET"}, None),
    ("/api/docs", {"GET"}, None),
    ("/api/openapi.json", {"GET"}, None),
    ("/api/session", {"GET", "POST"}, EVERYBODY),
    ("/api/consumer", {"GET"}, PEOPLE),
    ("/api/figures", {"GET"}, STAFF | LEADERS | {"auditor"}),
    ("/api/lineage", {"GET"}, {"operator", "auditor"}),
    ("/api/layers", {"GET"}, EVERYBODY),
    ("/api/basemap", {"GET"}, EVERYBODY),
    ("/api/alerts", {"GET"}, EVERYBODY),
    ("/api/alerts", {"POST"}, STAFF | WORKERS | {"community_leader"}),
    ("/cap", {"GET"}, PEOPLE - {"grid_worker"}),
    ("/api/outside-alerts", {"GET"}, PEOPLE),
    ("/api/outside-alerts", {"POST"}, STAFF),
    ("/api/drills", {"GET"}, STAFF | {"street_leader", "auditor"}),
    ("/api/drills", {"POST"}, STAFF),
    ("/api/silences", {"GET"}, PEOPLE),
    ("/api/silences", {"POST"}, STAFF),
    ("/api/geocode", {"POST"}, PEOPLE),
    ("/api/reverse", {"POST"}, PEOPLE),
    ("/api/incidents", {"GET"}, PEOPLE),
    ("/api/incidents", {"POST", "PATCH"}, STAFF | WORKERS),
    ("/api/requests", {"GET"}, PEOPLE),
    ("/api/requests", {"POST", "PATCH"}, STAFF),
    ("/api/feeds", {"POST"}, {"operator", "duty_officer"}),
    ("/api/dispatch", {"GET"}, STAFF),
    ("/api/unplaced", {"GET"}, STAFF | {"auditor"}),
    ("/api/unplaced", {"POST"}, STAFF),
    ("/api/casework", {"GET", "POST", "PATCH"}, STAFF | WORKERS),
    ("/api/visits", {"GET", "POST"}, WORKERS | {"operator", "community_leader"}),
    ("/api/grid", {"GET", "POST"}, WORKERS),
    ("/api/reports", {"GET", "POST"}, STAFF | LEADERS | {"auditor"}),
    ("/api/history/residents", {"GET"}, WORKERS | {"operator", "community_leader"}),
    ("/api/history/residence-counts", {"GET"}, WORKERS | {"operator", "community_leader"}),
    ("/api/history", {"GET"}, PEOPLE),
    ("/api/audit", {"GET"}, {"auditor"}),
    ("/health", {"GET"}, None),
    ("/sign-in", {"GET", "POST"}, None),
    ("/sign-out", {"POST"}, None),
    ("/ca", {"GET"}, None),
    ("/static", {"GET"}, None),
    ("/metrics", {"GET"}, {"operator", "auditor"}),
    ("/", {"GET"}, EVERYBODY),
]


def meant(method: str, path: str) -> set[str] | None:
    """Who may ask for this; None: anybody, known or not."""
    for prefix, methods, roles in MEANT:
        if method in methods and (path == prefix or (prefix != "/" and path.startswith(prefix + "/"))):
            return roles
    pytest.fail(f"{method} {path} is served, and nobody said who may reach it")


def served(app: FastAPI) -> list[tuple[str, str]]:
    """Every method and path the app answers, parameters filled in; a mounted app stands for what lies under it."""
    found: set[tuple[str, str]] = set()

    def walk(routes: list[object], prefix: str) -> None:
        for route in routes:
            inner = getattr(route, "original_router", None)
            if inner is not None:
                context = getattr(route, "include_context", None)
                walk(inner.routes, prefix + (getattr(context, "prefix", "") or ""))
                continue
            path = prefix + getattr(route, "path", "")
            for piece in ("{", "}"):
                path = path.replace(piece, "")
            path = path.replace(":path", "").replace(":int", "")
            methods = getattr(route, "methods", None) or {"GET"}
            if hasattr(route, "routes") and not hasattr(route, "endpoint"):
                found.add(("GET", path + "/anything"))
            found.update((method, path or "/") for method in methods if method not in ("HEAD", "OPTIONS"))

    walk(list(app.router.routes), "")
    return sorted(found)


@pytest.fixture(scope="module")
def app(world: World) -> FastAPI:
    return create_app(ServerSettings(), world.database)


class Gate:
    """The authentication alone: behind it everything answers 204, so that asking changes nothing."""

    def __init__(self, world: World) -> None:
        services = Services(ServerSettings(), world.database)
        self.gate = Authentication(self.answer, services=services, book=SessionBook(services), sandbox=self.answer)

    @staticmethod
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            return
        assert isinstance(Request(scope).method, str)
        await Response(status_code=204)(scope, receive, send)

    async def status(self, method: str, path: str, token: str | None, *, kind: str = "http") -> int | str:
        headers = [(b"host", b"fengqiao.test"), (b"origin", b"http://fengqiao.test"), (b"sec-fetch-mode", b"cors")]
        headers += [(b"authorization", f"Bearer {token}".encode())] if token else []
        scope = {
            "type": kind,
            "method": method,
            "path": path,
            "query_string": b"",
            "headers": headers,
            "client": ("192.0.2.7", 1),
            "state": {},
        }
        if kind == "websocket":
            del scope["method"]
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "websocket.connect" if kind == "websocket" else "http.request"}

        async def send(message: Message) -> None:
            sent.append(message)

        await self.gate(scope, receive, send)
        return int(sent[0]["status"]) if kind == "http" else str(sent[0]["type"])


@pytest.fixture(scope="module")
def gate(world: World) -> Gate:
    return Gate(world)


def test_each_role_reaches_each_route_as_was_meant_and_no_other(app: FastAPI, gate: Gate, world: World):
    routes = served(app)
    assert len(routes) > 20

    async def ask_all() -> list[str]:
        wrong = []
        for method, path in routes:
            may = meant(method, path)
            for role in (None, *ROLES):
                status = await gate.status(method, path, world.tokens[BY_ROLE[role]] if role else None)
                expected = 204 if may is None or role in may else 401 if role is None else 403
                if status != expected:
                    wrong.append(f"{method} {path} as {role or 'nobody'}: {status}, meant {expected}")
        return wrong

    assert asyncio.run(ask_all()) == []


def test_no_row_of_the_table_opens_more_than_was_meant(gate: Gate, world: World):
    """Rows for routes that are not served yet as well, with every method."""

    async def ask_all() -> list[str]:
        wrong = []
        for route in route_table().routes:
            for method in route.methods or {"GET", "POST", "PUT", "PATCH", "DELETE"}:
                path = route.prefix if route.exact else f"{route.prefix}/x"
                if route.prefix in ("/sign-in", "/sign-out", "/favicon.ico"):
                    continue
                may = meant(method, path)
                for role in (None, *ROLES):
                    status = await gate.status(method, path, world.tokens[BY_ROLE[role]] if role else None)
                    expected = 204 if may is None or role in may else 401 if role is None else 403
                    if status != expected:
                        wrong.append(f"{method} {path} as {role or 'nobody'}: {status}, meant {expected}")
        return wrong

    assert asyncio.run(ask_all()) == []


@pytest.mark.parametrize("path", ["/wall/main/_dash-ws-callback", "/live/main"])
def test_sockets_stand_behind_the_same_gate(gate: Gate, world: World, path: str):
    async def ask(account: str | None) -> int | str:
        return await gate.status("GET", path, world.tokens[account] if account else None, kind="websocket")

    answers = {account: asyncio.run(ask(account)) for account in ("wall", "duty", "worker-11", "auditor", None)}

    assert answers == {
        "wall": "websocket.accept",
        "duty": "websocket.accept",
        "worker-11": "websocket.close",
        "auditor": "websocket.close",
        None: "websocket.close",
    }


#: what each account is to read over HTTP, as an auditor would write it down
REFERENCE = {
    "duty": "subdistrict_code = '990000001'",
    "operator": "subdistrict_code = '990000001'",
    "auditor": "subdistrict_code = '990000001'",
    "worker-11": "work_grid_id = (SELECT id FROM base.work_grid WHERE code = '11') OR source_key = 'seen'",
    "worker-21": "work_grid_id = (SELECT id FROM base.work_grid WHERE code = '21')",
    "leader-1": "work_grid_id IN (SELECT id FROM base.work_grid WHERE code IN ('11', '12'))",
    "community-2": "community_code = '990000001002'",
}


@pytest.mark.parametrize("account", REFERENCE)
def test_the_api_gives_the_incidents_of_the_reference_page_by_page(app: FastAPI, world: World, account: str):
    with world.database.owner.connect() as connection:
        expected = set(connection.scalars(text(f"SELECT id FROM base.incident WHERE {REFERENCE[account]}")))
        everything = set(connection.scalars(text("SELECT id FROM base.incident")))
    assert expected
    assert everything - expected

    seen: list[int] = []
    after = None
    with Browser(app) as browser:
        while True:
            params = {"limit": 2, **({"after": after} if after else {})}
            page = browser.get("/api/incidents", params=params, token=world.tokens[account]).json()
            seen += [incident["id"] for incident in page["incidents"]]
            after = page["next"]
            if after is None:
                break
        statuses = {
            id_: browser.get(f"/api/incidents/{id_}", token=world.tokens[account]).status_code for id_ in everything
        }

    assert sorted(seen) == sorted(expected), "every row once"
    assert statuses == {id_: 200 if id_ in expected else 404 for id_ in everything}
