"""What we give, as interfaces of the register: each resource by itself, and what each consumer was granted of it.

A consumer that may write is an interface taken as well: it reports, we take. Webhooks are given, event by event.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from access.consumers import Scope, list_consumers, scope_from
from access.interfaces import Interface, register
from access.webhooks import EVENT_RESOURCES, list_webhooks
from dashboard.exchange.promises import Promise, promises
from dashboard.exchange.resources import Resource, resources
from etl.push import offers
from gis.database.connection import Database
from gis.district import select_district
from gis.errors import NotFound

#: the resource of feeds that consumers hand over
HANDED_OVER = "feeds"
#: kinds of keys written here; those of feeds are etl's
KINDS = ("own", "given", "taken", "hook")
PAGES = {"zh": "本平台页面与持令牌的用户", "en": "Our own pages, and people with a token"}
PUBLISHED = {"zh": "平台对外提供", "en": "Given by the platform"}
REPORTS = {"zh": "接收其他系统上报与流转", "en": "Reports and steps of other systems"}
HOOK = {"zh": "事件推送", "en": "Webhook"}
EVENT = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["type", "timestamp", "data"],
    "properties": {
        "type": {"enum": sorted(EVENT_RESOURCES)},
        "timestamp": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
    },
}


def register_given(database: Database, *, now: datetime) -> int:
    """Register every interface that is given, and those taken from consumers; returns how many there are."""
    with database.owner.begin() as connection:
        try:
            code = select_district(connection).code
        except NotFound:
            return 0
        found = [*own_interfaces(), *consumers_interfaces(connection, now=now), *webhook_interfaces(connection)]
        register(connection, found, kinds=KINDS, subdistrict_code=code, now=now)
    return len(found)


def own_interfaces() -> Iterator[Interface]:
    """Each resource by itself: what our own pages and people's tokens use."""
    for name, promise in promises().items():
        resource = resources()[name]
        yield Interface(
            key=f"own:{name}",
            direction="given",
            party=PAGES,
            title=resource.name.model_dump(),
            purpose=promise.purpose.model_dump(),
            legal_basis=PUBLISHED,
            fields=fields_of(resource, promise, Scope(name)),
            contract=promise.for_scope(resource, Scope(name)),
            resource=name,
        )


def consumers_interfaces(connection: Connection, *, now: datetime) -> Iterator[Interface]:
    """What each consumer was granted; what it may write is taken."""
    for consumer in list_consumers(connection, now=now):
        party = {"zh": consumer["name"], "en": consumer["name"]}
        purpose = {"zh": consumer["purpose"], "en": consumer["purpose"]}
        basis = {"zh": consumer["legal_basis"], "en": consumer["legal_basis"]}
        for scope in map(scope_from, consumer["scopes"]):
            resource, promise = resources().get(scope.resource), promises().get(scope.resource)
            if resource is None:
                continue
            if resource.id == HANDED_OVER:
                yield from feeds_taken(consumer, scope)
                continue
            columns = fields_of(resource, promise, scope) if promise else []
            contract = promise.for_scope(resource, scope) if promise else {}
            for direction in ("given", "taken") if scope.write else ("given",):
                yield Interface(
                    key=f"{direction}:{consumer['id']}:{scope.resource}",
                    direction=direction,
                    party=party,
                    title=resource.name.model_dump(),
                    purpose=purpose if direction == "given" else REPORTS,
                    legal_basis=basis,
                    fields=columns,
                    contract=contract,
                    resource=scope.resource,
                    consumer_id=consumer["id"],
                )


def feeds_taken(consumer: Mapping[str, Any], scope: Scope) -> Iterator[Interface]:
    """The feeds a consumer may hand over, each with the contract of a row."""
    for offer in offers().values():
        if scope.write and scope.allows_item(offer.name):
            yield Interface(
                key=f"taken:{consumer['id']}:{scope.resource}:{offer.name}",
                direction="taken",
                party={"zh": consumer["name"], "en": consumer["name"]},
                title=offer.title,
                purpose={"zh": consumer["purpose"], "en": consumer["purpose"]},
                legal_basis={"zh": consumer["legal_basis"], "en": consumer["legal_basis"]},
                fields=offer.fields,
                contract=offer.contract,
                table_name=offer.table,
                resource=scope.resource,
                consumer_id=consumer["id"],
            )


def webhook_interfaces(connection: Connection) -> Iterator[Interface]:
    """Events posted to consumers."""
    for webhook in list_webhooks(connection):
        yield Interface(
            key=f"hook:{webhook['id']}",
            direction="given",
            party={"zh": webhook["consumer"], "en": webhook["consumer"]},
            title=HOOK,
            purpose={"zh": "、".join(webhook["event_types"]), "en": ", ".join(webhook["event_types"])},
            fields=[{"name": name, "zh": name, "en": name, "required": True} for name in ("type", "timestamp", "data")],
            contract=EVENT,
            consumer_id=webhook["consumer_id"],
        )


def fields_of(resource: Resource, promise: Promise, scope: Scope) -> Sequence[dict[str, Any]]:
    """The fields of a grant, in the resource's order."""
    required = set(promise.record.get("required", ()))
    names = resource.fields or tuple(promise.record["properties"])
    granted = scope.fields | set(resource.always)
    return [
        {"name": name, "zh": name, "en": name, "required": name in required}
        for name in names
        if scope.whole or name in granted
    ]
