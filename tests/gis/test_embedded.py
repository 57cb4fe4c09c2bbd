"""The embedded server: started once, adopted, stopped, and back after everything was killed."""

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

import psycopg
import pytest
from psycopg.pq import Ping

from gis.database import embedded
from gis.database.connection import running_database
from gis.database.embedded import EmbeddedServer, exclusive, find_binaries, has_postgis, processes_in, wait_until
from gis.database.secrets import read_or_make_secrets
from gis.errors import Conflict, Unavailable
from gis.settings import DatabaseSettings

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def server():
    """One server for the module, since making one takes seconds; a test starts it as it needs it."""
    folder = Path(tempfile.mkdtemp(prefix="fengqiao-embedded-"))
    folder.chmod(0o755)
    server = EmbeddedServer(folder, read_or_make_secrets(folder))
    # what an initialisation that was killed half way leaves: the first start must make it anew
    server.data.mkdir(parents=True)
    (server.data / "half").write_text("x")
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


def test_it_starts_once_over_a_killed_initialisation_is_adopted_and_stops(server):
    assert server.start() is True
    assert not (server.data / "half").exists()
    assert server.start() is False
    assert EmbeddedServer(server.var_dir, server.secrets).start() is False
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)

    server.stop()

    assert server.ping() is Ping.NO_RESPONSE
    server.stop()  # stopping what does not run is nothing


def test_it_comes_back_after_kill_9_of_everything_with_its_data(server):
    server.start()
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS value")
    for process in processes_in(server.data):
        os.kill(process, signal.SIGKILL)
    wait_until(lambda: not processes_in(server.data), seconds=10)
    assert (server.data / "postmaster.pid").exists()

    assert server.start() is True

    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (1,)


def test_a_pid_file_of_a_living_stranger_does_not_stop_it(server):
    server.start()
    for process in processes_in(server.data):
        os.kill(process, signal.SIGKILL)
    wait_until(lambda: not processes_in(server.data), seconds=10)
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        pid_file = server.data / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")

        assert server.start() is True
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_server_without_a_free_connection_is_left_running(server):
    server.start()
    with psycopg.connect(server.url) as connection:
        most = int(connection.execute("SHOW max_connections").fetchone()[0])
    before = processes_in(server.data)
    with ExitStack() as held:
        for _ in range(most):
            with suppress(psycopg.OperationalError):
                held.enter_context(psycopg.connect(server.url))

        with pytest.raises(Unavailable, match=r"runs but refuses us: .*too many clients"):
            server.start()

    assert set(before) & set(processes_in(server.data))
    assert wait_until(lambda: server.start() is False, seconds=10)


def test_of_two_commands_the_last_one_stops_what_the_first_one_started(server):
    server.stop()
    settings = DatabaseSettings(var_dir=server.var_dir, database_url=None)
    first, second = running_database(settings), running_database(settings)
    first.__enter__()
    second.__enter__()

    first.__exit__(None, None, None)
    assert server.ping() is Ping.OK

    second.__exit__(None, None, None)
    assert server.ping() is Ping.NO_RESPONSE


def test_a_server_that_ran_before_is_left_running(server):
    server.start()
    with running_database(DatabaseSettings(var_dir=server.var_dir, database_url=None)):
        pass

    assert server.ping() is Ping.OK


def test_a_recovery_is_waited_for(server, monkeypatch):
    server.start()
    answers = iter([Ping.REJECT, Ping.REJECT, Ping.OK])
    monkeypatch.setattr(server, "ping", lambda: next(answers, Ping.OK))

    assert server.start() is False

    monkeypatch.setattr(embedded, "PATIENCE_S", 0)
    monkeypatch.setattr(server, "ping", lambda: Ping.REJECT)
    with pytest.raises(Unavailable, match="is still coming up"):
        server.start()


def test_a_password_is_asked_for(server):
    server.start()

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.url.replace(server.secrets.owner_password, "wrong"))


def test_no_postgis_is_said_with_both_commands(monkeypatch, tmp_path):
    monkeypatch.setattr(embedded, "candidate_folders", lambda: iter([tmp_path]))

    with pytest.raises(
        Unavailable, match=r"apt-get install -y postgresql-15 .* conda install -c conda-forge postgresql"
    ):
        find_binaries()


def test_postgresql_without_postgis_is_named(monkeypatch, tmp_path):
    for program in ("initdb", "postgres"):
        (tmp_path / program).touch()
    monkeypatch.setattr(embedded, "candidate_folders", lambda: iter([tmp_path]))

    assert not has_postgis(tmp_path)
    with pytest.raises(Unavailable, match="has no PostGIS"):
        find_binaries()


def test_a_held_lock_is_said_at_once(tmp_path):
    path = tmp_path / "x.lock"
    with exclusive(path), pytest.raises(Conflict, match=r"x\.lock is held"), exclusive(path, wait=False):
        pass
