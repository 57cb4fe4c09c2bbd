"""The embedded PostgreSQL with PostGIS: found, made on first use, started, stopped.

One folder holds one server: ``<var>/postgres``. It listens on a local socket only, never on the network, and runs as
another user when we are root, since PostgreSQL refuses to be root. It outlives a killed parent; the next start
adopts it.
"""

import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.pq import PGconn, Ping

from gis.database.secrets import Secrets
from gis.errors import Conflict, Unavailable
from gis.sentences import Sentence

DATABASE = "fengqiao"
OWNER = "fengqiao_owner"
PORT = 5432  # names the socket file only; nothing listens on TCP
#: a recovery after a crash is waited for this long [s]
PATIENCE_S = 600

DEBIAN_COMMAND = "apt-get install -y postgresql-15 postgresql-15-postgis-3"
CONDA_COMMAND = "conda install -c conda-forge postgresql postgis"

#: fit for 2 cores and a few GiB; durability stays on
SERVER_SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "60",
    "shared_buffers": "512MB",
    "effective_cache_size": "3GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    # no replica follows the embedded server: what a transaction makes anew (a first load, its indexes) is written once
    # and not through the log as well
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "1",
    "jit": "off",
    "timezone": "'UTC'",
    "password_encryption": "'scram-sha-256'",
    "logging_collector": "off",
    "log_min_messages": "warning",
    "idle_in_transaction_session_timeout": "'5min'",
}


@dataclass(frozen=True)
class Binaries:
    """The programs of one PostgreSQL installation that has PostGIS."""

    folder: Path

    def path(self, program: str) -> str:
        return str(self.folder / program)


def find_binaries() -> Binaries:
    """Find PostgreSQL with PostGIS on PATH, in the conda environment, or at Debian's place (newest first).

    Raises
    ------
    Unavailable
        If there is none, with the exact command for Debian and for conda.
    """
    seen = [folder for folder in candidate_folders() if (folder / "initdb").exists() and (folder / "postgres").exists()]
    for folder in seen:
        if has_postgis(folder):
            return Binaries(folder)
    what = (
        Sentence("PostgreSQL in {folder} has no PostGIS", folder=seen[0])
        if seen
        else Sentence("no PostgreSQL with PostGIS found")
    )
    raise Unavailable(
        "{what}. On Debian: {debian_command} - with conda: {conda_command}",
        what=what,
        debian_command=DEBIAN_COMMAND,
        conda_command=CONDA_COMMAND,
    )


def candidate_folders() -> Iterator[Path]:
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent
    if conda := os.environ.get("CONDA_PREFIX"):
        yield Path(conda) / "bin"
    yield Path(sys.prefix) / "bin"
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -float(folder.parent.name))
    yield from versions


def has_postgis(folder: Path) -> bool:
    asked = (
        subprocess.run([folder / "pg_config", "--sharedir"], capture_output=True, text=True, check=False)
        if (folder / "pg_config").exists()
        else None
    )
    shares = [Path(asked.stdout.strip())] if asked and asked.returncode == 0 else []
    # Debian keeps pg_config in the -dev package; its share folder is named by version
    shares += [
        Path("/usr/share/postgresql") / folder.parent.name,
        folder.parent / "share",
        folder.parent / "share" / "postgresql",
    ]
    return any((share / "extension" / "postgis.control").exists() for share in shares)


@dataclass(frozen=True)
class Account:
    """The operating-system user PostgreSQL runs as."""

    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """Return the user to drop to when we are root (postgres, else nobody); None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise Unavailable("PostgreSQL may not run as root and there is no user postgres or nobody to drop to")


def data_home(var_dir: Path, account: Account | None) -> Path:
    """Return the folder of the server's data: under `var_dir`, or under /var/lib when `account` cannot get there."""
    home = (var_dir / "postgres").resolve()
    if account is None or all(may_enter(folder, account) for folder in home.parents if folder.exists()):
        return home
    return Path("/var/lib/fengqiao") / hashlib.sha256(str(home).encode()).hexdigest()[:12]


def may_enter(folder: Path, account: Account) -> bool:
    about = folder.stat()
    if about.st_uid == account.uid:
        return bool(about.st_mode & 0o100)
    if about.st_gid == account.gid:
        return bool(about.st_mode & 0o010)
    return bool(about.st_mode & 0o001)


