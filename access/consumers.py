"""Consumers: other systems with keys of their own, what each may ask for, how often, and how often it did.

A consumer is an account without a password: which rows it sees is row-level security's business, as for everybody. Its
terms narrow that further: resources, fields and layers it was granted, calls a minute and a day, an end. A key is a
token of that account; its secret is given out once and stored as SHA-256.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from access.sessions import new_secret, secret_hash
from gis.database.statements import load_statements
from gis.errors import BadInput, Conflict, NotFound
from gis.sentences import Sentence, listed

STATEMENTS = load_statements("access", "consumers")

#: roles a consumer may have, by what it is to see: all rows read and written, all rows read, one community's
CONSUMER_ROLES = ("duty_officer", "street_leader", "community_leader")
EVERYTHING = frozenset({"*"})


@dataclass(frozen=True)
class Scope:
    """What a consumer may do with one resource."""

    resource: str
    write: bool = False
    #: fields it gets; ``*`` = all
    fields: frozenset[str] = EVERYTHING
    #: layers, collections or figures it may ask for; ``*`` = all
    items: frozenset[str] = EVERYTHING

    def allows_item(self, item: str) -> bool:
        """Whether it may ask for this layer, collection or figure."""
        return "*" in self.items or item in self.items

    @property
    def whole(self) -> bool:
        """Whether it gets every field."""
        return "*" in self.fields


@dataclass(frozen=True)
class Terms:
    """What was agreed with a consumer."""

    id: int
    name: str
    sandbox: bool
    minute_quota: int
    day_quota: int
    expires_at: datetime | None
    suspended_at: datetime | None
    scopes: Mapping[str, Scope] = field(default_factory=dict)

    def ended(self, now: datetime) -> bool:
        """Whether nothing is answered any more."""
        return self.suspended_at is not None or (self.expires_at is not None and self.expires_at <= now)


@dataclass(frozen=True)
class Admission:
    """Whether a call was admitted, and what is left of the quotas after it."""

    admitted: bool
    minute_left: int
    minute_reset_s: float
    day_left: int
    day_reset_s: float

    @property
    def retry_after_s(self) -> float:
        """When to ask again after a refusal [s]: the day's end when the day is used up, else the minute's."""
        return self.day_reset_s if self.day_left == 0 else self.minute_reset_s


@dataclass(frozen=True)
class NewConsumer:
    """What a consumer is made of."""

    name: str
    purpose: str
    role: str = "street_leader"
    community_codes: tuple[str, ...] = ()
    contact: str = ""
    legal_basis: str = ""
    sandbox: bool = False
    minute_quota: int = 60
    day_quota: int = 10_000
    expires_at: datetime | None = None
    scopes: tuple[Scope, ...] = ()


def find_terms(connection: Connection, account_id: int) -> Terms | None:
    """Return the terms of the consumer behind an account; None for everybody else."""
    row = connection.execute(STATEMENTS["terms"], {"account_id": account_id}).one_or_none()
    if row is None:
        return None
    values = dict(row._mapping)
    scopes = {stated["resource"]: scope_from(stated) for stated in values.pop("scopes")}
    return Terms(**values, scopes=scopes)


def scope_from(stated: Mapping[str, Any]) -> Scope:
    """Read a scope as the database and the pages write it."""
    return Scope(
        resource=str(stated["resource"]),
        write=bool(stated["write"]),
        fields=frozenset(stated["fields"]),
        items=frozenset(stated["items"]),
    )


def admit_call(connection: Connection, consumer_id: int, resource: str, *, now: datetime) -> Admission:
    """Count a call, if minute and day have room for it; exact for calls at once and from many servers."""
    values = {"consumer_id": consumer_id, "resource": resource, "now": now}
    return Admission(**connection.execute(STATEMENTS["admit_call"], values).one()._mapping)


def note_call(connection: Connection, consumer_id: int, resource: str, outcome: str, *, now: datetime) -> None:
    """Count a call that was ``denied`` (outside the scope), or one that was admitted and ``failed``."""
    values = {"consumer_id": consumer_id, "resource": resource, "outcome": outcome, "now": now}
    connection.execute(STATEMENTS["note_call"], values)


def add_consumer(connection: Connection, consumer: NewConsumer) -> int:
    """Make a consumer with its scopes; returns its id. In an operator's session, or as the owner.

    Raises
    ------
    BadInput
        If name or purpose are missing, a quota is not positive, the role is none for consumers, or a community's
        consumer names no community.
    Conflict
        If the name is taken.
    """
    faults = []
    if not consumer.name.strip() or not consumer.purpose.strip():
        faults.append(Sentence("name and purpose are needed"))
    if consumer.role not in CONSUMER_ROLES:
        faults.append(
            Sentence(
                "a consumer is no {role!r}; it may be {known}",
                role=consumer.role,
                known=CONSUMER_ROLES,
            )
        )
    if consumer.role == "community_leader" and not consumer.community_codes:
        faults.append(Sentence("a consumer of one community needs its code"))
    if consumer.minute_quota < 1 or consumer.day_quota < 1:
        faults.append(Sentence("quotas are at least one call"))
    if faults:
        raise BadInput(listed(faults))
    values = {**vars(consumer), "name": consumer.name.strip(), "community_codes": list(consumer.community_codes)}
    del values["scopes"]
    try:
        with connection.begin_nested():
            consumer_id = int(connection.scalar(STATEMENTS["add_consumer"], values))
    except IntegrityError as fault:
        raise Conflict("there is a consumer {name!r} already", name=consumer.name) from fault
    set_scopes(connection, consumer_id, consumer.scopes)
    return consumer_id


def set_scopes(connection: Connection, consumer_id: int, scopes: Sequence[Scope]) -> None:
    """Replace what a consumer may ask for."""
    connection.execute(STATEMENTS["clear_scopes"], {"consumer_id": consumer_id})
    for scope in scopes:
        values = {
            "consumer_id": consumer_id,
            "resource": scope.resource,
            "write": scope.write,
            "fields": sorted(scope.fields),
            "items": sorted(scope.items),
        }
        connection.execute(STATEMENTS["add_scope"], values)


def add_key(
    connection: Connection, consumer_id: int, *, label: str = "", now: datetime, lifetime: timedelta | None = None
) -> str:
    """Give a consumer a key; returns the secret, which cannot be had again."""
    secret = new_secret()
    values = {
        "consumer_id": consumer_id,
        "secret_hash": secret_hash(secret),
        "label": label,
        "expires_at": now + lifetime if lifetime is not None else None,
    }
    connection.execute(STATEMENTS["add_key"], values)
    return secret


def revoke_key(connection: Connection, consumer_id: int, token_id: int) -> None:
    """End a key of a consumer.

    Raises
    ------
    NotFound
        If the consumer has no such key, or it ended before.
    """
    if not connection.scalar(STATEMENTS["revoke_key"], {"consumer_id": consumer_id, "token_id": token_id}):
        raise NotFound(
            "consumer {consumer_id} has no living key {token_id}", consumer_id=consumer_id, token_id=token_id
        )


def change_consumer(connection: Connection, consumer_id: int, **changes: Any) -> None:
    """Change what was agreed: quotas, end, contact, purpose, legal basis, ``suspended_at``.

    Raises
    ------
    BadInput
        If something else is to be changed, or a quota is not positive.
    NotFound
        If there is no such consumer within what the asker may change.
    """
    known = {"contact", "purpose", "legal_basis", "minute_quota", "day_quota", "expires_at", "suspended_at"}
    if not changes or set(changes) - known:
        raise BadInput("of a consumer may be changed: {known}", known=sorted(known))
    if any(name in changes and changes[name] < 1 for name in ("minute_quota", "day_quota")):
        raise BadInput("quotas are at least one call")
    current = connection.execute(STATEMENTS["consumer"], {"consumer_id": consumer_id}).one_or_none()
    if current is None:
        raise NotFound("there is no consumer {consumer_id}", consumer_id=consumer_id)
    values = {name: getattr(current, name) for name in known} | changes | {"consumer_id": consumer_id}
    if not connection.execute(STATEMENTS["change_consumer"], values).rowcount:
        raise NotFound("there is no consumer {consumer_id} that you may change", consumer_id=consumer_id)


def list_consumers(connection: Connection, *, now: datetime) -> list[dict[str, Any]]:
    """Return the consumers the asker may see, with their scopes, living keys, and calls of today and of 30 days."""
    return [dict(row._mapping) for row in connection.execute(STATEMENTS["consumers"], {"now": now})]


def list_keys(connection: Connection) -> list[dict[str, Any]]:
    """Return the keys of the consumers the asker may see, newest first; no secret."""
    return [dict(row._mapping) for row in connection.execute(STATEMENTS["keys"])]


def list_usage(connection: Connection, *, days: int, now: datetime) -> list[dict[str, Any]]:
    """Return calls per consumer, resource and day."""
    return [dict(row._mapping) for row in connection.execute(STATEMENTS["usage"], {"days": days, "now": now})]
