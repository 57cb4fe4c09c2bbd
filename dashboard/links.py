"""Ready-to-open links for the sample: a wall, a grid worker's phone, a leader's report, the office, and an API token.

Only for a sub-district that is marked 示意. The secrets are derived from this installation's own, so that the same
links hold from start to start; the database knows their hashes only.
"""

import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy import Connection

from access.accounts import NewAccount, add_account
from access.consumers import NewConsumer, Scope, add_consumer
from access.sessions import secret_hash
from dashboard.services import Clock, system_clock
from gis.database.connection import Database
from gis.database.statements import load_statements

STATEMENTS = load_statements("dashboard", "links")


@dataclass(frozen=True)
class SampleLinks:
    """Paths to put behind the server's address, and a token for other systems."""

    wall: str
    grid: str
    reports: str
    office: str
    api_token: str
    #: key of the consumer that reports as other systems would
    feed_key: str


@dataclass(frozen=True)
class Guest:
    """An account of the sample, and what its link opens."""

    name: str
    role: str
    title: str
    kind: str
    path: str = ""


GUESTS = (
    Guest("sample-wall", "wall", "大屏（示意）", "device", "/wall/main"),
    Guest("sample-worker", "grid_worker", "网格员（示意）", "link", "/grid"),
    Guest("sample-leader", "street_leader", "街道领导（示意）", "link", "/reports"),
    Guest("sample-operator", "operator", "数据管理员（示意）", "link", "/office/"),
    Guest("sample-api", "operator", "接口（示意）", "api"),
)


#: the system that reports the sample's incidents and requests; what it may is all that `fengqiao simulate` needs
SIMULATION = NewConsumer(
    name="模拟上报（示意）",
    purpose="按真实节奏上报与流转示意事件、诉求",
    contact="示意",
    legal_basis="示意",
    role="duty_officer",
    minute_quota=600,
    day_quota=50_000,
    scopes=(Scope("incidents", write=True), Scope("requests", write=True)),
)


def sample_links(database: Database, *, clock: Clock = system_clock) -> SampleLinks | None:
    """Return the sample's links, making its accounts on first use; None for a real sub-district, or for none."""
    with database.owner.begin() as connection:
        if not connection.scalar(STATEMENTS["is_sample"]):
            return None
        worker_id = connection.scalar(STATEMENTS["busiest_worker"])
        secrets = {
            guest.name: guest_secret(connection, database, guest, worker_id=worker_id, clock=clock)
            for guest in GUESTS
            if guest.role != "grid_worker" or worker_id is not None
        }
        key = feed_key(connection, database)
    links = {
        guest.name: f"{guest.path}?{urlencode({'token': secrets[guest.name]})}"
        for guest in GUESTS
        if guest.name in secrets
    }
    return SampleLinks(
        wall=links["sample-wall"],
        grid=links.get("sample-worker", "/grid"),
        reports=links["sample-leader"],
        office=links["sample-operator"],
        api_token=secrets["sample-api"],
        feed_key=key,
    )


def guest_secret(
    connection: Connection, database: Database, guest: Guest, *, worker_id: int | None, clock: Clock
) -> str:
    """Return the secret of a guest of the sample; makes account and token unless they are there."""
    secret = derived_secret(database, guest.name)
    account_id = connection.scalar(STATEMENTS["account_named"], {"name": guest.name})
    if account_id is None:
        account_id = add_account(
            connection,
            NewAccount(
                name=guest.name,
                role=guest.role,
                title=guest.title,
                grid_worker_id=worker_id if guest.role == "grid_worker" else None,
            ),
        )
    # loading anew may have given the worker another id
    connection.execute(STATEMENTS["give_worker"], {"id": account_id, "worker_id": worker_id, "role": guest.role})
    give_token(connection, account_id, secret, kind=guest.kind)
    return secret


def derived_secret(database: Database, name: str) -> str:
    """The secret of a guest of this installation's sample: the same from start to start."""
    key = database.secrets.server_password.encode()
    return hmac.new(key, f"sample link {name}".encode(), hashlib.sha256).hexdigest()[:43]


def give_token(connection: Connection, account_id: int, secret: str, *, kind: str) -> None:
    """Make the derived token unless it is there, revoked or not."""
    if not connection.scalar(STATEMENTS["token_known"], {"secret_hash": secret_hash(secret)}):
        values = {"account_id": account_id, "kind": kind, "label": "sample", "secret_hash": secret_hash(secret)}
        connection.execute(STATEMENTS["add_guest_token"], values)


def feed_key(connection: Connection, database: Database) -> str:
    """Return the key of the sample's consumer, which reports as other systems would; makes it unless it is there."""
    account_id = connection.scalar(STATEMENTS["consumer_account"], {"name": SIMULATION.name})
    if account_id is None:
        add_consumer(connection, SIMULATION)
        account_id = connection.scalar(STATEMENTS["consumer_account"], {"name": SIMULATION.name})
    secret = derived_secret(database, SIMULATION.name)
    give_token(connection, account_id, secret, kind="api")
    return secret
