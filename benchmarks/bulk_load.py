"""A first load of many residents and incidents, beside what is usual without any check; and the same files again.

    python -m benchmarks.bulk_load [ROWS]

Peers: COPY of the very rows that were stored into tables with the same indexes, constraints and references; geopandas
read → sjoin → to_postgis → the same indexes; polars and polars-h3 → COPY into the partitioned table → facts per cell.
Seconds of the clock are of this machine at this moment, seconds of the processor (ours, of worker processes, of the
database) say more when others use it. Read the ratios.
"""

import io
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any

import geopandas as gpd
import pandas as pd
import polars as pl
import polars_h3
import psycopg
import yaml
from psycopg import sql
from sqlalchemy import text

from benchmarks import cell_layers
from benchmarks.many_rows import write_incidents, write_residents
from etl.load import load_folder
from etl.sample.delivery import write_sample
from gis.database.connection import Database, running_database
from gis.database.embedded import processes_in
from gis.database.migrate import upgrade
from gis.settings import DatabaseSettings
from layers import facts

MEASURES = "a first load of many rows beside COPY, geopandas and polars-h3; the same again; facts kept up to date"
#: of the sample that gives places and the forms of rows
SCALE = 0.2
EVENTS = ("residents", "incidents", "requests", "visits")
CHANGED_ROWS = 1_000
#: a heading whose text may be any
FREE_TEXT = {"residents": "姓名", "incidents": "事件标题"}


@dataclass
class Took:
    """Seconds of the clock and of the processor: this process, its workers, the database."""

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def took(database: Database, home: Path) -> Iterator[Took]:
    """Measure what stands inside."""

    def cpu() -> float:
        done = os.times()
        return process_time() + done.children_user + done.children_system + database_seconds(home)

    result, wall, before = Took(), perf_counter(), cpu()
    yield result
    result.wall, result.cpu = perf_counter() - wall, cpu() - before


def database_seconds(home: Path) -> float:
    """Processor seconds of every process of the embedded server, ended ones included."""
    ticks = 0
    for process in processes_in(next((home / "var").rglob("PG_VERSION")).parent):
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def write_delivery(sample: Path, folder: Path, feeds: Callable[[str], bool]) -> None:
    """Copy some feeds of a delivery into a folder of their own."""
    folder.mkdir()
    stated = yaml.safe_load((sample / "district.yml").read_text(encoding="utf-8"))
    stated["feeds"] = [feed for feed in stated["feeds"] if feeds(feed["feed"])]
    for feed in stated["feeds"]:
        shutil.copy(sample / feed["file"], folder / feed["file"])
    (folder / "district.yml").write_text(yaml.safe_dump(stated, allow_unicode=True), encoding="utf-8")


def copy_again(database: Database, home: Path, table: str) -> tuple[int, Took]:
    """COPY a table's rows into one like it, with indexes, constraints, references and partitions; what it took."""
    driver = psycopg.connect(database.conninfo())
    schema, name = table.split(".")
    twin = sql.Identifier(schema, f"{name}_twin")
    try:
        with driver.cursor() as cursor:
            rows = io.BytesIO()
            with cursor.copy(f"COPY (SELECT * FROM {table}) TO STDOUT") as source:
                for piece in source:
                    rows.write(piece)
            parted = cursor.execute("SELECT pg_get_partkeydef(%s::regclass)", (table,)).fetchone()
            by = sql.SQL(" PARTITION BY " + parted[0] if parted and parted[0] else "")
            cursor.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL){}").format(twin, sql.SQL(table), by))
            for number, (part, bounds) in enumerate(
                cursor.execute(
                    "SELECT relname, pg_get_expr(relpartbound, pg_class.oid) FROM pg_inherits"
                    " JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = %s::regclass",
                    (table,),
                ).fetchall()
            ):
                part_twin = sql.Identifier(schema, f"{part}_t{number}")
                cursor.execute(sql.SQL("CREATE TABLE {} PARTITION OF {} " + bounds).format(part_twin, twin))
            for (definition,) in cursor.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'",
                (table,),
            ).fetchall():
                cursor.execute(sql.SQL("ALTER TABLE {} ADD " + definition).format(twin))
            with took(database, home) as copying, cursor.copy(sql.SQL("COPY {} FROM STDIN").format(twin)) as target:
                target.write(rows.getbuffer())
            counted = cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(twin)).fetchone()
            return int(counted[0] if counted else 0), copying
    finally:
        driver.rollback()
        driver.close()


