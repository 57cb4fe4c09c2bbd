"""A tiny sub-district of our own for tests: two third-level grids beside each other, three workers and one.

Everything lies on a square lattice near 120.52° E, 31.30° N: grid 1 is 400 m × 400 m with 24 buildings of six
households each, grid 2 the same to its east. All of it is invented.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from access.sessions import open_session
from casework.assignment import read_effort
from casework.assignment_store import make_plan, publish_plan
from gis.cells import index_points
from gis.database.connection import Database
from gis.database.migrate import upgrade
from gis.district import District
from gis.grid import build_cells

CODE = "990000009"
COMMUNITY = CODE + "001"
WEST, SOUTH = 120.5200, 31.3000
#: 400 m here [deg]
WIDTH, HEIGHT = 0.0042, 0.0036
NOW = datetime(2026, 11, 23, 6, 2, tzinfo=UTC)  # 14:02 in Shanghai, a Monday
DISTRICT = District(code=CODE, name="试验街道", name_en="Trial Sub-district", metric_srid=4549, schematic=True)


@dataclass
class World:
    """The database it stands in, and ids of what was made."""

    database: Database
    grids: list[int] = field(default_factory=list)
    #: workers 0…2 share grid 1, worker 3 has grid 2 alone, 4 leads both
    workers: list[int] = field(default_factory=list)
    buildings: list[int] = field(default_factory=list)
    residents: list[int] = field(default_factory=list)
    #: account name -> id
    accounts: dict[str, int] = field(default_factory=dict)


def record(feed: str, key: str) -> dict[str, str]:
    return {"subdistrict_code": CODE, "feed": feed, "source_key": key}


def insert(connection: Connection, table: str, values: dict[str, Any], *, returning: str = "id") -> Any:
    """Insert one row; geometry comes as EWKT text."""
    names = ", ".join(values)
    slots = ", ".join(f":{name}" for name in values)
    return connection.execute(
        text(f"INSERT INTO {table} ({names}) VALUES ({slots}) RETURNING {returning}"), values
    ).scalar_one()


def box(west: float, south: float, east: float, north: float, *, kind: str = "MULTIPOLYGON") -> str:
    ring = f"(({west} {south}, {east} {south}, {east} {north}, {west} {north}, {west} {south}))"
    return f"SRID=4326;{kind}" + (f"({ring})" if kind == "MULTIPOLYGON" else ring)


def point(lon: float, lat: float) -> str:
    return f"SRID=4326;POINT({lon} {lat})"


def cell_at(lon: float, lat: float) -> int:
    return int(index_points([lon], [lat])[0])


def placed(lon: float, lat: float, grid: int) -> dict[str, Any]:
    return {
        "placement": "placed",
        "geom": point(lon, lat),
        "match_level": "building",
        "confidence": 0.99,
        "cell": cell_at(lon, lat),
        "community_code": COMMUNITY,
        "work_grid_id": grid,
    }


@pytest.fixture(scope="session")
def trial(database: Database) -> Iterator[World]:
    """The world, in a database of its own beside the others; what is written to it stays for the run."""
    with database.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("DROP DATABASE IF EXISTS fengqiao_trial WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE fengqiao_trial"))
    own = Database(owner_url=database.owner_url.set(database="fengqiao_trial"), secrets=database.secrets)
    try:
        upgrade(own)
        yield build_world(own)
    finally:
        own.dispose()


def build_world(database: Database) -> World:
    """Write the world into a migrated, empty database."""
    world = World(database)
    with database.owner.begin() as connection:
        add_ground(connection, world)
        add_people(connection, world)
        add_accounts(connection, world)
        build_cells(connection, DISTRICT)
    return world


def add_ground(connection: Connection, world: World) -> None:
    east, north = WEST + 2 * WIDTH, SOUTH + HEIGHT
    insert(
        connection,
        "base.subdistrict",
        {
            "code": CODE,
            "name": DISTRICT.name,
            "name_en": DISTRICT.name_en,
            "metric_srid": 4549,
            "timezone": "Asia/Shanghai",
            "schematic": True,
            "geom": box(WEST, SOUTH, east, north),
            "config": "{}",
        },
        returning="code",
    )
    insert(
        connection,
        "base.community",
        {
            **record("boundaries", COMMUNITY),
            "code": COMMUNITY,
            "name": "试验社区",
            "geom": box(WEST, SOUTH, east, north),
        },
        returning="code",
    )
    parent = insert(
        connection,
        "base.work_grid",
        {
            **record("work_grids", "01"),
            "code": COMMUNITY + "01",
            "name": "试验网格",
            "grid_tier": 2,
            "community_code": COMMUNITY,
            "geom": box(WEST, SOUTH, east, north),
        },
    )
    for number in (1, 2):
        west = WEST + (number - 1) * WIDTH
        world.grids.append(
            insert(
                connection,
                "base.work_grid",
                {
                    **record("work_grids", f"010{number}"),
                    "code": f"{COMMUNITY}010{number}",
                    "name": f"试验第{number}网格",
                    "grid_tier": 3,
                    "parent_id": parent,
                    "community_code": COMMUNITY,
                    "geom": box(west, SOUTH, west + WIDTH, north),
                },
            )
        )
        compound = insert(
            connection,
            "base.place",
            {
                **record("compounds", f"C{number}"),
                "kind": "compound",
                "compound_kind": "resettlement",
                "name": ["北苑", "南苑"][number - 1],
                "community_code": COMMUNITY,
                "point": point(west + WIDTH / 2, SOUTH + HEIGHT / 2),
                "work_grid_id": world.grids[-1],
            },
        )
        for place in range(24):
            lon = west + WIDTH * (0.12 + 0.155 * (place % 6))
            lat = SOUTH + HEIGHT * (0.14 + 0.24 * (place // 6))
            world.buildings.append(
                insert(
                    connection,
                    "base.building",
                    {
                        **record("buildings", f"C{number}-{place + 1:03d}"),
                        "place_id": compound,
                        "number": str(place + 1),
                        "units": 2,
                        "floors": 3,
                        "geom": point(lon, lat),
                        "cell": cell_at(lon, lat),
                        "community_code": COMMUNITY,
                        "work_grid_id": world.grids[-1],
                        "footprint": box(lon - 2e-4, lat - 6e-5, lon + 2e-4, lat + 6e-5, kind="POLYGON"),
                    },
                )
            )
    for name, line in (
        ("试验路", f"{WEST - 0.003} {SOUTH + HEIGHT * 0.38}, {east + 0.003} {SOUTH + HEIGHT * 0.38}"),
        ("东界路", f"{WEST + WIDTH} {SOUTH - 0.003}, {WEST + WIDTH} {north + 0.003}"),
    ):
        insert(
            connection,
            "base.road_segment",
            {
                **record("roads", name),
                "name": name,
                "road_class": "second",
                "from_node": 1,
                "to_node": 2,
                "length_m": 1000.0,
                "geom": f"SRID=4326;LINESTRING({line})",
            },
        )


def add_people(connection: Connection, world: World) -> None:
    for building, (lon, lat) in enumerate(building_points()):
        grid = world.grids[building // 24]
        for home in range(6):
            room = f"{home // 2 + 1}0{home % 2 + 1}"
            where = {"community_code": COMMUNITY, "work_grid_id": grid}
            dwelling = insert(
                connection,
                "base.dwelling",
                {
                    "subdistrict_code": CODE,
                    "building_id": world.buildings[building],
                    "unit": "1",
                    "room": room,
                    "floor": home // 2 + 1,
                    **where,
                },
            )
            household = insert(
                connection,
                "base.household",
                {
                    **record("residents", f"H{building}-{home}"),
                    "dwelling_id": dwelling,
                    "building_id": world.buildings[building],
                    **where,
                },
            )
            # the first home of each building is a woman of 84 who lives alone, the others are 36
            world.residents.append(
                insert(
                    connection,
                    "base.resident",
                    {
                        **record("residents", f"P{building}-{home}"),
                        "name": f"甲{building:02d}{home}",
                        "sex": "女" if home == 0 else "男",
                        "birth_date": "1942-03-01" if home == 0 else "1990-05-05",
                        "registration": "registered" if home < 3 else "migrant",
                        "groups": ["living_alone"] if home == 0 else [],
                        "household_id": household,
                        "dwelling_id": dwelling,
                        "building_id": world.buildings[building],
                        "address": "",
                        **placed(lon, lat, grid),
                    },
                )
            )


def building_points() -> Iterable[tuple[float, float]]:
    for number in range(2):
        for place in range(24):
            yield WEST + WIDTH * (number + 0.12 + 0.155 * (place % 6)), SOUTH + HEIGHT * (0.14 + 0.24 * (place // 6))


def add_accounts(connection: Connection, world: World) -> None:
    for number in range(5):
        leads = number == 4
        world.workers.append(
            insert(
                connection,
                "base.grid_worker",
                {
                    **record("grid_workers", f"W{number + 1:03d}"),
                    "name": f"网格员{number + 1}",
                    "post": "grid_leader" if leads else "grid_worker",
                    "community_code": COMMUNITY,
                    "work_grid_id": None if leads else world.grids[1 if number == 3 else 0],
                },
            )
        )
        world.accounts[f"trial-{number}"] = insert(
            connection,
            "access.account",
            {
                "subdistrict_code": CODE,
                "name": f"trial-{number}",
                "title": f"试验网格员{number + 1}",
                "role": "grid_leader" if leads else "grid_worker",
                "grid_worker_id": world.workers[-1],
                "work_grid_ids": world.grids if leads else [],
            },
        )
    for role in ("duty_officer", "operator", "auditor"):
        world.accounts[f"trial-{role}"] = insert(
            connection,
            "access.account",
            {
                "subdistrict_code": CODE,
                "name": f"trial-{role}",
                "title": f"试验{role}",
                "role": role,
            },
        )


def add_incident(
    connection: Connection,
    world: World,
    key: str,
    *,
    building: int = 0,
    at: datetime = NOW - timedelta(hours=2),
    **values: Any,
) -> int:
    """Add an incident at a building of the world."""
    connection.execute(text("SELECT support.ensure_months('base.incident', :at, :at)"), {"at": at})
    lon, lat = list(building_points())[building]
    given = {
        **record("trial", key),
        "reported_at": at,
        "category": "城市管理",
        "subcategory": "乱堆物料",
        "source": "网格上报",
        "address": "北苑",
        "building_id": world.buildings[building],
        **placed(lon, lat, world.grids[building // 24]),
    }
    return int(insert(connection, "base.incident", given | values))


def add_visit(
    connection: Connection, world: World, key: str, *, resident: int = 0, due_on: Any = None, **values: Any
) -> int:
    """Add a visit to a resident of the world."""
    lon, lat = list(building_points())[resident // 6]
    given = {
        **record("visits", key),
        "kind": "独居老人走访",
        "resident_id": world.residents[resident],
        "due_on": due_on or NOW.date(),
        "building_id": world.buildings[resident // 6],
        **placed(lon, lat, world.grids[resident // 144]),
    }
    return int(insert(connection, "base.visit", given | values))


def role_of(account: str) -> str:
    """Return the role of an account of the world, which its name tells."""
    if account == "trial-4":
        return "grid_leader"
    return "grid_worker" if account[-1].isdigit() else account.removeprefix("trial-")


def session_secret(world: World, account: str) -> tuple[str, str]:
    """Open a session for an account of the world; returns its id and the cookie's secret."""
    with world.database.server.begin() as connection:
        opened = open_session(connection, world.accounts[account], role=role_of(account))
    return opened.id, opened.secret


def assign_afresh(world: World, now: datetime) -> None:
    """Forget every assignment and publish the plan of `now`: modules share the world, each with a time of its own."""
    with world.database.owner.begin() as connection:
        for table in ("assignment", "assignment_plan"):
            connection.execute(text(f"DELETE FROM casework.{table} WHERE subdistrict_code = :code"), {"code": CODE})
        plan = make_plan(connection, subdistrict_code=CODE, effort=read_effort(), now=now)
        publish_plan(connection, plan, actor="test", now=now)
