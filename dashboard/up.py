"""The command `fengqiao up`: everything one machine needs, in one process beside PostgreSQL.

Order: hold the folder, hold the port, start PostgreSQL, bring the schema up to date, serve, work, watch. Whatever stops
us (Ctrl-C, a closed terminal, a fault) takes the same way back; a killed process leaves nothing that the next start
minds.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated

import structlog
import typer
import uvicorn
import uvloop

from access.accounts import PASSWORD_MIN_LENGTH, NewAccount, add_account, list_accounts
from alerts.notify.channels import senders
from dashboard.certificates import Certificate, fingerprint, given_certificate, is_local, own_addresses, own_certificate
from dashboard.follow import follow
from dashboard.jobs import work
from dashboard.links import SampleLinks, sample_links
from dashboard.logs import open_log
from dashboard.notifying import keep_notifying
from dashboard.postman import deliver
from dashboard.server import create_app
from dashboard.services import Services
from dashboard.settings import ServerSettings
from dashboard.supervision import keep_running
from gis.database.connection import Database, open_database
from gis.database.embedded import EmbeddedServer, exclusive
from gis.database.migrate import upgrade
from gis.database.secrets import read_or_make_secrets
from gis.errors import BadInput, Conflict, FengqiaoError
from gis.sentences import Sentence
from gis.settings import DatabaseSettings
from gis.texts import spoken

logger = structlog.get_logger("fengqiao.up")

#: open streams are cut this long after Ctrl-C [s]
GRACE_S = 2
#: work done beside the server by whoever composes it: entered once it answers, left before it stops
Beside = Callable[["Served"], AbstractContextManager[None]]


@dataclass(frozen=True)
class Address:
    """Where to listen. Beyond this machine it is HTTPS: with the given certificate, else with one of our own."""

    host: str = "127.0.0.1"
    port: int = 8050
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True)
class Served:
    """What is being served."""

    url: str
    database: Database
    #: None for a real sub-district
    links: SampleLinks | None


def up(
    host: Annotated[str, typer.Option(help="Address to listen on; beyond this machine HTTPS only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8050,
    certificate: Annotated[Path | None, typer.Option(help="PEM certificate chain of your own.")] = None,
    key: Annotated[Path | None, typer.Option(help="Its PEM key, unencrypted.")] = None,
) -> None:
    """Start everything one machine needs (PostGIS, server, worker) and serve until Ctrl-C; data stays."""
    serve(DatabaseSettings(), Address(host, port, certificate, key))


def serve(
    settings: DatabaseSettings,
    address: Address,
    *,
    prepare: Callable[[Database], None] | None = None,
    beside: Beside | None = None,
) -> None:
    """Serve until stopped.

    Parameters
    ----------
    prepare
        Called with the migrated database before anything is served, for example to load the sample.
    beside
        Entered once the server answers, left before it stops, for example to run a simulation.

    Raises
    ------
    Conflict
        If this folder is being served already, or the port is taken.
    Unavailable
        If there is no PostgreSQL with PostGIS, or it does not start.
    """
    with ExitStack() as stack:
        stack.enter_context(stoppable())
        stack.enter_context(only_one(settings.var_dir, address))
        listener = stack.enter_context(contextlib.closing(listen(address)))
        tls = certificate_for(settings.var_dir, address)
        open_log(settings.var_dir)
        server = EmbeddedServer(settings.var_dir, read_or_make_secrets(settings.var_dir)) if settings.embedded else None
        if server is not None:
            # ours from now on, whoever started it: only one of us serves this folder
            stack.callback(server.stop)
            server.start()
        database = open_database(settings)
        stack.callback(database.dispose)
        upgrade(database)
        if prepare is not None:
            prepare(database)
        links = sample_links(database)
        if links is None:
            ask_first_account(database)
        served = Served(url=url_of(address, secure=tls is not None), database=database, links=links)
        app = create_app(ServerSettings(geodatabase=settings, secure_cookies=tls is not None), database)
        # routes that do not hold together are said before anything is served
        _ = app.state.services.alert_routing
        http = uvicorn.Server(
            uvicorn.Config(
                app,
                access_log=False,  # it would write tokens of links; our own log writes paths only
                log_config=None,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=GRACE_S,
                ssl_certfile=tls.certificate if tls else None,
                ssl_keyfile=tls.key if tls else None,
            )
        )
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(
                run_all(http, listener, served, services=app.state.services, server=server, tls=tls, beside=beside)
            )
        for number in STOP_SIGNALS:
            # we are on the way back already
            signal.signal(number, signal.SIG_IGN)


async def run_all(
    http: uvicorn.Server,
    listener: socket.socket,
    served: Served,
    *,
    services: Services,
    server: EmbeddedServer | None,
    tls: Certificate | None,
    beside: Beside | None,
) -> None:
    """Run server, worker and watch until the server stops."""
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        # while a loop runs a stop is a wish, not an exception in the middle of something
        loop.add_signal_handler(number, lambda: setattr(http, "should_exit", True))
    serving = asyncio.create_task(http.serve(sockets=[listener]))
    others = [
        asyncio.create_task(work(served.database)),
        asyncio.create_task(follow(served.database, clock=services.clock)),
        asyncio.create_task(keep_notifying(served.database, services.alert_routing, clock=services.clock)),
        asyncio.create_task(
            deliver(served.database, clock=services.clock, others=senders(services.alert_routing, clock=services.clock))
        ),
        asyncio.create_task(asyncio.to_thread(warm_intake, services)),
    ]
    if server is not None:
        others.append(asyncio.create_task(keep_running(server)))
    with ExitStack() as stack:
        try:
            while not http.started and not serving.done():
                await asyncio.sleep(0.02)
            if http.started:
                announce(served, tls=tls)
                if beside is not None:
                    stack.enter_context(beside(served))
            await serving
        finally:
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)


def warm_intake(services: Services) -> None:
    """Read the gazetteer now, so that the first report does not wait for it; nothing is lost when there is none yet."""
    with contextlib.suppress(FengqiaoError):
        services.intake()


STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopAskedFor(SystemExit):
    """Somebody asked us to stop before the server ran; the exit code is that of a wish granted."""


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn the signals that end a process into an exception, so that everything started is stopped again."""

    def stop(number: int, frame: FrameType | None) -> None:
        # once is enough: a second Ctrl-C must not break off the way back
        for other in STOP_SIGNALS:
            signal.signal(other, signal.SIG_IGN)
        raise StopAskedFor(0)

    former = {number: signal.signal(number, stop) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@contextmanager
def only_one(var_dir: Path, address: Address) -> Iterator[None]:
    """Hold the folder; the lock ends with the process, however it ends."""
    var_dir.mkdir(parents=True, exist_ok=True)
    path = var_dir / "up.lock"
    with ExitStack() as stack:
        try:
            stack.enter_context(exclusive(path, wait=False))
        except Conflict:
            known = path.read_text(encoding="utf-8").strip()
            raise Conflict(
                "{var_dir} is being served already ({known}); stop that one first", var_dir=var_dir, known=known
            ) from None
        path.write_text(f"pid {os.getpid()}, {address.host}:{address.port}\n", encoding="utf-8")
        yield


def listen(address: Address) -> socket.socket:
    """Bind the port before anything slow is started.

    Raises
    ------
    Conflict
        If somebody else listens there.
    BadInput
        If the host is none of this machine's.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as fault:
        raise BadInput(
            "--host {host}: no such name or address; 0.0.0.0 listens everywhere", host=address.host
        ) from fault
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(place)
    except OSError as fault:
        listener.close()
        raise Conflict(
            "port {port} of {host} is taken or not ours ({reason}); choose another with --port",
            port=address.port,
            host=address.host,
            reason=fault.strerror,
        ) from fault
    return listener


def certificate_for(var_dir: Path, address: Address) -> Certificate | None:
    """Return what to serve HTTPS with; None on localhost without a certificate given."""
    if (address.certificate is None) != (address.key is None):
        raise BadInput("--certificate and --key belong together; one of them is missing")
    if address.certificate is not None and address.key is not None:
        return given_certificate(address.certificate, address.key)
    if is_local(address.host):
        return None
    return own_certificate(var_dir / "certificates", host=address.host, now=datetime.now(tz=UTC))


def url_of(address: Address, *, secure: bool) -> str:
    """Return the address people type."""
    host = address.host
    if host in ("0.0.0.0", "::"):
        host = min(
            (own for own in own_addresses() if not is_local(own) and ":" not in own), default=socket.gethostname()
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if secure else 'http'}://{shown}:{address.port}"


def ask_first_account(database: Database) -> None:
    """Ask for the first account of a real installation, at a terminal; else say how to make it."""
    with database.owner.begin() as connection:
        if any(account["role"] != "wall" and not account["disabled_at"] for account in list_accounts(connection)):
            return
        if not sys.stdin.isatty():
            typer.echo(
                spoken(
                    Sentence(
                        "Nobody can sign in yet. Make the first account with: fengqiao users add NAME --role operator"
                    )
                )
            )
            return
        typer.echo(spoken(Sentence("Nobody can sign in yet. Make the first account (an operator):")))
        name = typer.prompt(spoken(Sentence("Account")))
        password = typer.prompt(
            spoken(Sentence("Password (at least {least} characters)", least=PASSWORD_MIN_LENGTH)),
            hide_input=True,
            confirmation_prompt=spoken(Sentence("The same again")),
        )
        add_account(connection, NewAccount(name=name, role="operator", password=password))


def announce(served: Served, *, tls: Certificate | None) -> None:
    """Print where to go, and for the sample the links that open without a sign-in."""
    lines = [Sentence("Serving {url}   (API {url}/api/docs, Ctrl-C stops; data stays)", url=served.url)]
    if tls is not None and tls.authority is not None:
        lines.append(
            Sentence(
                "Phones: install {url}/ca once; SHA-256 {digest}", url=served.url, digest=fingerprint(tls.authority)
            )
        )
    if served.links is not None:
        lines += [
            Sentence("  wall    {link}", link=served.url + served.links.wall),
            Sentence("  phone   {link}", link=served.url + served.links.grid),
            Sentence("  report  {link}", link=served.url + served.links.reports),
            Sentence("  office  {link}", link=served.url + served.links.office),
            Sentence("  token   {token}   (Authorization: Bearer …)", token=served.links.api_token),
        ]
    else:
        lines.append(Sentence("  sign in at {url}/sign-in", url=served.url))
    # one write, flushed: whoever reads us through a pipe waits for these lines
    sys.stdout.write("\n".join(map(spoken, lines)) + "\n")
    sys.stdout.flush()
    logger.info("serving", url=served.url, process=os.getpid())
