"""Send lineage by the clock: every batch, figure and layer once to the catalogue that `FENGQIAO_LINEAGE_URL` names.

What is to be told is put into the outbox and posted by the postman, so that a catalogue that is away is asked again
with growing pauses, and what it refused for good is a dead letter that an operator sees and sends again.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import httpx
from sqlalchemy import Connection

from access.outbox import Message, NewMessage, Sender, Sent, enqueue
from dashboard.lineage import STATEMENTS, derived_events, event, event_kinds, select_batches
from dashboard.settings import ServerSettings
from gis.database.connection import Database
from gis.district import select_district
from gis.errors import NotFound
from gis.sentences import Sentence
from gis.texts import spoken

CHANNEL = "lineage"
#: batches put in at a time; the job runs every minute
AT_A_TIME = 500
#: a catalogue that takes longer has failed [s]
PATIENCE_S = 10.0
#: answers by which it says that it will never take this event
REFUSED = frozenset({400, 404, 410, 413, 422})


def tell_catalogue(database: Database, *, now: datetime) -> int:
    """The worker's job: put what the catalogue was not told yet into the outbox; returns how many events."""
    target = ServerSettings().lineage_url
    if not target:
        return 0
    with database.owner.begin() as connection:
        try:
            code = select_district(connection).code
        except NotFound:
            return 0
        rows = connection.execute(STATEMENTS["untold"], {"code": code, "limit": AT_A_TIME}).all()
        messages = [
            message(target, f"lineage.{kind.lower()}", f"batch/{row.id}/{kind}", batch=row.id, kind=kind)
            for row in rows
            for kind in (("OTHER",) if row.told_at else event_kinds(dict(row._mapping)))
        ]
        messages += [
            message(target, "lineage.job", f"{name}@{digest}", job=name) for name, digest in derived(code, now=now)
        ]
        added = enqueue(connection, messages, subdistrict_code=code, now=now)
        connection.execute(STATEMENTS["note_told"], {"ids": [row.id for row in rows], "now": now})
    return added


def message(target: str, event_type: str, key: str, **payload: Any) -> NewMessage:
    return NewMessage(CHANNEL, target, event_type, key, payload)


def derived(code: str, *, now: datetime) -> Iterator[tuple[str, str]]:
    """Names of what is worked out, each with a digest that changes when its event does."""
    for one in derived_events(code=code, at=now):
        said = json.dumps({**one, "eventTime": ""}, sort_keys=True, ensure_ascii=False)
        yield one["job"]["name"], hashlib.sha256(said.encode()).hexdigest()[:16]


def sender_for(database: Database, clock: Callable[[], datetime]) -> Sender:
    """Return what delivers the messages of the channel ``lineage``."""
    token = ServerSettings().lineage_token.get_secret_value()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    client = httpx.Client(timeout=PATIENCE_S, headers=headers, follow_redirects=False, trust_env=False)

    def send(message: Message) -> Sent:
        with database.owner.connect() as connection:
            body = event_of(connection, message, now=clock())
        if body is None:
            return Sent(False, spoken(Sentence("the batch or figure is not there any more")), for_good=True)
        try:
            answer = client.post(message.target, json=body)
        except httpx.HTTPError as fault:
            return Sent(False, f"{type(fault).__name__}: {fault}".splitlines()[0])
        if answer.is_success:
            return Sent(True, f"HTTP {answer.status_code}")
        return Sent(False, f"HTTP {answer.status_code}", for_good=answer.status_code in REFUSED)

    return send


def event_of(connection: Connection, message: Message, *, now: datetime) -> Mapping[str, Any] | None:
    """Compose the event a message stands for, as things are now; None when there is nothing left to tell of."""
    code, payload = message.subdistrict_code, message.payload
    if "job" in payload:
        return next((one for one in derived_events(code=code, at=now) if one["job"]["name"] == payload["job"]), None)
    found = select_batches(connection, code=code, after=int(payload["batch"]) - 1, limit=1)
    if not found or found[0]["id"] != payload["batch"]:
        return None
    return event(found[0], str(payload["kind"]), code=code)
