"""A sub-district small enough to know by heart, in a database of its own: two communities, three third-level grids.

    community 1: grid 1 (second level, leader L1) with grid 11 (worker W11) and grid 12 (worker W12)
    community 2: grid 2 (second level) with grid 21 (worker W21)

Every third-level grid has one building with one dwelling, household, resident, visit, organisation, incident and
request. Beside them: an incident without a place, one in grid 21 that W11's account reported, and one of another
sub-district.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from access.accounts import NewAccount, add_account, add_token
from gis.database.connection import Database
from gis.database.migrate import upgrade

CODE = "990000001"
FIRST, SECOND = f"{CODE}001", f"{CODE}002"
ELSEWHERE = "990000002"
ALL = (120.50, 120.54)
#: a compound in each third-level grid, with one building: name and longitude; all lie at 31.29 N
COMPOUNDS = {"11": ("甲苑", 120.505), "12": ("乙苑", 120.515), "21": ("丙苑", 120.53)}
#: the tables whose rows depend on who asks
GUARDED = ("incident", "service_request", "visit", "resident", "household", "dwelling", "grid_worker", "organisation")
REPORTED = datetime(2026, 3, 1, 8, tzinfo=UTC)


@dataclass
class World:
    """Ids and secrets of the world by name."""

    database: Database
    grids: dict[str, int] = field(default_factory=dict)
    workers: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)


#: account -> role; the name says which part of the world is theirs
ACCOUNTS = {
    "duty": "duty_officer",
    "commander": "commander",
    "operator": "operator",
    "worker-11": "grid_worker",
    "worker-21": "grid_worker",
    "leader-1": "grid_leader",
    "community-2": "community_leader",
    "street": "street_leader",
    "auditor": "auditor",
    "wall": "wall",
}


def build_world(database: Database) -> World:
    """Fill the migrated, empty database."""
    world = World(database)
    with database.owner.begin() as connection:
        build_places(connection, world)
        build_accounts(connection, world)
        for name, community, grid in (("11", FIRST, "11"), ("12", FIRST, "12"), ("21", SECOND, "21")):
            build_building(connection, world, name, community=community, grid=grid)
        incident(connection, "nowhere", community=None, grid=None)
        incident(connection, "seen", community=SECOND, grid=world.grids["21"], reported_by=world.accounts["worker-11"])
        incident(connection, "far", community=f"{ELSEWHERE}001", grid=None, subdistrict=ELSEWHERE)
    return world


def outline(box: tuple[float, float] | None) -> str:
    """A rectangle between two longitudes; every area of the world has the same latitudes."""
    return "NULL" if box is None else f"ST_Multi(ST_MakeEnvelope({box[0]}, 31.28, {box[1]}, 31.30, 4326))"


def build_places(connection: Connection, world: World) -> None:
    connection.execute(text("SELECT support.ensure_months('base.incident', :at, :at)"), {"at": REPORTED})
    connection.execute(text("SELECT support.ensure_months('base.service_request', :at, :at)"), {"at": REPORTED})
    for code, box in ((CODE, ALL), (ELSEWHERE, None)):
        connection.execute(
            text(
                "INSERT INTO base.subdistrict (code, name, name_en, metric_srid, timezone, geom)"
                f" VALUES (:code, :code, :code, 4549, 'Asia/Shanghai', {outline(box)})"
            ),
            {"code": code},
        )
    for code, box in ((FIRST, (120.50, 120.52)), (SECOND, (120.52, 120.54))):
        connection.execute(
            text(
                "INSERT INTO base.community (code, subdistrict_code, feed, source_key, name, geom)"
                f" VALUES (:code, :here, 'boundaries', :code, :code, {outline(box)})"
            ),
            {"code": code, "here": CODE},
        )
    connection.execute(
        text(
            "INSERT INTO support.service_item (code, subdistrict_code, name, department)"
            " VALUES ('S001', :here, '高龄津贴申领', '民政')"
        ),
        {"here": CODE},
    )
    for name, tier, parent, community, box in (
        ("1", 2, None, FIRST, (120.50, 120.52)),
        ("11", 3, "1", FIRST, (120.50, 120.51)),
        ("12", 3, "1", FIRST, (120.51, 120.52)),
        ("2", 2, None, SECOND, (120.52, 120.54)),
        ("21", 3, "2", SECOND, (120.52, 120.54)),
    ):
        world.grids[name] = connection.scalar(
            text(
                "INSERT INTO base.work_grid (subdistrict_code, feed, source_key, code, name, grid_tier, parent_id,"
                " community_code, geom)"
                f" VALUES (:here, 'work_grids', :name, :name, :name, :tier, :parent, :community, {outline(box)})"
                " RETURNING id"
            ),
            {"here": CODE, "name": name, "tier": tier, "parent": world.grids.get(parent or ""), "community": community},
        )
    for name, post, grid, community in (
        ("W11", "grid_worker", "11", FIRST),
        ("W12", "grid_worker", "12", FIRST),
        ("L1", "grid_leader", "1", FIRST),
        ("W21", "grid_worker", "21", SECOND),
    ):
        world.workers[name] = connection.scalar(
            text(
                "INSERT INTO base.grid_worker (subdistrict_code, feed, source_key, name, post, community_code,"
                " work_grid_id)"
                " VALUES (:here, 'grid_workers', :name, :name, :post, :community, :grid) RETURNING id"
            ),
            {"here": CODE, "name": name, "post": post, "community": community, "grid": world.grids[grid]},
        )


def build_accounts(connection: Connection, world: World) -> None:
    now = datetime.now(tz=UTC)
    workers = {"worker-11": "W11", "worker-21": "W21", "leader-1": "L1"}
    for name, role in ACCOUNTS.items():
        account = NewAccount(
            name=name,
            role=role,
            title=f"post of {name}",
            subdistrict_code=CODE,
            community_codes=(SECOND,) if role == "community_leader" else (),
            grid_worker_id=world.workers[workers[name]] if name in workers else None,
        )
        world.accounts[name] = add_account(connection, account)
        world.tokens[name] = add_token(
            connection,
            world.accounts[name],
            kind="device" if role == "wall" else "api",
            now=now,
            lifetime=timedelta(days=1),
        )
        world.sessions[name] = str(
            connection.scalar(
                text("SELECT id FROM access.session WHERE account_id = :id"), {"id": world.accounts[name]}
            )
        )


def build_building(connection: Connection, world: World, name: str, *, community: str, grid: str) -> None:
    compound, lon = COMPOUNDS[name]
    values = {"here": CODE, "name": name, "community": community, "grid": world.grids[grid], "at": REPORTED}
    values |= {"compound": compound, "lon": lon}
    values["place"] = connection.scalar(
        text(
            "INSERT INTO base.place (subdistrict_code, feed, source_key, kind, name, point, community_code,"
            " work_grid_id)"
            " VALUES (:here, 'compounds', :name, 'compound', :compound, ST_SetSRID(ST_MakePoint(:lon, 31.29), 4326),"
            " :community, :grid) RETURNING id"
        ),
        values,
    )
    for statement in (
        "WITH building AS (INSERT INTO base.building (subdistrict_code, feed, source_key, place_id, number, geom,"
        " cell, community_code, work_grid_id)"
        " VALUES (:here, 'buildings', :name, :place, '1', ST_SetSRID(ST_MakePoint(:lon, 31.29), 4326), 1,"
        " :community, :grid) RETURNING id),"
        " dwelling AS (INSERT INTO base.dwelling (subdistrict_code, building_id, room, community_code, work_grid_id)"
        " SELECT :here, id, '101', :community, :grid FROM building RETURNING id),"
        " household AS (INSERT INTO base.household (subdistrict_code, feed, source_key, dwelling_id, community_code,"
        " work_grid_id)"
        " SELECT :here, 'residents', :name, id, :community, :grid FROM dwelling RETURNING id)"
        " INSERT INTO base.resident (subdistrict_code, feed, source_key, name, registration, household_id,"
        " community_code, work_grid_id)"
        " SELECT :here, 'residents', :name, 'nobody', 'registered', id, :community, :grid FROM household",
        "INSERT INTO base.visit (subdistrict_code, feed, source_key, kind, due_on, community_code, work_grid_id)"
        " VALUES (:here, 'visits', :name, '走访', '2026-03-02', :community, :grid)",
        "INSERT INTO base.organisation (subdistrict_code, feed, source_key, name, kind, community_code, work_grid_id)"
        " VALUES (:here, 'organisations', :name, :name, '企业', :community, :grid)",
        "INSERT INTO base.service_request (requested_at, subdistrict_code, feed, source_key, item_code, title,"
        " community_code, work_grid_id)"
        " VALUES (:at, :here, 'requests', :name, 'S001', 'a plea', :community, :grid)",
    ):
        connection.execute(text(statement), values)
    incident(connection, name, community=community, grid=world.grids[grid])


def incident(
    connection: Connection,
    key: str,
    *,
    community: str | None,
    grid: int | None,
    reported_by: int | None = None,
    subdistrict: str = CODE,
) -> None:
    connection.execute(
        text(
            "INSERT INTO base.incident (reported_at, subdistrict_code, feed, source_key, category, source,"
            " description, reported_by, community_code,"
            " work_grid_id) VALUES (:at, :here, 'incidents', :key, '城市管理', '网格上报', 'words of a person',"
            " :reported_by, :community, :grid)"
        ),
        {
            "at": REPORTED,
            "here": subdistrict,
            "key": key,
            "reported_by": reported_by,
            "community": community,
            "grid": grid,
        },
    )


@pytest.fixture(scope="session")
def world(database: Database) -> Iterator[World]:
    """The little world, in a database of its own; what is written to it stays for the run."""
    with database.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("DROP DATABASE IF EXISTS fengqiao_world WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE fengqiao_world"))
    own = Database(owner_url=database.owner_url.set(database="fengqiao_world"), secrets=database.secrets)
    try:
        upgrade(own)
        yield build_world(own)
    finally:
        own.dispose()
