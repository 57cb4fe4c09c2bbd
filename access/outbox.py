"""The outbox: what is to be told to somebody outside, kept until it arrived or a person must look.

Whoever changes something puts the message in within the same transaction (`enqueue`), so that neither is there without
the other. A deliverer takes what is due (`claim`), sends it without holding a transaction, and says how it went
(`settle`). A failure is tried again with growing pauses; past the last attempt, or when the other side said no for
good, the message is dead: it stays, with its log, until somebody replays it.

A message is delivered at least once: a deliverer that dies after the other side took it, and before it said so here,
leaves it to be sent again. It carries the same key then, and receivers tell by it that they have it.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row

from gis.database.connection import Database
from gis.database.statements import load_statements
from gis.errors import BadInput, NotFound

STATEMENTS = load_statements("access", "outbox")
#: what is kept of an answer [characters]
ANSWER_LENGTH = 500


@dataclass(frozen=True)
class Backoff:
    """How long to wait between attempts: doubling, never longer than `most_s`, spread so that not all come at once."""

    first_s: float = 10.0
    most_s: float = 3_600.0
    #: the message is dead after this many
    attempts: int = 10
    #: share by which a pause is shortened or lengthened at random
    spread: float = 0.2

    def pause(self, attempt: int, *, seed: int = 0) -> timedelta:
        """Return the pause after the attempt of this number, 1 = the first; the same seed gives the same pause."""
        plain_s = min(self.first_s * 2.0 ** min(attempt - 1, 40), self.most_s)
        drawn = random.Random(f"{seed}/{attempt}").uniform(-self.spread, self.spread)
        return timedelta(seconds=plain_s * (1 + drawn))


@dataclass(frozen=True)
class NewMessage:
    """What is put in."""

    channel: str
    target: str
    event_type: str
    #: the same event told to the same target is one message, however often it is put in
    idempotency_key: str
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Message:
    """A message that was claimed and is to be sent now."""

    id: int
    subdistrict_code: str
    channel: str
    target: str
    event_type: str
    idempotency_key: str
    payload: Mapping[str, Any]
    #: 1 = the first
    attempt: int
    #: of whoever claimed it; settling with another is refused
    claim: str
    created_at: datetime

    @classmethod
    def from_row(cls, row: Row[tuple[object, ...]]) -> "Message":
        return cls(**{**row._mapping, "claim": str(row.claim)})


@dataclass(frozen=True)
class Sent:
    """How an attempt went."""

    delivered: bool
    #: what the other side said; shown to operators, so no secret and no person in it
    answer: str = ""
    #: asking again is useless: the address is wrong, the receiver is gone
    for_good: bool = False
    #: the other side asked to be left alone for so long [s]
    retry_after_s: float | None = None


Sender = Callable[[Message], Sent]


def enqueue(connection: Connection, messages: Sequence[NewMessage], *, subdistrict_code: str, now: datetime) -> int:
    """Put messages in within the caller's transaction; returns how many were new."""
    added = 0
    for message in messages:
        values = {
            **vars(message),
            "payload": json.dumps(dict(message.payload), ensure_ascii=False),
            "subdistrict_code": subdistrict_code,
            "now": now,
        }
        added += connection.execute(STATEMENTS["enqueue"], values).rowcount
    if added:
        connection.execute(STATEMENTS["tell"])
    return added


def claim(
    connection: Connection,
    channels: Sequence[str],
    *,
    now: datetime,
    limit: int = 64,
    per_target: int = 8,
    lease_s: float = 120.0,
) -> list[Message]:
    """Take what is due, oldest first; nobody else gets it before the lease is over.

    Parameters
    ----------
    channels
        Only of these.
    limit, per_target
        At most so many, and of one target at most so many: one slow receiver holds up its own messages only.
    lease_s
        A deliverer that has not settled by then is taken for dead and the message is due again [s].
    """
    values = {
        "channels": list(channels),
        "now": now,
        "limit": limit,
        "per_target": per_target,
        "until": now + timedelta(seconds=lease_s),
        "claim": str(uuid4()),
    }
    rows = connection.execute(STATEMENTS["claim"], values).all()
    return sorted((Message.from_row(row) for row in rows), key=lambda message: message.id)


