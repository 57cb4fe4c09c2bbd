"""tipg over the schema `open` at /ogc: OGC API Features and Tiles, for QGIS and whoever else may read open data.

It has a database role of its own that can read that schema and nothing else. Its connections are opened when the first
request comes, and its list of collections is read again when it is older than a minute, so that it serves what a load
has just written. While the database does not answer it says so, and tries again with the next request.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send
from tipg.collections import register_collection_catalog
from tipg.database import connection_factory
from tipg.errors import DEFAULT_STATUS_CODES, add_exception_handlers
from tipg.factory import Endpoints
from tipg.settings import DatabaseSettings as CollectionSettings

from dashboard.errors import answer
from dashboard.services import Services
from gis.errors import Unavailable

SCHEMA = "open"
#: how old the list of collections may be [s]
CATALOGUE_S = 60.0
#: connections at most; a reader of open data waits rather than takes them from the command centre
CONNECTIONS = 3

COLLECTIONS = CollectionSettings(schemas=[SCHEMA], functions=[], application_schema="pg_temp")


class OpenCollections:
    """tipg, connected when it is needed: one ASGI app with its pool and its list of collections."""

    def __init__(self, conninfo: str) -> None:
        self.conninfo = conninfo
        self.app = tipg_app()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.lock = asyncio.Lock()
        self.listed_s = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler: ASGIApp = self.app
        if scope["type"] == "http":
            try:
                await self.prepare()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                self.loop = None
                handler = answer(Unavailable("the open data cannot be read now: the geodatabase does not answer"))
        # tipg writes its links from the outermost root; ours is where it is mounted
        await handler({**scope, "app_root_path": scope.get("root_path", "")}, receive, send)

    async def prepare(self) -> None:
        """Connect unless connected, and list the collections unless that was done a moment ago."""
        loop = asyncio.get_running_loop()
        if self.loop is not loop:
            # a pool belongs to the loop it was made in
            self.lock, self.listed_s = asyncio.Lock(), 0.0
            self.loop = loop
            self.app.state.pool = None
        async with self.lock:
            if self.app.state.pool is None:
                self.app.state.pool = await asyncpg.create_pool(
                    self.conninfo,
                    min_size=0,
                    max_size=CONNECTIONS,
                    init=connection_factory([SCHEMA], COLLECTIONS.tipg_schema),
                    timeout=5.0,
                    command_timeout=30.0,
                )
            if time.monotonic() - self.listed_s > CATALOGUE_S or not self.listed_s:
                await register_collection_catalog(self.app, db_settings=COLLECTIONS)
                self.listed_s = time.monotonic()

    async def close(self) -> None:
        """Close the connections; the next request opens them again."""
        pool, self.loop = self.app.state.pool, None
        self.app.state.pool = None
        if pool is not None:
            await pool.close()


def tipg_app() -> FastAPI:
    """Build tipg's endpoints without its viewer, which would load scripts from the internet."""
    app = FastAPI(title="Fengqiao open data", openapi_url="/api", docs_url=None, redoc_url=None)
    app.state.pool = None
    app.include_router(Endpoints(title="Fengqiao open data", with_tiles_viewer=False).router)
    statuses: Mapping[Any, int] = DEFAULT_STATUS_CODES
    add_exception_handlers(app, dict(statuses))
    return app


def mount(server: FastAPI, services: Services) -> None:
    """Serve /ogc."""
    collections = OpenCollections(services.database.conninfo(services.database.open_url))
    server.state.open_collections = collections
    server.mount("/ogc", collections, name="ogc")
    inner = server.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
        async with inner(app) as state:
            yield state
        await collections.close()

    server.router.lifespan_context = lifespan