def geopandas_way(database: Database, path: Path) -> int:
    """Read, place by building, join areas, write, index; nothing is checked, sealed, hashed or noted."""
    with database.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        doors = pd.read_sql(
            text(
                "SELECT place.name AS 小区, number AS 楼栋, ST_X(building.geom) AS lon, ST_Y(building.geom) AS lat,"
                " building.id AS building_id FROM base.building JOIN base.place ON place.id = building.place_id"
            ),
            connection,
        ).drop_duplicates(["小区", "楼栋"])
        areas = [
            gpd.read_postgis(text(f"SELECT {key}, geom FROM {table} WHERE geom IS NOT NULL"), connection)
            for key, table in (("code AS community", "base.community"), ("id AS grid", "base.work_grid"))
        ]
        rows = pd.read_csv(path, encoding="gb18030", dtype=str, keep_default_na=False).merge(
            doors, on=["小区", "楼栋"], how="left"
        )
        people = gpd.GeoDataFrame(
            rows, geometry=gpd.points_from_xy(rows.pop("lon"), rows.pop("lat")), crs=4326
        )  # fmt: skip
        for area in areas:
            joined = gpd.sjoin(people, area, how="left", predicate="intersects").drop(columns="index_right")
            people = joined[~joined.index.duplicated()]
        people.to_postgis("peer", connection, schema="public", if_exists="replace")
        connection.execute(text("ALTER TABLE public.peer ADD COLUMN id bigserial PRIMARY KEY"))
        for columns in ('"人员编号"', "building_id", "geometry", '"身份证号"', "grid"):
            connection.execute(text(f"CREATE INDEX ON public.peer ({columns})"))
        connection.execute(text("DROP TABLE public.peer"))
        return len(people)


def polars_way(path: Path) -> None:
    """Read with polars, cells by polars-h3, counts per cell; the rows are copied apart."""
    rows = pl.read_csv(path, infer_schema=False).with_columns(
        cell=polars_h3.latlng_to_cell(pl.col("纬度").cast(pl.Float64), pl.col("经度").cast(pl.Float64), 11)
    )
    rows.group_by("cell", "事件大类", pl.col("上报时间").str.slice(0, 10)).len().write_csv(io.BytesIO())


