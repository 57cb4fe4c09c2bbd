"""What the server did, counted in front of everything: requests, seconds, open streams; read at /metrics.

Paths are counted under their row of the route table and logged without their query: tokens travel there.
"""

import resource
import threading
import time
from collections import Counter
from collections.abc import Iterator

import structlog
from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from sqlalchemy import QueuePool
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.api.status import StatusDesk
from dashboard.route_table import route_table
from dashboard.services import Services

logger = structlog.get_logger("fengqiao.requests")

#: upper limits of the histogram [s]
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
#: a request that took longer is logged [s]
SLOW_S = 2.0


class Meter:
    """Counts of one process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.requests: Counter[tuple[str, str, int]] = Counter()
        self.buckets: Counter[tuple[str, float]] = Counter()
        self.seconds: Counter[str] = Counter()
        self.open = 0

    def add(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        with self.lock:
            self.requests[route, method, status] += 1
            self.seconds[route] += seconds  # type: ignore[assignment]  # a Counter adds floats as well
            for limit_s in BUCKETS_S:
                if seconds <= limit_s:
                    self.buckets[route, limit_s] += 1

    def lines(self) -> Iterator[str]:
        """Render the counts as Prometheus text (exposition format 0.0.4)."""
        with self.lock:
            requests, buckets, seconds = dict(self.requests), dict(self.buckets), dict(self.seconds)
        yield "# TYPE fengqiao_requests_total counter"
        for (route, method, status), count in sorted(requests.items()):
            yield f'fengqiao_requests_total{{route="{route}",method="{method}",status="{status}"}} {count}'
        yield "# TYPE fengqiao_request_seconds histogram"
        for route, total_s in sorted(seconds.items()):
            count = sum(number for (counted, _, _), number in requests.items() if counted == route)
            for limit_s in BUCKETS_S:
                within = buckets.get((route, limit_s), 0)
                yield f'fengqiao_request_seconds_bucket{{route="{route}",le="{limit_s}"}} {within}'
            yield f'fengqiao_request_seconds_bucket{{route="{route}",le="+Inf"}} {count}'
            yield f'fengqiao_request_seconds_sum{{route="{route}"}} {total_s:.6f}'
            yield f'fengqiao_request_seconds_count{{route="{route}"}} {count}'
        yield "# TYPE fengqiao_connections_open gauge"
        yield f"fengqiao_connections_open {self.open}"


class Measurement:
    """ASGI middleware that feeds the meter."""

    def __init__(self, app: ASGIApp, *, meter: Meter) -> None:
        self.app = app
        self.meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        method = scope.get("method", "WEBSOCKET")
        route = route_table().find(scope.get("method", "GET"), scope["path"])
        name = route.prefix if route else "unknown"
        status, started, answered_s = 500, time.perf_counter(), None

        async def send_measured(message: Message) -> None:
            nonlocal status, answered_s
            if message["type"] == "http.response.start":
                # a stream goes on for days: what counts is when it began to answer
                status, answered_s = message["status"], time.perf_counter() - started
            elif message["type"] == "websocket.accept":
                status, answered_s = 101, time.perf_counter() - started
            await send(message)

        self.meter.open += 1
        try:
            await self.app(scope, receive, send_measured)
        finally:
            self.meter.open -= 1
            seconds = answered_s if answered_s is not None else time.perf_counter() - started
            self.meter.add(name, method, status, seconds)
            if status >= 500 or seconds > SLOW_S:
                logger.warning("request", method=method, path=scope["path"], status=status, seconds=round(seconds, 3))


def metrics_router(services: Services, meter: Meter) -> APIRouter:
    """Mount /metrics."""
    routes = APIRouter(include_in_schema=False)
    desk = StatusDesk(services.database.server)

    def lines() -> Iterator[str]:
        yield from meter.lines()
        try:
            figures = desk.status(now=services.clock()).model_dump()
        except SQLAlchemyError:
            figures = {}
        yield "# TYPE fengqiao_database_up gauge"
        yield f"fengqiao_database_up {int(bool(figures))}"
        for name, value in figures.items():
            if value is not None:
                yield f"# TYPE fengqiao_{name} gauge"
                yield f"fengqiao_{name} {value}"
        yield "# TYPE fengqiao_pool_connections gauge"
        for role in ("server", "wall"):
            pool = getattr(services.database, role).pool
            if isinstance(pool, QueuePool):
                yield f'fengqiao_pool_connections{{role="{role}",state="in_use"}} {pool.checkedout()}'
                yield f'fengqiao_pool_connections{{role="{role}",state="idle"}} {pool.checkedin()}'
        usage = resource.getrusage(resource.RUSAGE_SELF)
        yield "# TYPE process_cpu_seconds_total counter"
        yield f"process_cpu_seconds_total {usage.ru_utime + usage.ru_stime:.2f}"
        yield "# TYPE process_resident_memory_bytes_max gauge"
        yield f"process_resident_memory_bytes_max {usage.ru_maxrss * 1024}"

    @routes.get("/metrics")
    def metrics() -> PlainTextResponse:
        return PlainTextResponse("\n".join(lines()) + "\n", media_type="text/plain; version=0.0.4")

    return routes
