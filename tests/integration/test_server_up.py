"""`fengqiao up` as an operator lives through it: real processes in a folder of their own."""

import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from dashboard.supervision import postmaster_lives
from gis.database.embedded import EmbeddedServer, processes_in
from gis.database.secrets import read_or_make_secrets

pytestmark = pytest.mark.database

#: far beyond what anything takes; a test that needs it has failed
PATIENCE_S = 120.0


def wait_for(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited in vain for {what}")
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Installation:
    """A folder, and what runs in it."""

    def __init__(self) -> None:
        self.var = Path(tempfile.mkdtemp(prefix="fengqiao-up-"))
        self.var.chmod(0o755)
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None
        self.lines = ""

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "cli", *arguments]

    @property
    def environment(self) -> dict[str, str]:
        own = {
            "FENGQIAO_VAR_DIR": str(self.var),
            "FENGQIAO_LANGUAGE": "en",
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        return {**os.environ, **own}

    def up(self, *arguments: str) -> None:
        output = self.var / "up.out"
        with output.open("w") as file:
            self.process = subprocess.Popen(
                self.command("up", "--port", str(self.port), *arguments),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        process = self.process
        wait_for(lambda: "Serving" in output.read_text() or process.poll() is not None, "the server")
        self.lines = output.read_text()
        assert process.poll() is None, self.lines

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def embedded(self) -> EmbeddedServer:
        return EmbeddedServer(self.var, read_or_make_secrets(self.var))

    def healthy(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"http://127.0.0.1:{self.port}/health").status_code == 200
        return False


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    installation = Installation()
    try:
        yield installation
    finally:
        if installation.process and installation.process.poll() is None:
            installation.process.kill()
            installation.process.wait()
        embedded = installation.embedded()
        embedded.stop()
        shutil.rmtree(embedded.home, ignore_errors=True)
        shutil.rmtree(installation.var, ignore_errors=True)


def test_up_serves_one_folder_once_survives_everything_and_leaves_nothing(installation: Installation):
    # starts from nothing, says where, and that nobody can sign in yet: there is no default password
    installation.up()
    assert f"http://127.0.0.1:{installation.port}" in installation.lines
    assert "fengqiao users add NAME --role operator" in installation.lines
    assert "token=" not in installation.lines
    assert installation.healthy()

    # a second one on the folder says so and stops; so does one of another folder on the same port
    second = installation.run("up", "--port", str(free_port()))
    assert second.returncode == 1
    assert "is being served already" in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1
    with tempfile.TemporaryDirectory() as other:
        taken = installation.run("up", "--port", str(installation.port), FENGQIAO_VAR_DIR=other)
        assert (taken.returncode, "is taken" in taken.stderr) == (1, True)
        assert not (Path(other) / "postgres").exists(), "the port is asked for before a database is made"

    # an account made beside the running server is there at once
    added = subprocess.run(
        installation.command("users", "add", "first", "--role", "operator", "--password-stdin"),
        env=installation.environment,
        input="seven green herons\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert added.returncode == 0, added.stderr
    origin = f"http://127.0.0.1:{installation.port}"
    entered = httpx.post(
        f"{origin}/sign-in", data={"name": "first", "password": "seven green herons"}, headers={"Origin": origin}
    )
    assert entered.status_code == 303
    assert installation.healthy(), "the command must not stop the database it found running"

    # PostgreSQL dies: the server says so, starts it again, and goes on
    embedded = installation.embedded()
    postmaster = int((embedded.data / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGKILL)
    wait_for(lambda: postmaster_lives(embedded) and installation.healthy(), "the database to be back")
    assert installation.process is not None
    assert installation.process.poll() is None

    # everything dies at once: the next start minds nothing of what was left
    installation.process.kill()
    installation.process.wait()
    for process in processes_in(embedded.data):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    # beyond this machine: HTTPS, of an authority of our own
    installation.up("--host", "0.0.0.0")
    assert f"https://127.0.0.1:{installation.port}" not in installation.lines
    assert "SHA-256" in installation.lines
    assert "Make the first account" not in installation.lines, "data stayed"
    trust = ssl.create_default_context(cafile=str(installation.var / "certificates" / "ca.crt"))
    secure = f"https://localhost:{installation.port}"
    assert httpx.get(f"{secure}/health", verify=trust).status_code == 200
    page = httpx.get(f"{secure}/ca", verify=trust).text
    shown = installation.lines.split("SHA-256 ")[1].split()[0]
    assert shown.replace(":", "</span><span>") in page
    assert (
        httpx.get(f"{secure}/ca/fengqiao-ca.crt", verify=trust).headers["content-type"] == "application/x-x509-ca-cert"
    )
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"http://localhost:{installation.port}/health")
    entered = httpx.post(
        f"{secure}/sign-in",
        data={"name": "first", "password": "seven green herons"},
        headers={"Origin": secure},
        verify=trust,
    )
    assert "Secure" in entered.headers["set-cookie"]

    # Ctrl-C stops everything that was started; data stays
    installation.process.send_signal(signal.SIGINT)
    assert installation.process.wait(timeout=PATIENCE_S) == 0
    assert processes_in(embedded.data) == []
    assert (embedded.data / "PG_VERSION").exists()
    log = (installation.var / "server.log").read_text()
    assert "seven green herons" not in log