def change_one_and_shuffle(path: Path, encoding: str, heading: str) -> None:
    """Shuffle the lines of a file and change one free text."""
    head, *lines = path.read_bytes().splitlines()
    Random(1).shuffle(lines)
    fields = lines[len(lines) // 2].decode(encoding).split(",")
    fields[head.decode(encoding).split(",").index(heading)] += "改"
    lines[len(lines) // 2] = ",".join(fields).encode(encoding)
    path.write_bytes(b"\n".join([head, *lines, b""]))


def change_many(database: Database, table: str, columns: str) -> int:
    """Change `CHANGED_ROWS` rows drawn at random as a batch would; returns the batch's id."""
    with database.owner.begin() as connection:
        batch_id = connection.execute(
            text(
                "INSERT INTO support.batch (subdistrict_code, feed, source, actor, versions, started_at, finished_at)"
                " SELECT code, :feed, 'bench', 'bench', '{}', now(), now() FROM base.subdistrict RETURNING id"
            ),
            {"feed": table.split(".")[1] + "s"},
        ).scalar_one()
        connection.execute(
            text(
                f"UPDATE {table} SET {columns}, batch_id = :batch_id WHERE id IN"
                f" (SELECT id FROM {table} WHERE placement = 'placed' ORDER BY hashint8(id) LIMIT :rows)"
            ),
            {"batch_id": batch_id, "rows": CHANGED_ROWS},
        )
    return int(batch_id)


def line(what: str, ours: float, peer: float, *, least: float | None = None, most: float | None = None) -> None:
    """Print one row of the table: the ratio, its target where there is one, and whether it is reached."""
    ratio = ours / peer if peer else 0.0
    target = f">= {least}" if least is not None else f"<= {most}" if most is not None else ""
    reached = (least is None or ratio >= least) and (most is None or ratio <= most)
    verdict = ("yes" if reached else "no") if target else ""
    print(f"{what:<66}{ours:>12,.1f}{peer:>12,.1f}{ratio:>9.3f}   {target:<8}{verdict}", flush=True)


def main(rows: int) -> None:
    """Make the files, load them, run the peers and print the table."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="fengqiao-bulk-") as name:
        home = Path(name)
        home.chmod(0o755)
        write_sample(home / "sample", seed=1, scale=SCALE, until=(now - timedelta(days=1)).date())
        write_delivery(home / "sample", home / "places", lambda feed: feed not in EVENTS)
        for feed in ("residents", "incidents"):
            write_delivery(home / "sample", home / feed, lambda known, feed=feed: known == feed)  # type: ignore[misc]
        write_residents(home / "sample", home / "residents" / "residents.csv", rows)
        write_incidents(home / "sample", home / "incidents" / "incidents.csv", rows)
        with running_database(DatabaseSettings(var_dir=home / "var", database_url=None)) as database:
            upgrade(database)
            load_folder(database, home / "places", actor="bench", now=now)
            print(f"{rows:,} rows of each; rows a second, or seconds")
            print(f"{'':<66}{'ours':>12}{'peer':>12}{'ratio':>9}   target  reached")
            measure_residents(database, home, rows, now=now)
            measure_incidents(database, home, rows, now=now)
            print(f"cells of a layer with {rows:,} residents and incidents loaded")
            with database.wall.connect() as connection:
                cell_layers.measure(connection, ("population", "demand", "incidents", "incidents_30_days"))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak of this process, peers included {peak_mb:,.0f} MB")


def loaded(database: Database, home: Path, folder: str, now: datetime) -> tuple[Took, Any]:
    with took(database, home) as first:
        result = load_folder(database, home / folder, actor="bench", now=now)[0]
    return first, result


def measure_residents(database: Database, home: Path, rows: int, *, now: datetime) -> None:
    first, _ = loaded(database, home, "residents", now)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    stored, copying = copy_again(database, home, "base.resident")
    line("residents beside COPY into the same table [rows/s]", rows / first.wall, stored / copying.wall, least=0.5)
    line("  the same by processor time [rows/s of one core]", rows / first.cpu, stored / copying.cpu)
    with took(database, home) as peer:
        geopandas_way(database, home / "residents" / "residents.csv")
    line("residents beside geopandas [rows/s]", rows / first.wall, rows / peer.wall, least=1.5)
    line("  the same by processor time [rows/s of one core]", rows / first.cpu, rows / peer.cpu)
    again_and_shuffled(database, home, "residents", "gb18030", first, now=now)
    print(f"peak of the loading process {peak_mb:,.0f} MB, target <= 2048")
    kept_up_to_date(database, home, "base.resident", "birth_date = birth_date - 365", now=now)


def measure_incidents(database: Database, home: Path, rows: int, *, now: datetime) -> None:
    first, result = loaded(database, home, "incidents", now)
    with took(database, home) as counting:
        facts.refresh(database, now=now, changes=("incidents",))
    _, copying = copy_again(database, home, "base.incident")
    with took(database, home) as counted:
        polars_way(home / "incidents" / "incidents.csv")
    ours, peer = first.wall + counting.wall, copying.wall + counted.wall
    line("incidents to cells and facts beside polars-h3 and COPY [rows/s]", rows / ours, rows / peer, least=0.5)
    ours, peer = first.cpu + counting.cpu, copying.cpu + counted.cpu
    line("  the same by processor time [rows/s of one core]", rows / ours, rows / peer)
    print(f"  of {result.read:,} read {result.loaded:,} were loaded and {result.quarantined:,} quarantined")
    again_and_shuffled(database, home, "incidents", "utf-8", first, now=now)
    kept_up_to_date(database, home, "base.incident", "category = '应急指挥'", now=now)


def again_and_shuffled(database: Database, home: Path, feed: str, encoding: str, first: Took, *, now: datetime) -> None:
    again, _ = loaded(database, home, feed, now)
    line(f"{feed} again, beside the first load [s]", again.wall, first.wall, most=0.1)
    change_one_and_shuffle(home / feed / f"{feed}.csv", encoding, FREE_TEXT[feed])
    shuffled, result = loaded(database, home, feed, now)
    line(f"{feed} shuffled with one changed, {result.loaded} written [s]", shuffled.wall, first.wall, most=0.1)
    line("  the same by processor time [s]", shuffled.cpu, first.cpu)


def kept_up_to_date(database: Database, home: Path, table: str, change: str, *, now: datetime) -> None:
    feed = table.split(".")[1] + "s"
    # what the change brings up to date, counted anew: with persons go the rates of demand and the gaps of reach
    topics = ("incidents",) if feed == "incidents" else ("population", "demand")
    facts.refresh(database, now=now, changes=topics)
    with took(database, home) as whole:
        facts.refresh(database, now=now, changes=topics)
    batch_id = change_many(database, table, change)
    message = {"kind": "batch", "feed": feed, "batch_id": batch_id}
    with took(database, home) as some, database.owner.begin() as connection:
        facts.apply_change(connection, message, now=now)
    what = f"facts of {feed} after {CHANGED_ROWS:,} changed rows, beside all anew [s]"
    line(what, some.wall, whole.wall, most=0.02)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
