"""The live stream over HTTP: each page's events, and the ground they lie on; what is told comes from the hub."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

from fastapi import APIRouter, FastAPI, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from dashboard.live import DATABASE_FAULTS, Listener, LiveHub, event

#: pages connect anew after this long, so that a sign-in that ended ends its stream too [s]
STREAM_S = 1800.0


def router(hub: LiveHub) -> APIRouter:
    """The stream and the ground of each screen."""
    routes = APIRouter()

    @routes.get("/live/{screen}/ground", include_in_schema=False)
    def ground(screen: str) -> Response:
        return Response(hub.ground_answer(screen), media_type="application/json", headers={"Cache-Control": "no-cache"})

    @routes.get("/live/{screen}", summary="Server-sent events of a wall's screen")
    async def live(
        screen: str,
        request: Request,
        last_event_id: str = Query(default=""),
        last_event_header: str = Header(default="", alias="last-event-id"),
        after_incident: int | None = Query(default=None),
        after_request: int | None = Query(default=None),
    ) -> StreamingResponse:
        listener = hub.open(screen)
        last = last_event_header or last_event_id
        back = None
        if last and after_incident is not None and hub.lost is None:
            seen = {"incident": after_incident, "request": after_request or 0}
            with suppress(*DATABASE_FAULTS):
                back = await asyncio.to_thread(hub.count_missed, seen)
        return StreamingResponse(
            stream(hub, listener, last_event_id=last, back=back),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"},
        )

    return routes


async def stream(hub: LiveHub, listener: Listener, *, last_event_id: str, back: int | None) -> AsyncIterator[bytes]:
    """One page's events, until it leaves, falls behind or is asked to come again."""
    until = asyncio.get_running_loop().time() + STREAM_S
    try:
        yield b"retry: 2000\n\n"
        first = hub.first_event(listener, last_event_id=last_event_id, back=back)
        told = first is not None
        if first is not None:
            yield first
        while asyncio.get_running_loop().time() < until:
            message = await listener.queue.get()
            if message is None:
                return
            if not told and (first := hub.first_event(listener, last_event_id="", back=None)) is not None:
                told = True
                yield first
            yield message
        yield event("again", "{}")
    finally:
        hub.listeners.discard(listener)


def start_with(server: FastAPI, hubs: Iterable[LiveHub]) -> None:
    """Let hubs live as long as the server does."""
    inner = server.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
        async with inner(app) as state:
            for hub in hubs:
                hub.start()
            try:
                yield state
            finally:
                for hub in hubs:
                    await hub.stop()

    server.router.lifespan_context = lifespan