def settle(
    connection: Connection,
    message: Message,
    sent: Sent,
    *,
    now: datetime,
    seconds: float | None = None,
    backoff: Backoff | None = None,
) -> str | None:
    """Write down how an attempt went.

    Returns
    -------
    status
        ``delivered``, ``waiting`` (tried again later) or ``dead``; None when the message is no longer this claim's.
    """
    backoff = backoff or Backoff()
    if sent.delivered:
        status = "delivered"
    else:
        status = "dead" if sent.for_good or message.attempt >= backoff.attempts else "waiting"
    pause = max(backoff.pause(message.attempt, seed=message.id), timedelta(seconds=sent.retry_after_s or 0))
    values = {
        "id": message.id,
        "claim": message.claim,
        "status": status,
        "reason": "" if sent.delivered else sent.answer[:ANSWER_LENGTH],
        "answer": sent.answer[:ANSWER_LENGTH],
        "outcome": {"waiting": "failed"}.get(status, status),
        "next_attempt_at": now + pause,
        "now": now,
        "seconds": seconds,
    }
    return status if connection.scalar(STATEMENTS["settle"], values) is not None else None


def deliver_due(
    database: Database,
    senders: Mapping[str, Sender],
    *,
    clock: Callable[[], datetime],
    backoff: Backoff | None = None,
    threads: int = 8,
    limit: int = 64,
) -> int:
    """Deliver what is due now over these channels, several at a time; returns how many attempts were made.

    Each attempt is settled in a transaction of its own as soon as it is over. A sender that raises has failed; its
    message goes on waiting like any other.
    """
    with database.owner.begin() as connection:
        messages = claim(connection, list(senders), now=clock(), limit=limit)

    def attempt(message: Message) -> None:
        began = monotonic()
        try:
            sent = senders[message.channel](message)
        except Exception as fault:  # whatever a sender met, the message must not be lost for it
            sent = Sent(False, f"{type(fault).__name__}: {fault}".splitlines()[0])
        with database.owner.begin() as connection:
            settle(connection, message, sent, now=clock(), seconds=monotonic() - began, backoff=backoff)

    if messages:
        # at most as many as the owner's pool has connections for
        with ThreadPoolExecutor(min(threads, len(messages))) as pool:
            list(pool.map(attempt, messages))
    return len(messages)


def message_log(connection: Connection, message_id: int) -> list[dict[str, Any]]:
    """Return every attempt of a message, oldest first."""
    return [dict(row._mapping) for row in connection.execute(STATEMENTS["attempts"], {"id": message_id})]


def list_messages(
    connection: Connection,
    *,
    status: str | None = None,
    channel: str | None = None,
    target: str | None = None,
    limit: int = 200,
) -> list[dict[str, Any]]:
    """Return messages as the asker may see them, newest first; ``status="dead"`` is the list of dead letters."""
    values = {"status": status, "channel": channel, "target": target, "limit": limit}
    return [dict(row._mapping) for row in connection.execute(STATEMENTS["messages"], values)]


def replay(connection: Connection, message_ids: Sequence[int], *, now: datetime) -> int:
    """Let dead messages be tried afresh, with all their attempts before them; leaves an audit row.

    Raises
    ------
    BadInput
        If none is named.
    NotFound
        If one of them is not dead, or not the asker's to see; none is replayed then.
    """
    wanted = sorted(set(message_ids))
    if not wanted:
        raise BadInput("no message is named")
    replayed = connection.execute(STATEMENTS["replay"], {"ids": wanted, "now": now}).scalars().all()
    if missing := sorted(set(wanted) - set(replayed)):
        raise NotFound("no dead message {missing}: it arrived, still waits, or is not there", missing=missing[:10])
    connection.execute(STATEMENTS["note_replay"], {"changes": json.dumps({"outbox": wanted})})
    connection.execute(STATEMENTS["tell"])
    return len(replayed)


def tidy_outbox(connection: Connection, *, before: datetime) -> int:
    """Delete what arrived before a moment, with its log; what waits or is dead stays. Returns how many."""
    return connection.execute(STATEMENTS["tidy"], {"before": before}).rowcount
