"""A backup holds everything and comes back whole, into an empty installation only."""

import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from gis.database.backup import read_manifest, restore_backup, unpack_folders, unpack_secrets, write_backup
from gis.database.connection import Database, running_database
from gis.database.migrate import upgrade
from gis.errors import BadInput, Conflict
from gis.settings import DatabaseSettings

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)

pytestmark = pytest.mark.database


def add_subdistrict(database: Database) -> None:
    with database.owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO base.subdistrict (code, name, name_en, metric_srid, timezone)"
                " VALUES ('999999001', '试验街道', 'Trial', 4549, 'Asia/Shanghai')"
            )
        )


def test_backup_comes_back_whole_in_an_empty_installation_and_never_over_data(tmp_path_factory):
    here, there = (Path(tmp_path_factory.mktemp(name)) for name in ("here", "there"))
    for folder in (here, there, here.parent, here.parent.parent):
        folder.chmod(0o755)
    archive = here / "fengqiao.backup"
    with running_database(DatabaseSettings(var_dir=here, database_url=None)) as database:
        upgrade(database)
        add_subdistrict(database)
        (here / "photos" / "ab").mkdir(parents=True)
        (here / "photos" / "ab" / "ab12.jpg").write_bytes(b"a photo")
        write_backup(database, here, archive, now=NOW)
        with pytest.raises(Conflict, match="exists already"):
            write_backup(database, here, archive, now=NOW)
        with pytest.raises(Conflict, match="holds a sub-district"):
            restore_backup(database, archive)

    assert read_manifest(archive).made_at == "2026-11-23T06:00:00+00:00"
    assert archive.stat().st_mode & 0o077 == 0

    with running_database(DatabaseSettings(var_dir=there, database_url=None)) as database:
        upgrade(database)
        restore_backup(database, archive)
        unpack_secrets(archive, there)
        unpack_folders(archive, there)
        upgrade(database)
        with database.owner.connect() as connection:
            assert connection.scalars(text("SELECT name FROM base.subdistrict")).all() == ["试验街道"]
    assert (there / "photos" / "ab" / "ab12.jpg").read_bytes() == b"a photo"


def test_an_archive_that_would_write_elsewhere_is_refused(tmp_path):
    source = tmp_path / "x.backup"
    with tarfile.open(source, "w") as archive:
        for name in ("manifest.json", "secrets.json", "database.dump", "../elsewhere"):
            archive.addfile(tarfile.TarInfo(name))

    with pytest.raises(BadInput, match=r"it holds \.\./elsewhere"):
        read_manifest(source)


def test_links_and_paths_that_lead_out_are_not_unpacked(tmp_path):
    source, there = tmp_path / "x.backup", tmp_path / "there"
    link = tarfile.TarInfo("photos/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc"
    with tarfile.open(source, "w") as archive:
        for name in ("manifest.json", "secrets.json", "database.dump", "photos/../../elsewhere"):
            archive.addfile(tarfile.TarInfo(name))
        archive.addfile(link)
        archive.addfile(tarfile.TarInfo("photos/ab.jpg"))

    unpack_folders(source, there)

    assert sorted(path.name for path in tmp_path.rglob("*")) == ["ab.jpg", "photos", "there", "x.backup"]


@pytest.mark.parametrize("content", [b"", b"rubbish" * 100, bytes(2048)], ids=["empty", "rubbish", "zeros"])
def test_what_is_no_backup_is_refused_in_a_sentence(tmp_path, content):
    source = tmp_path / "x.backup"
    source.write_bytes(content)

    with pytest.raises(BadInput, match="is not a backup"):
        read_manifest(source)


def test_a_missing_backup_is_named(tmp_path):
    with pytest.raises(BadInput, match=r"gone\.backup: no such file"):
        read_manifest(tmp_path / "gone.backup")
