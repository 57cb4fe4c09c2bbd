"""Webhooks: which events a consumer is told of, and where.

An event is put into the outbox by the change itself (triggers of m0208), for every webhook that wants it and may know
of it. The signing secret is given out once; the database keeps it encrypted, and only the deliverer reads it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from access.outbox import NewMessage, enqueue
from access.signing import new_signing_secret
from gis.database.statements import load_statements
from gis.errors import BadInput, Conflict, NotFound
from gis.identity import IdentityKeys, decrypt_number, encrypt_number

STATEMENTS = load_statements("access", "webhooks")
CHANNEL = "webhook"
#: sent by hand to see whether the other side hears us
PING = "test.ping"
STEPS = ("dispatched", "accepted", "handling", "closed", "returned", "withdrawn", "reopened")
ALERT_CHANGES = ("raised", "level", "grown", "updated", "acknowledged", "followed", "fell_back", "escalated", "cleared")
#: event type -> what must be granted to be told of it
EVENT_RESOURCES = {
    "incident.reported": "incidents",
    **{f"incident.{step}": "incidents" for step in STEPS},
    "request.reported": "requests",
    **{f"request.{step}": "requests" for step in STEPS},
    **{f"alert.{change}": "alerts" for change in ALERT_CHANGES},
    "batch.loaded": "figures",
}


@dataclass(frozen=True)
class Subscription:
    """A webhook as its deliverer needs it."""

    id: int
    url: str
    secret: str
    account_id: int
    paused: bool
    #: a living session of the consumer, for its rights to the rows; None = it has no living key
    session_id: str | None


def check_url(url: str) -> str:
    """Return the address; raises BadInput when events cannot or should not be sent there."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(
            "{url!r} is no address: it begins with https:// (or http:// inside the office's own network)", url=url
        )
    if parts.username or parts.password or parts.fragment:
        raise BadInput("an address carries no name, password or fragment; the signature proves who we are")
    try:
        host = ip_address(parts.hostname)
    except ValueError:
        return parts.geturl()
    if host.is_link_local or host.is_multicast or host.is_unspecified:
        raise BadInput("{host} is no host of another system", host=parts.hostname)
    if parts.scheme == "http" and not host.is_private:
        raise BadInput("beyond the office's own network events are sent over https:// only")
    return parts.geturl()


def add_webhook(
    connection: Connection, consumer_id: int, *, url: str, event_types: Sequence[str], keys: IdentityKeys
) -> tuple[int, str]:
    """Add a webhook; returns its id and the signing secret, which cannot be had again.

    Raises
    ------
    BadInput
        If the address is none, or an event type is unknown or about something the consumer was not granted.
    Conflict
        If the consumer has a webhook at this address.
    """
    address, wanted = check_url(url), list(dict.fromkeys(event_types))
    if unknown := [kind for kind in wanted if kind not in EVENT_RESOURCES] or ([] if wanted else ["none"]):
        raise BadInput("no event type {unknown}; there are {known}", unknown=unknown, known=EVENT_RESOURCES)
    granted = set(connection.scalars(STATEMENTS["granted"], {"consumer_id": consumer_id}))
    if missing := sorted({EVENT_RESOURCES[kind] for kind in wanted} - granted):
        raise BadInput(
            "the consumer was not granted {missing}, and is told of nothing it may not ask for", missing=missing
        )
    secret = new_signing_secret()
    try:
        with connection.begin_nested():
            values = {"consumer_id": consumer_id, "url": address, "event_types": wanted}
            webhook_id = int(connection.execute(STATEMENTS["add_webhook"], values).scalar_one())
    except IntegrityError as fault:
        raise Conflict("this consumer is told of events at {address} already", address=address) from fault
    sealed = {"webhook_id": webhook_id, "secret_cipher": encrypt_number(secret, keys)}
    connection.execute(STATEMENTS["add_secret"], sealed)
    return webhook_id, secret


def list_webhooks(connection: Connection) -> list[dict[str, Any]]:
    """Return the webhooks the asker may see, with what waits, arrived and died of each."""
    return [dict(row._mapping) for row in connection.execute(STATEMENTS["webhooks"])]


def pause_webhook(connection: Connection, webhook_id: int, *, reason: str, now: datetime | None) -> None:
    """Stop telling a webhook of events from `now` on; with None it is told again."""
    values = {"webhook_id": webhook_id, "now": now, "reason": reason if now else ""}
    if not connection.execute(STATEMENTS["pause"], values).rowcount:
        raise NotFound("there is no webhook {webhook_id} that you may change", webhook_id=webhook_id)


def ping_webhook(connection: Connection, webhook_id: int, *, subdistrict_code: str, now: datetime) -> None:
    """Send a test event: invented content, signed and delivered like any other."""
    payload = {"subject": "test", "subject_id": 0, "at": now.isoformat()}
    message = NewMessage(CHANNEL, str(webhook_id), PING, f"ping/{now.isoformat()}", payload)
    enqueue(connection, [message], subdistrict_code=subdistrict_code, now=now)


def find_subscription(connection: Connection, webhook_id: int, *, keys: IdentityKeys) -> Subscription | None:
    """Return a webhook with its secret; runs as the owner. None when it was removed."""
    row = connection.execute(STATEMENTS["subscription"], {"webhook_id": webhook_id}).one_or_none()
    if row is None:
        return None
    return Subscription(
        id=row.id,
        url=row.url,
        secret=decrypt_number(bytes(row.secret_cipher), keys),
        account_id=row.account_id,
        paused=row.paused_at is not None,
        session_id=str(row.session_id) if row.session_id else None,
    )
