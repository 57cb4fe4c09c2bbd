"""Write the whole installation into one file, and bring it back.

The archive is a tar of PostgreSQL's own custom-format dump, the secrets (without whose keys identity numbers are lost),
the folders that the database's rows point into, and a manifest. It holds personal data and keys: keep it as you keep
the keys.
"""

import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from gis.database.connection import Database
from gis.database.embedded import find_binaries
from gis.database.migrate import known_versions, prepare_roles, schema_version
from gis.errors import BadInput, Conflict, Unavailable
from gis.sentences import Sentence

FORMAT = 1
MEMBERS = ("manifest.json", "secrets.json", "database.dump")
#: folders of the var folder that belong to the data: photos of cases, delivered files as they came, the authority that
#: phones trust
FOLDERS = ("photos", "deliveries", "certificates")


@dataclass(frozen=True)
class Manifest:
    """What an archive says of itself."""

    format: int
    made_at: str
    schema_version: str


def write_backup(database: Database, var_dir: Path, target: Path, *, now: datetime) -> Manifest:
    """Write a backup to `target`; the file appears whole or not at all, readable by its owner only."""
    if target.exists():
        raise Conflict("{target} exists already; name another file", target=target)
    with database.owner.connect() as connection:
        manifest = Manifest(FORMAT, now.isoformat(timespec="seconds"), str(schema_version(connection)))
    draft = target.with_name(target.name + ".part")
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        dump = Path(folder) / "database.dump"
        run_program("pg_dump", database, "--format=custom", "--no-owner", f"--file={dump}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w") as archive:
            described = json.dumps(manifest.__dict__).encode()
            entry = tarfile.TarInfo("manifest.json")
            entry.size = len(described)
            archive.addfile(entry, io.BytesIO(described))
            archive.add(var_dir / "secrets.json", "secrets.json")
            archive.add(dump, "database.dump")
            for name in FOLDERS:
                if (var_dir / name).is_dir():
                    archive.add(var_dir / name, name)
    draft.replace(target)
    return manifest


def read_manifest(source: Path) -> Manifest:
    """Read what the archive says of itself.

    Raises
    ------
    BadInput
        If the file is no backup of ours, is cut short, or comes from a newer program.
    """
    try:
        with tarfile.open(source) as archive:
            names = archive.getnames()
            others = [name for name in names[len(MEMBERS) :] if name.split("/")[0] not in FOLDERS]
            if tuple(names[: len(MEMBERS)]) != MEMBERS or others:
                raise BadInput(
                    "{source} is not a backup: it holds {held}",
                    source=source,
                    held=(others or names)[:5] or Sentence("nothing"),
                )
            member = archive.extractfile("manifest.json")
            if member is None:
                raise BadInput("{source} is not a backup: its manifest is no file", source=source)
            manifest = Manifest(**json.loads(member.read()))
    except FileNotFoundError:
        raise BadInput("{source}: no such file", source=source) from None
    except (tarfile.TarError, OSError, ValueError, TypeError) as fault:
        raise BadInput("{source} is not a backup, or was cut short ({fault})", source=source, fault=fault) from fault
    if manifest.format != FORMAT or manifest.schema_version not in known_versions():
        raise BadInput(
            "{source} was made by a newer program (schema {schema_version}); update the program first",
            source=source,
            schema_version=manifest.schema_version,
        )
    return manifest


def unpack_secrets(source: Path, var_dir: Path) -> None:
    """Put the backup's keys in place; refused when other keys are there, since records would become unreadable."""
    secrets = read_member(source, "secrets.json")
    path = var_dir / "secrets.json"
    if path.exists():
        here, there = json.loads(path.read_bytes()), json.loads(secrets)
        if here["identity_cipher_key"] == there["identity_cipher_key"]:
            return
        # the passwords of the server that runs here stay; only the keys of the data come from the backup
        there = {**here, **{name: there[name] for name in ("identity_hash_key", "identity_cipher_key")}}
        secrets = json.dumps(there).encode()
    var_dir.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(secrets)
    draft.replace(path)


def unpack_folders(source: Path, var_dir: Path) -> None:
    """Put the files the data point to in place; one that is there already stays as it is."""
    with tarfile.open(source) as archive:
        for member in archive.getmembers()[len(MEMBERS) :]:
            target = (var_dir / member.name).resolve()
            # links and paths that lead out of the folder are nothing a backup holds; Python before 3.11.4 takes them
            if member.isfile() and target.is_relative_to(var_dir.resolve()) and not target.exists():
                unpack_file(archive, member, target)


def unpack_file(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    """Write one file of a backup, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.draft")
    content = archive.extractfile(member)
    assert content is not None
    with content, draft.open("wb") as file:
        shutil.copyfileobj(content, file)
    draft.chmod(member.mode & 0o777)
    draft.replace(target)


def restore_backup(database: Database, source: Path) -> None:
    """Load the dump into an empty database, in one transaction.

    Raises
    ------
    Conflict
        If the database holds a sub-district already; nothing is overwritten.
    """
    with database.owner.begin() as connection:
        if schema_version(connection) is not None:
            loaded = connection.scalar(text("SELECT count(*) FROM base.subdistrict"))
            if loaded:
                raise Conflict(
                    "the database holds a sub-district already; restore into an empty installation (another "
                    "FENGQIAO_VAR_DIR)"
                )
            # an empty schema of ours is in the way of the dump's own
            for schema in ("base", "topic", "support", "casework", "alerting", "access", "open", "jobs"):
                connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
        prepare_roles(connection, database)
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / "database.dump"
        with tarfile.open(source) as archive, dump.open("wb") as file:
            member = archive.extractfile("database.dump")
            if member is None:
                raise BadInput("{source} is not a backup: its dump is no file", source=source)
            shutil.copyfileobj(member, file)
        run_program(
            "pg_restore",
            database,
            "--no-owner",
            "--single-transaction",
            "--exit-on-error",
            f"--dbname={database.owner_url.database}",
            str(dump),
        )
    with database.owner.begin() as connection:
        connection.execute(text("ANALYZE"))


def read_member(source: Path, name: str) -> bytes:
    with tarfile.open(source) as archive:
        member = archive.extractfile(name)
        if member is None:
            raise BadInput("{source} is not a backup: {name} is no file", source=source, name=name)
        return member.read()


def run_program(program: str, database: Database, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; the password travels in the environment, where other users cannot see it."""
    url = database.owner_url
    environment = {
        **os.environ,
        "PGUSER": url.username or "",
        "PGPASSWORD": str(url.password or ""),
        "PGDATABASE": url.database or "",
    }
    host = url.host or url.query.get("host")
    port = url.port or url.query.get("port")
    environment |= {"PGHOST": str(host)} if host else {}
    environment |= {"PGPORT": str(port)} if port else {}
    done = subprocess.run(
        [find_binaries().path(program), *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Unavailable(
            "{program} failed: {reason}",
            program=program,
            reason=done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode,
        )
