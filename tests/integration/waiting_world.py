"""The little world with an estate of three zones, a road with two crossings, and reports that wait for a person.

玉兰花园 in community 1: 北区 (grid 11), 西区 (grid 11), 南区 (grid 12), each with building 12
长街 crosses 短巷 in grid 11 and 横路 in grid 21
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Connection, text

from etl.delivery import FeedSource
from etl.feed import Context
from etl.feeds import FEEDS, GAZETTEER_FEEDS
from etl.ledger import FeedResult, Opening, gazetteer_version
from etl.pipeline import load_rows, versions
from etl.reading import RawRows
from etl.work import HereExecutor, PlacedBy, Workers
from gis.cells import index_points
from gis.database.connection import Database
from gis.database.migrate import upgrade
from gis.district import select_district
from gis.identity import identity_keys
from gis.placing import dated_gazetteer_of, territory_of
from tests.world import CODE, FIRST, World, build_world

#: zone -> point and work grid; of each zone the building 12
ZONES = {"北区": (120.506, 31.292, "11"), "西区": (120.503, 31.291, "11"), "南区": (120.514, 31.286, "12")}
CROSSINGS = {"短巷": (120.505, 31.295), "横路": (120.53, 31.295)}


def build_waiting_world(database: Database) -> World:
    """Fill the migrated, empty database."""
    world = build_world(database)
    with database.owner.begin() as connection:
        estate = place(connection, world, "E", "compound", "玉兰花园", 120.508, 31.290, counted=False)
        for name, (lon, lat, grid) in ZONES.items():
            zone = place(connection, world, name, "compound", f"玉兰花园{name}", lon, lat, grid=grid, parent=estate)
            building(connection, world, zone, "12", lon, lat, grid=grid)
        long_street = place(connection, world, "长街", "road", "长街", 120.51, 31.295)
        for name, (lon, lat) in CROSSINGS.items():
            other = place(connection, world, name, "road", name, lon, lat)
            place(connection, world, f"J{name}", "junction", f"长街{name}", lon, lat, roads=[long_street, other])
    return world


def place(
    connection: Connection,
    world: World,
    key: str,
    kind: str,
    name: str,
    lon: float,
    lat: float,
    *,
    grid: str | None = None,
    parent: int | None = None,
    roads: list[int] | None = None,
    counted: bool = True,
) -> int:
    return int(
        connection.execute(
            text(
                "INSERT INTO base.place (subdistrict_code, feed, source_key, batch_id, kind, name, point, parent_id,"
                " roads, counted, community_code, work_grid_id) VALUES (:here, 'places', :key, 0, :kind, :name,"
                " ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :parent, :roads, :counted, :community, :grid)"
                " RETURNING id"
            ),
            {
                "here": CODE, "key": key, "kind": kind, "name": name, "lon": lon, "lat": lat, "parent": parent,
                "roads": roads, "counted": counted, "community": FIRST, "grid": world.grids[grid] if grid else None,
            },
        ).scalar_one()
    )  # fmt: skip


def building(
    connection: Connection, world: World, place_id: int, number: str, lon: float, lat: float, *, grid: str
) -> None:
    connection.execute(
        text(
            "INSERT INTO base.building (subdistrict_code, feed, source_key, place_id, number, units, floors,"
            " rooms_per_floor, geom, cell, community_code, work_grid_id) VALUES (:here, 'buildings', :key, :place,"
            " :number, 3, 6, 2, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :cell, :community, :grid)"
        ),
        {
            "here": CODE, "key": f"{place_id}-{number}", "place": place_id, "number": number, "lon": lon, "lat": lat,
            "cell": int(index_points([lon], [lat])[0]), "community": FIRST, "grid": world.grids[grid],
        },
    )  # fmt: skip


def own_database(database: Database, name: str) -> Iterator[World]:
    """A database of its own with the world that waits."""
    with database.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    own = Database(owner_url=database.owner_url.set(database=name), secrets=database.secrets)
    try:
        upgrade(own)
        yield build_waiting_world(own)
    finally:
        own.dispose()


def deliver(world: World, rows: list[dict[str, str]], *, now: datetime, actor: str = "test") -> FeedResult:
    """Load rows of incidents as a file would bring them: the whole way from check to ledger, as the owner."""
    feed = FEEDS["incidents"]
    usual = {"category": "城市管理", "source": "12345热线", "reported_at": "2026-03-05 09:30:00"}
    texts = [{heading: {**usual, **row}.get(name, "") for name, heading in feed.headings.items()} for row in rows]
    frame = pd.DataFrame(texts, dtype="str")
    with world.database.owner.begin() as connection:
        district = select_district(connection, code=CODE)
        state = gazetteer_version(connection, subdistrict_code=CODE, feeds=GAZETTEER_FEEDS)
        source = FeedSource("incidents", Path("incidents.csv"), crs="EPSG:4326", key_pattern=r"\S+")
        context = Context(district, source, territory_of(connection, CODE), identity_keys(world.database.secrets), now)
        opening = Opening(CODE, "incidents", "incidents.csv", now.isoformat(), actor, versions(state), now)
        placed_by = PlacedBy(dated_gazetteer_of(connection, CODE), state, now.astimezone(district.zone).date())
        return load_rows(
            connection, feed=feed, raw=RawRows(frame, first_row=2), context=context, opening=opening,
            workers=Workers(HereExecutor()), placed_by=placed_by,
        )  # fmt: skip


def deliver_civic(world: World, key: str, address: str) -> None:
    """An activity, a petition and an organisation that wait, all with one address."""
    with world.database.owner.begin() as connection:
        for table, feed, columns, values in (
            ("activity", "activities", "name, starts_at", ":key || '活动', now() + interval '1 day'"),
            ("petition", "petitions", "title, received_at", ":key || '信访', now() - interval '1 day'"),
            ("organisation", "merchants", "name, kind", ":key || '单位', '商户'"),
        ):
            connection.execute(
                text(
                    f"INSERT INTO base.{table} (subdistrict_code, feed, source_key, address, community_code, {columns})"
                    f" VALUES (:here, :feed, :key, :address, :community, {values})"
                ),
                {"here": CODE, "feed": feed, "key": key, "address": address, "community": FIRST},
            )


def incident_row(world: World, key: str) -> Any:
    """What is stored of one incident."""
    with world.database.owner.connect() as connection:
        return connection.execute(
            text(
                "SELECT id, placement, match_level, confidence, ST_X(geom) AS lon, ST_Y(geom) AS lat, place_id,"
                " building_id, work_grid_id, community_code, located_by, status, address FROM base.incident"
                " WHERE subdistrict_code = :code AND source_key = :key"
            ),
            {"code": CODE, "key": key},
        ).one()


def count(world: World, statement: str, **values: Any) -> int:
    with world.database.owner.connect() as connection:
        return int(connection.execute(text(statement), values).scalar_one())
