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
    )


def guest_secret(
    connection: Connection, database: Database, guest: Guest, *, worker_id: int | None, clock: Clock
) -> str:
    """Return the secret of a guest of the sample; makes account and token unless they are there."""
    key = database.secrets.server_password.encode()
    secret = hmac.new(key, f"sample link {guest.name}".encode(), hashlib.sha256).hexdigest()[:43]
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
    known = connection.scalar(STATEMENTS["token_known"], {"secret_hash": secret_hash(secret)})
    if not known:
        values = {"account_id": account_id, "kind": guest.kind, "label": "sample", "secret_hash": secret_hash(secret)}
        connection.execute(STATEMENTS["add_guest_token"], values)
    return secret
