"""What tests share: a real PostGIS in a folder of its own, migrated once per run."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gis.database.connection import Database, running_database
from gis.database.migrate import upgrade
from gis.settings import DatabaseSettings
from tests.casework.world import trial
from tests.loaded import loaded, serving
from tests.world import world

__all__ = ["loaded", "serving", "trial", "world"]


@pytest.fixture(scope="session")
def var_dir() -> Iterator[Path]:
    """An installation's folder of this run, outside the checkout so that the database's user can get there."""
    folder = Path(tempfile.mkdtemp(prefix="fengqiao-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def database_settings(var_dir: Path) -> DatabaseSettings:
    return DatabaseSettings(var_dir=var_dir, database_url=None)


@pytest.fixture(scope="session")
def database(database_settings: DatabaseSettings) -> Iterator[Database]:
    """The migrated, empty geodatabase. Tests that write use keys of their own, or roll back."""
    with running_database(database_settings) as database:
        upgrade(database)
        yield database


@pytest.fixture
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands speak English: an installation's language is Chinese unless it says otherwise."""
    monkeypatch.setenv("FENGQIAO_LANGUAGE", "en")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: what they write is of today, and the fixed days of the other tests lie before it."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
