"""How fast a delivery loads, beside plain COPY of the very rows it stored and geopandas' to_postgis of the same table.

COPY and to_postgis neither check nor place nor keep a ledger, and write into a bare table without keys or indexes: they
are the floor, not an alternative. Run apart: ``python -m benchmarks.load_throughput [SCALE]``.
"""

import io
import resource
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import geopandas as gpd
import psycopg
from sqlalchemy import text

from etl.load import load_folder
from etl.sample.delivery import write_sample
from gis.database.connection import Database, running_database
from gis.database.migrate import upgrade
from gis.settings import DatabaseSettings

MEASURES = "load throughput of the sample against plain COPY and geopandas to_postgis"
TABLES = {"residents": "base.resident", "incidents": "base.incident", "requests": "base.service_request"}


def copy_rows_per_s(database: Database, table: str) -> float:
    """Rows a second of COPY into a bare table of the same columns."""
    buffer = io.BytesIO()
    driver = psycopg.connect(database.conninfo())
    try:
        with driver.cursor() as cursor:
            with cursor.copy(f"COPY (SELECT * FROM {table}) TO STDOUT (FORMAT csv)") as source:
                for piece in source:
                    buffer.write(piece)
            cursor.execute(f"CREATE TEMPORARY TABLE bare AS SELECT * FROM {table} LIMIT 0")
            started = perf_counter()
            with cursor.copy("COPY bare FROM STDIN (FORMAT csv)") as target:
                target.write(buffer.getbuffer())
            seconds = perf_counter() - started
            counted = cursor.execute("SELECT count(*) FROM bare").fetchone()
            return float(counted[0] if counted else 0) / seconds
    finally:
        driver.rollback()
        driver.close()


def to_postgis_rows_per_s(database: Database, table: str) -> float:
    """Rows a second of geopandas' to_postgis into a table of its own."""
    with database.owner.begin() as connection:
        frame = gpd.read_postgis(
            text(f"SELECT source_key, cell, community_code, match_level, geom FROM {table} WHERE geom IS NOT NULL"),
            connection,
            crs=4326,
        )
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS bench"))
        started = perf_counter()
        frame.to_postgis("peer", connection, schema="bench", if_exists="replace")
        seconds = perf_counter() - started
        connection.execute(text("DROP SCHEMA bench CASCADE"))
    return len(frame) / seconds


def main(scale: float) -> None:
    """Make, load, load again, and print the table."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="fengqiao-bench-") as name:
        home = Path(name)
        home.chmod(0o755)
        write_sample(home / "sample", seed=1, scale=scale, until=(now - timedelta(days=1)).date())
        with running_database(DatabaseSettings(var_dir=home / "var", database_url=None)) as database:
            upgrade(database)
            started = perf_counter()
            results = {r.feed: r for r in load_folder(database, home / "sample", actor="bench", now=now)}
            first_s = perf_counter() - started
            started = perf_counter()
            load_folder(database, home / "sample", actor="bench", now=now)
            again_s = perf_counter() - started
            print(f"{'feed':<12}{'rows':>10}{'load rows/s':>14}{'COPY rows/s':>14}{'to_postgis':>14}")
            for feed, table in TABLES.items():
                result = results[feed]
                print(
                    f"{feed:<12}{result.read:>10,}{result.read / result.seconds:>14,.0f}"
                    f"{copy_rows_per_s(database, table):>14,.0f}{to_postgis_rows_per_s(database, table):>14,.0f}"
                )
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"whole delivery {first_s:.1f} s, the same again {again_s:.1f} s, peak of this process {peak_mb:,.0f} MB")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.1)
