"""Tiles a second: ours against tipg's on the same rows, both through ASGI without a network between.

Same machine, same table (`open.population_cells`), same addresses,
one after the other. Ours draws every tile anew here (the
server keeps bodies ready and answers from them until the facts change); tipg draws every time.
"""

import asyncio
import math
import sys
import time
from collections.abc import Awaitable, Callable

import httpx
from sqlalchemy import text

from dashboard.ogc import OpenCollections
from gis.database.connection import running_database
from gis.settings import DatabaseSettings
from layers.catalogue import catalogue
from layers.tiles import TileAddress, compressed, select_tile
from layers.values import served_subdistrict

MEASURES = "vector tiles a second, beside tipg on the same rows"

ROUNDS = 5
ZOOMS = (12, 13, 14)

Ask = Callable[[TileAddress], Awaitable[object]]


def addresses(west: float, south: float, east: float, north: float) -> list[TileAddress]:
    """Every tile of the zooms that meets a box [deg]."""
    found = []
    for z in ZOOMS:
        left, top = tile_at(west, north, z)
        right, bottom = tile_at(east, south, z)
        found += [TileAddress(z, x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]
    return found


def tile_at(lon: float, lat: float, z: int) -> tuple[int, int]:
    side = 2**z
    return int((lon + 180) / 360 * side), int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)


async def per_second(ask: Ask, wanted: list[TileAddress]) -> float:
    """Return how many tiles a second come, one after the other."""
    await ask(wanted[0])
    start = time.perf_counter()
    for _ in range(ROUNDS):
        for address in wanted:
            await ask(address)
    return ROUNDS * len(wanted) / (time.perf_counter() - start)


async def measure() -> int:
    with running_database(DatabaseSettings()) as database:
        with database.wall.connect() as connection:
            code = served_subdistrict(connection)
            box = connection.execute(
                text(
                    "SELECT ST_XMin(geom), ST_YMin(geom), ST_XMax(geom), ST_YMax(geom) FROM"
                    " base.subdistrict WHERE code = :code"
                ),
                {"code": code},
            ).one()
            wanted = addresses(*box)
            layer = catalogue().layer("population")

            async def draw(address: TileAddress) -> object:
                return compressed(select_tile(connection, layer, address, code=code))

            ours = await per_second(draw, wanted)
        open_data = OpenCollections(database.conninfo(database.open_url))
        transport = httpx.ASGITransport(app=open_data)
        async with httpx.AsyncClient(transport=transport, base_url="http://bench") as client:

            async def ask_tipg(address: TileAddress) -> object:
                path = f"/collections/open.population_cells/tiles/WebMercatorQuad/{address.z}/{address.x}/{address.y}"
                answer = await client.get(path)
                answer.raise_for_status()
                return answer.content

            theirs = await per_second(ask_tipg, wanted)
        await open_data.close()
    print(f"{len(wanted)} addresses of zooms {ZOOMS}, {ROUNDS} rounds")
    print(f"ours, drawn anew   {ours:8.1f} tiles/s")
    print(f"tipg               {theirs:8.1f} tiles/s")
    return 0


def main() -> int:
    """Measure and print."""
    return asyncio.run(measure())


if __name__ == "__main__":
    sys.exit(main())
