"""Whether a first load costs ten times as much for ten times the rows.

Residents and incidents of 0.1 and 1 million rows, each into an empty installation; figures per row, so that linear
growth shows as equal figures. Ten million need 12 GB of memory, 25 GB of disk and most of an hour, so they are asked
for by name: ``python -m benchmarks.growth 100000 1000000 10000000``.
"""

import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.bulk_load import EVENTS, SCALE, loaded, write_delivery
from benchmarks.many_rows import write_incidents, write_residents
from etl.load import load_folder
from etl.sample.delivery import write_sample
from gis.database.connection import running_database
from gis.database.migrate import upgrade
from gis.settings import DatabaseSettings

MEASURES = "growth of a first load with its rows"
SIZES = (100_000, 1_000_000)
WRITERS = {"residents": write_residents, "incidents": write_incidents}


def measure(home: Path, rows: int, *, now: datetime) -> dict[str, tuple[float, float]]:
    """Load so many rows of each feed into an installation of their own; microseconds of clock and processor a row."""
    taken = {}
    with running_database(DatabaseSettings(var_dir=home / "var", database_url=None)) as database:
        upgrade(database)
        load_folder(database, home / "places", actor="bench", now=now)
        for feed, write in WRITERS.items():
            write(home / "sample", home / feed / f"{feed}.csv", rows)
            took, _ = loaded(database, home, feed, now)
            taken[feed] = (took.wall / rows * 1e6, took.cpu / rows * 1e6)
    return taken


def main(sizes: list[int]) -> None:
    """Measure every size and print the table."""
    now = datetime.now(UTC)
    print(f"{'rows':>12}{'feed':>12}{'clock us/row':>16}{'processor us/row':>18}{'to the first':>14}")
    first: dict[str, float] = {}
    for rows in sizes:
        with tempfile.TemporaryDirectory(prefix="fengqiao-growth-") as name:
            home = Path(name)
            home.chmod(0o755)
            write_sample(home / "sample", seed=1, scale=SCALE, until=(now - timedelta(days=1)).date())
            write_delivery(home / "sample", home / "places", lambda feed: feed not in EVENTS)
            for feed in WRITERS:
                write_delivery(home / "sample", home / feed, lambda known, feed=feed: known == feed)  # type: ignore[misc]
            for feed, (wall, cpu) in measure(home, rows, now=now).items():
                ratio = cpu / first.setdefault(feed, cpu)
                print(f"{rows:>12,}{feed:>12}{wall:>16.1f}{cpu:>18.1f}{ratio:>14.2f}", flush=True)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(SIZES))
