"""Which role may reach which path: `routes.yml` read, checked and asked. Knows no request and no database."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from access.tables import ROLES
from gis.documents import parse_yaml
from gis.errors import BadInput
from gis.sentences import Sentence

AUDIENCES = ("staff", "worker", "wall")


@dataclass(frozen=True)
class Route:
    """One row of the table."""

    prefix: str
    #: empty: every method
    methods: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    #: nobody needs to be known
    open: bool = False
    #: open to this machine itself
    loopback: bool = False
    #: shown in a browser: leads to sign-in, takes links
    page: bool = False
    #: the prefix alone and nothing below
    exact: bool = False
    audience: str | None = None

    def fits(self, method: str, path: str) -> bool:
        asked = "GET" if method == "HEAD" else method
        below = not self.exact and path.startswith(self.prefix.rstrip("/") + "/")
        return (path == self.prefix or below) and (not self.methods or asked in self.methods)


def audience_of(role: str) -> str:
    """Return whose browser it is: a wall, a worker's phone, or staff's."""
    return {"wall": "wall", "grid_worker": "worker", "grid_leader": "worker"}.get(role, "staff")


@dataclass(frozen=True)
class RouteTable:
    """The rows, asked by method and path."""

    routes: tuple[Route, ...]

    def find(self, method: str, path: str) -> Route | None:
        """Return the row that decides; None: the path is nobody's."""
        fitting = [route for route in self.routes if route.fits(method, path)]
        return max(fitting, key=lambda route: len(route.prefix), default=None)


def parse_routes(rows: Sequence[dict[str, Any]]) -> RouteTable:
    """Check rows and gather every fault."""
    faults, routes, seen = [], [], set()
    for row in rows:
        route = Route(**{**row, "methods": frozenset(row.get("methods", ())), "roles": frozenset(row.get("roles", ()))})
        if unknown := route.roles - set(ROLES):
            faults.append(Sentence("{prefix}: no such role {unknown}", prefix=route.prefix, unknown=sorted(unknown)))
        if not route.roles and not route.open:
            faults.append(Sentence("{prefix}: neither open nor anybody's", prefix=route.prefix))
        if route.audience not in (None, *AUDIENCES):
            faults.append(
                Sentence("{prefix}: no such audience {audience}", prefix=route.prefix, audience=route.audience)
            )
        for method in route.methods or {"*"}:
            if (route.prefix, method) in seen:
                faults.append(Sentence("{prefix}: {method} is given twice", prefix=route.prefix, method=method))
            seen.add((route.prefix, method))
        routes.append(route)
    if faults:
        raise BadInput("{file}: {faults}", file="routes.yml", faults=faults[:10])
    return RouteTable(tuple(routes))


@lru_cache(maxsize=1)
def route_table() -> RouteTable:
    """Return the table of `dashboard/routes.yml`."""
    return parse_routes(parse_yaml(files("dashboard").joinpath("routes.yml").read_text(encoding="utf-8")))
