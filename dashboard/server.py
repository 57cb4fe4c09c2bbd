"""The server: one FastAPI that hosts the API, the tiles, the live stream and the pages, behind one authentication."""

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.resources import files
from typing import cast

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from dashboard.api_words import described
from dashboard.auth import Authentication, SessionBook
from dashboard.errors import install_error_answers
from dashboard.exchange.sandbox import Sandbox
from dashboard.measurement import Measurement, Meter, metrics_router
from dashboard.services import Clock, Services, system_clock
from dashboard.settings import ServerSettings
from gis.database.connection import Database

RouterFactory = Callable[[Services], APIRouter]
Mount = Callable[[FastAPI, Services], None]

#: modules with `router(services) -> APIRouter`, in the order their routes are tried
ROUTERS = (
    "dashboard.api.status",
    "dashboard.api.session",
    "dashboard.api.incidents",
    "dashboard.api.geocode",
    "dashboard.api.feeds",
    "dashboard.api.casework",
    "dashboard.api.unplaced",
    "dashboard.api.dispatch",
    "dashboard.api.grid",
    "dashboard.grid.page",
    "dashboard.api.history",
    "dashboard.api.alerts",
    "dashboard.api.cap",
    "dashboard.api.drills",
    "dashboard.api.layers",
    "dashboard.api.audit",
    "dashboard.api.consumer",
    "dashboard.api.figures",
    "dashboard.api.layer_figures",
    "dashboard.api.lineage",
    "dashboard.tiles",
    "dashboard.reports.routes",
    "dashboard.sign_in.routes",
    "dashboard.sign_in.authority",
)
#: modules with `mount(server, services)`: Dash apps and other ASGI apps, tried after every router
MOUNTS: tuple[str, ...] = (
    "dashboard.ogc",
    "dashboard.wall.mount",
    "dashboard.office.mount",
)
#: of these, what other systems may be granted (exchange/resources.yml)
OPEN_ROUTERS = (
    "dashboard.api.status",
    "dashboard.api.session",
    "dashboard.api.incidents",
    "dashboard.api.geocode",
    "dashboard.api.feeds",
    "dashboard.api.casework",
    "dashboard.api.alerts",
    "dashboard.api.cap",
    "dashboard.api.drills",
    "dashboard.api.layers",
    "dashboard.api.figures",
    "dashboard.tiles",
)
OPEN_MOUNTS = ("dashboard.ogc",)


def create_app(settings: ServerSettings, database: Database, *, clock: Clock = system_clock) -> FastAPI:
    """Build the whole server over a migrated database; nothing is started and nothing is read from it yet."""
    services = Services(settings=settings, database=database, clock=clock)
    server = FastAPI(
        title="Fengqiao",
        summary="Command centre of a sub-district",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    server.state.services = services
    install_error_answers(server)
    mount_api_pages(server)
    add_routes(server, services, routers=ROUTERS, mounts=MOUNTS)
    meter = Meter()
    server.include_router(metrics_router(services, meter))
    server.state.book = SessionBook(services)
    sandbox = Sandbox(services, build=open_interface)
    server.add_middleware(Authentication, services=services, book=server.state.book, sandbox=sandbox)
    # added last, so it stands in front: what authentication refuses is counted too
    server.add_middleware(Measurement, meter=meter)
    return server


def open_interface(services: Services) -> FastAPI:
    """Build the routes other systems may be granted, without anything in front of them: who asks is known already."""
    server = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    install_error_answers(server)
    add_routes(server, services, routers=OPEN_ROUTERS, mounts=OPEN_MOUNTS)
    return server


def add_routes(server: FastAPI, services: Services, *, routers: Sequence[str], mounts: Sequence[str]) -> None:
    for name in routers:
        server.include_router(cast(RouterFactory, import_module(name).router)(services))
    for name in mounts:
        cast(Mount, import_module(name).mount)(server, services)


def mount_api_pages(server: FastAPI) -> None:
    """Serve OpenAPI's page with assets of our own: there is no internet where this runs."""
    server.mount(
        "/api/docs/assets",
        StaticFiles(directory=str(files("fastapi_offline").joinpath("static"))),
        name="api-docs-assets",
    )

    @server.get("/api/openapi.json", include_in_schema=False)
    def description(request: Request) -> JSONResponse:
        document = described(server.openapi(), request.state.language)
        return JSONResponse(document, headers={"Vary": "Accept-Language, Cookie"})

    @server.get("/api/docs", include_in_schema=False)
    def api_page() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/api/openapi.json",
            title="Fengqiao API",
            swagger_js_url="/api/docs/assets/swagger-ui-bundle.js",
            swagger_css_url="/api/docs/assets/swagger-ui.css",
            swagger_favicon_url="/api/docs/assets/favicon.png",
        )
