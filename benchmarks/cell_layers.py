"""How long the cells of a layer take, beside `geopandas.read_postgis` of the same.

Runs on the loaded database of this installation (FENGQIAO_DATABASE_URL or FENGQIAO_VAR_DIR); target: p95 <= 50 ms.
"""

import sys
import time
from collections.abc import Callable, Sequence

import geopandas
import numpy as np
from sqlalchemy import Connection, text

from gis.database.connection import running_database
from gis.settings import DatabaseSettings
from layers.values import select_cell_values, served_subdistrict

MEASURES = "cells of a layer: p95 of the query beside geopandas"

ROUNDS = 40
LAYERS = ("population", "demand", "incidents", "incidents_30_days", "reach_fire_station", "elevation")
TARGET_MS = 50.0


def spread_ms(call: Callable[[], object]) -> tuple[float, float]:
    """Return the median and the 95th percentile of `ROUNDS` calls after two to warm up [ms]."""
    for _ in range(2):
        call()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        times.append(1000.0 * (time.perf_counter() - start))
    return float(np.median(times)), float(np.quantile(times, 0.95))


def peer(connection: Connection, code: str) -> object:
    """The usual way: cells with their shape and value straight into geopandas."""
    statement = text(
        "SELECT to_hex(cell.cell) AS cell, facts.total, cell.geom FROM topic.population_published AS facts"
        " JOIN base.cell ON cell.cell = facts.cell AND cell.subdistrict_code = facts.subdistrict_code"
        " WHERE facts.subdistrict_code = :code AND facts.resolution = 10"
    )
    return geopandas.read_postgis(statement, connection, params={"code": code})


def measure(connection: Connection, layers: Sequence[str] = LAYERS) -> int:
    """Measure and print some layers and the peer; returns how many missed the target."""
    missed = 0
    code = served_subdistrict(connection)
    for layer in layers:
        median, p95 = spread_ms(lambda layer=layer: select_cell_values(connection, layer, 10, code=code))  # type: ignore[misc]
        missed += p95 > TARGET_MS
        reached = "yes" if p95 <= TARGET_MS else "no"
        print(f"{layer:24s} median {median:6.1f} ms   p95 {p95:6.1f} ms   target {TARGET_MS:.0f} ms   {reached}")
    median, p95 = spread_ms(lambda: peer(connection, code))
    print(f"{'geopandas.read_postgis':24s} median {median:6.1f} ms   p95 {p95:6.1f} ms   (population with shapes)")
    return missed


def main() -> int:
    """Measure the installation; returns 1 when a layer misses its target."""
    with running_database(DatabaseSettings()) as database, database.wall.connect() as connection:
        return 1 if measure(connection) else 0


if __name__ == "__main__":
    sys.exit(main())
