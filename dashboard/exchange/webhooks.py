"""Deliver events to webhooks: compose what the consumer may know, sign it, post it, and say how it went.

The body is made when it is sent, from the record as the consumer may see it then and cut to what it was granted: the
outbox itself holds no content, and a right that was taken away meanwhile holds.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from fastapi.encoders import jsonable_encoder
from sqlalchemy import Connection

from access.consumers import find_terms
from access.outbox import Message, Sender, Sent
from access.signing import signed_headers
from access.webhooks import EVENT_RESOURCES, PING, Subscription, find_subscription
from dashboard.api.event_models import Incident, ServiceRequest
from dashboard.exchange.resources import Match, narrowed, resources
from gis.cells import to_hex
from gis.database.connection import Database, identified
from gis.database.statements import load_statements
from gis.identity import identity_keys
from gis.sentences import Sentence
from gis.texts import spoken

EVENTS = load_statements("dashboard", "events")
STATEMENTS = load_statements("dashboard", "webhooks")
#: a receiver that takes longer has failed; it may take the message in and work on it later [s]
PATIENCE = httpx.Timeout(10.0, connect=5.0)
#: answers by which the receiver says that this address is no use any more
GONE = frozenset({404, 410})


def sender_for(database: Database, clock: Callable[[], datetime]) -> Sender:
    """Return what delivers the messages of the channel ``webhook``."""
    keys = identity_keys(database.secrets)
    # nothing of the environment: a proxy of the machine's user would see what is posted
    client = httpx.Client(timeout=PATIENCE, follow_redirects=False, trust_env=False)

    def send(message: Message) -> Sent:
        with database.owner.connect() as connection:
            subscription = find_subscription(connection, int(message.target), keys=keys)
        if subscription is None or subscription.paused:
            return Sent(False, spoken(Sentence("the webhook was removed or is paused")), for_good=True)
        body = event_body(database, message.event_type, message.payload, subscription, now=clock())
        if body is None:
            return Sent(False, spoken(Sentence("the consumer may no longer know of this")), for_good=True)
        return post(client, subscription, message, body, now=clock())

    return send


def event_body(
    database: Database, event_type: str, payload: Mapping[str, Any], subscription: Subscription, *, now: datetime
) -> bytes | None:
    """Compose an event as the consumer may know it; None when it may not."""
    said = {"type": event_type, "timestamp": payload["at"]}
    if event_type == PING:
        return encoded({**said, "data": {"text": "ping"}})
    if subscription.session_id is None:
        return None
    with identified(database.server, subscription.session_id) as connection:
        terms = find_terms(connection, subscription.account_id)
        resource = resources()[EVENT_RESOURCES[event_type]]
        if terms is None or terms.ended(now) or terms.sandbox or resource.id not in terms.scopes:
            return None
        record = select_subject(connection, payload)
    if record is None:
        return None
    path = resource.cut[-1]
    match = Match(resource=resource, path=path, writes=False, item="one")
    return encoded({**said, "data": narrowed(record, match, terms.scopes[resource.id])})


def select_subject(connection: Connection, payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Read what an event is about, with the rights of the connection; None when they do not reach it."""
    subject, key = payload["subject"], int(payload["subject_id"])
    if subject == "alert":
        rows = connection.execute(STATEMENTS["alert"], {"id": key}).mappings().all()
        return {**rows[0], "cells": to_hex(rows[0]["cells"])} if rows else None
    if subject == "batch":
        row = connection.execute(STATEMENTS["batch"], {"id": key}).mappings().one_or_none()
        return dict(row) if row else None
    row = connection.execute(EVENTS[subject], {"id": key}).mappings().one_or_none()
    if row is None:
        return None
    return (Incident if subject == "incident" else ServiceRequest)(**row).model_dump()


def encoded(event: Mapping[str, Any]) -> bytes:
    """Write an event as the bytes that are signed and sent."""
    return json.dumps(jsonable_encoder(event), ensure_ascii=False, separators=(",", ":")).encode()


def post(client: httpx.Client, subscription: Subscription, message: Message, body: bytes, *, now: datetime) -> Sent:
    """Post a signed event once."""
    headers = signed_headers(subscription.secret, message_id=f"msg_{message.id}", now=now, body=body)
    headers |= {"content-type": "application/json", "user-agent": "fengqiao-webhook/1"}
    try:
        with client.stream("POST", subscription.url, content=body, headers=headers) as answer:
            status, asked = answer.status_code, answer.headers.get("retry-after")
    except httpx.HTTPError as fault:
        return Sent(False, f"{type(fault).__name__}: {fault}".splitlines()[0])
    if 200 <= status < 300:
        return Sent(True, f"HTTP {status}")
    return Sent(False, f"HTTP {status}", for_good=status in GONE, retry_after_s=seconds_asked(asked, now=now))


def seconds_asked(value: str | None, *, now: datetime) -> float | None:
    """Read Retry-After: seconds, or a date (RFC 9110, 10.2.3); None when it says neither. At most a day [s]."""
    if value is None:
        return None
    if value.strip().isdigit():
        return min(float(value), 86_400.0)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((aware - now).total_seconds(), 0.0), 86_400.0)