class EmbeddedServer:
    """One embedded server in one folder.

    Parameters
    ----------
    var_dir
        The installation's folder; the data lies in ``var_dir/postgres``.
    secrets
        Gives the owner's password.
    """

    def __init__(self, var_dir: Path, secrets: Secrets) -> None:
        self.var_dir = var_dir
        self.secrets = secrets
        self.account = server_account()
        self.home = data_home(var_dir, self.account)
        self.data = self.home / "data"
        self.log = self.home / "server.log"
        # a socket path may have 107 bytes at most, so it does not lie under var
        digest = hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
        self.socket_folder = Path(tempfile.gettempdir()) / f"fengqiao-{digest}"

    @property
    def url(self) -> str:
        """The owner's connection string."""
        return f"postgresql://{OWNER}:{self.secrets.owner_password}@/{DATABASE}?host={self.socket_folder}&port={PORT}"

    def start(self) -> bool:
        """Start the server unless it runs; make it first if there is none. Returns whether we started it."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.own(self.home)
        with exclusive(self.home / "start.lock"):
            if self.runs():
                self.make_database()
                return False
            binaries = find_binaries()
            if not (self.data / "PG_VERSION").exists():
                self.initialise(binaries)
            self.forget_the_dead()
            self.make_socket_folder()
            try:
                self.run(
                    binaries, "pg_ctl", "start", "-w", "-t", "120", "-s", "-D", str(self.data), "-l", str(self.log)
                )
            except Unavailable as fault:
                raise Unavailable(
                    "PostgreSQL did not start: {reason}; see {log}",
                    reason=last_line(self.log) or fault,
                    log=self.log,
                ) from fault
            self.make_database()
            return True

    def stop(self) -> None:
        """Stop the server; data stays. Nothing happens when it does not run."""
        if (self.data / "postmaster.pid").exists():
            with contextlib.suppress(Unavailable):
                self.run(find_binaries(), "pg_ctl", "stop", "-w", "-s", "-m", "fast", "-D", str(self.data))

    def runs(self) -> bool:
        """Whether a server runs here; one that is coming up (a recovery takes minutes) or going down is waited for.

        Raises
        ------
        Unavailable
            If it is still at that after `PATIENCE_S`.
        """
        if not wait_until(lambda: self.ping() is not Ping.REJECT, seconds=PATIENCE_S):
            raise Unavailable(
                "PostgreSQL in {data} is still coming up; try again later, and see {log}", data=self.data, log=self.log
            )
        return self.ping() is Ping.OK

    def ping(self) -> Ping:
        """Ask without signing in: OK = it runs, whomever it lets in; REJECT = coming up or going down."""
        return Ping(PGconn.ping(f"host={self.socket_folder} port={PORT} connect_timeout=3".encode()))

    def initialise(self, binaries: Binaries) -> None:
        # an initialisation that was killed half way leaves a folder that nothing can use and that holds no data
        if self.data.exists():
            shutil.rmtree(self.data)
        with tempfile.NamedTemporaryFile("w", dir=self.home, prefix="pw", encoding="utf-8") as password:
            password.write(self.secrets.owner_password)
            password.flush()
            self.own(Path(password.name))
            self.run(
                binaries,
                "initdb",
                "-D",
                str(self.data),
                "-U",
                OWNER,
                "--pwfile",
                password.name,
                "-A",
                "scram-sha-256",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
            )
        settings = {**SERVER_SETTINGS, "unix_socket_directories": f"'{self.socket_folder}'", "port": str(PORT)}
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{key} = {value}\n" for key, value in settings.items())

    def make_database(self) -> None:
        try:
            with psycopg.connect(self.url.replace(f"/{DATABASE}?", "/postgres?"), autocommit=True) as connection:
                known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
                if known is None:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.OperationalError as fault:
            raise Unavailable(
                "PostgreSQL in {data} runs but refuses us: {fault}", data=self.data, fault=str(fault).splitlines()[0]
            ) from fault

    def forget_the_dead(self) -> None:
        """Clear what a killed server left: its backends, its pid file, its socket and the socket's lock.

        PostgreSQL would take any process that has the old number by now, even a dead one nobody has reaped, for itself.
        """
        for process in processes_in(self.data):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGQUIT)
        if not wait_until(lambda: not processes_in(self.data), seconds=10):
            raise Unavailable(
                "a PostgreSQL that does not answer still runs in {data}; end process {process}",
                data=self.data,
                process=processes_in(self.data)[0],
            )
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        socket = self.socket_folder / f".s.PGSQL.{PORT}"
        socket.unlink(missing_ok=True)
        socket.with_name(socket.name + ".lock").unlink(missing_ok=True)

    def make_socket_folder(self) -> None:
        self.socket_folder.mkdir(mode=0o755, exist_ok=True)
        expected = self.account.uid if self.account else os.geteuid()
        self.own(self.socket_folder)
        if self.socket_folder.stat().st_uid != expected:
            raise Conflict(
                "{socket_folder} belongs to somebody else; remove it and start again", socket_folder=self.socket_folder
            )

    def own(self, path: Path) -> None:
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)

    def run(self, binaries: Binaries, program: str, *arguments: str) -> None:
        options: dict[str, object] = {}
        if self.account:
            options = {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}
        # a session of its own: Ctrl-C in the terminal is ours to handle, PostgreSQL is stopped after the server
        done = subprocess.run(  # type: ignore[call-overload]
            [binaries.path(program), *arguments],
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            **options,
        )
        if done.returncode:
            raise Unavailable(
                "{program} failed: {reason}",
                program=program,
                reason=done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode,
            )


def processes_in(folder: Path) -> list[int]:
    """Return the PostgreSQL processes whose working folder is `folder` (Linux; elsewhere none are seen)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").resolve() == folder.resolve() and (entry / "comm").read_text().startswith("postgres"):
                found.append(int(entry.name))
    return found


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Ask `condition` ten times a second until it holds or the time is over; returns whether it held."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return condition()


def last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines() if path.exists() else []
    return lines[-1] if lines else ""


@contextlib.contextmanager
def exclusive(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock file `path`; raises Conflict at once when it is held and `wait` is false."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise Conflict("{path} is held by another process", path=path) from None
        yield
