"""What a killed load runs: a process of its own, forked from a server that has imported everything already."""

from datetime import UTC, datetime
from multiprocessing.synchronize import Event
from pathlib import Path

from sqlalchemy import URL

from etl.load import load_folder
from gis.database.connection import Database
from gis.database.secrets import read_or_make_secrets
from gis.geocode.warm import main as warm

NOW = datetime(2026, 4, 2, tzinfo=UTC)
#: the files whose loading is killed
FILES = ("residents.csv", "incidents.csv")
# the server of processes imports this module once; what it has compiled, every load forked from it has
warm()


def run(url: str, var_dir: str, folder: str, begun: Event) -> None:
    """Load the files of a delivery into the database at `url`; tells when it begins."""
    from sqlalchemy import make_url

    address: URL = make_url(url)
    database = Database(owner_url=address, secrets=read_or_make_secrets(Path(var_dir)))
    begun.set()
    load_folder(database, Path(folder), actor="killed", now=NOW, only=FILES)
