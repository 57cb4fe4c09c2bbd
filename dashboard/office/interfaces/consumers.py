"""Consumers: the table with what each was granted and how often it called; forms for keys and new ones."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from access.consumers import CONSUMER_ROLES, NewConsumer, Scope, list_consumers
from access.scope import STATEMENTS as PLACES
from dashboard import ids
from dashboard.exchange.resources import resources
from dashboard.office.page import Visit
from dashboard.office.parts import ONE_ROW, table
from etl.push import offers
from gis.errors import BadInput
from gis.texts import Texts
from layers.catalogue import catalogue

#: stands before the name of a feed among the chosen items
FEED_ITEM = "feeds."
COLUMNS = (
    {"field": "name", "flex": 4, "minWidth": 130},
    {"field": "state", "width": 92},
    {"field": "data", "width": 80},
    {"field": "scopes", "flex": 5, "minWidth": 150},
    {"field": "today", "width": 112, "type": "rightAligned"},
    {"field": "minute", "width": 76, "type": "rightAligned"},
    {"field": "calls", "width": 90, "type": "rightAligned"},
    {"field": "refused", "width": 104, "type": "rightAligned"},
    {"field": "last", "width": 112},
    {"field": "keys", "width": 68, "type": "rightAligned"},
    {"field": "until", "width": 112},
)


def consumers_view(visit: Visit) -> Component:
    """The table at the left, what can be done at the right."""
    texts = visit.texts
    grid = table(
        texts, ids.CONSUMERS_ROWS, COLUMNS, consumer_rows(visit), titles="consumers",
        empty="consumers.none", key="id", rowSelection=ONE_ROW,
    )  # fmt: skip
    side = []
    if visit.session.role == "operator":
        side = [html.Div([key_part(texts), new_part(visit)], className="office-side")]
    return html.Div([html.Div(grid), *side], className="office-body office-beside")


def consumer_rows(visit: Visit) -> list[dict[str, Any]]:
    """One row per consumer, as text."""
    texts = visit.texts
    with visit.services.asking(visit.session) as connection:
        consumers = list_consumers(connection, now=visit.now)
    return [
        {
            "id": one["id"],
            "name": one["name"],
            "state": texts(f"consumers.state.{state_of(one, visit)}"),
            "data": texts("consumers.sandbox" if one["sandbox"] else "consumers.real"),
            "purpose": one["purpose"],
            "suspended": one["suspended_at"] is not None,
            "scopes": texts.clauses(scope_words(scope, texts) for scope in one["scopes"]),
            "keys": one["keys"],
            "today": f"{one['calls_today']:,} / {one['day_quota']:,}",
            "minute": f"{one['minute_quota']:,}",
            "calls": f"{one['calls_30_days']:,}",
            "refused": f"{one['limited_30_days']:,} · {one['denied_30_days']:,} · {one['failed_30_days']:,}",
            "last": visit.local(one["last_call_at"], "%m-%d %H:%M"),
            "until": visit.local(one["expires_at"], "%Y-%m-%d"),
        }
        for one in consumers
    ]


def state_of(consumer: Mapping[str, Any], visit: Visit) -> str:
    """Whether it is answered."""
    if consumer["suspended_at"] is not None:
        return "suspended"
    return "ended" if consumer["expires_at"] is not None and consumer["expires_at"] <= visit.now else "open"


def scope_words(scope: Mapping[str, Any], texts: Texts) -> str:
    """A grant in words."""
    resource = resources().get(scope["resource"])
    parts = [resource.name.in_language(texts.language) if resource else scope["resource"]]
    if scope["write"]:
        parts.append(texts("consumers.write"))
    if "*" not in scope["fields"]:
        parts.append(texts("consumers.some_fields", n=len(scope["fields"])))
    if "*" not in scope["items"]:
        parts.append(texts("consumers.some_items", n=len(scope["items"])))
    return " · ".join(parts)


def key_part(texts: Texts) -> Component:
    """What can be done with the chosen consumer."""
    return html.Section(
        [
            html.H2(texts("consumers.choose"), id=ids.CONSUMERS_CHOSEN),
            dmc.NumberInput(id=ids.CONSUMERS_KEY_DAYS, label=texts("consumers.key_days"), value=365, min=1),
            dmc.Group(
                [
                    dmc.Button(texts(f"consumers.{said}"), id=id_, variant="default", disabled=True)
                    for said, id_ in zip(("key", "revoke", "suspend"), ids.CONSUMERS_ACTIONS, strict=True)
                ],
                gap=8,
            ),
            html.Output(id=ids.CONSUMERS_SECRET, className="office-secret"),
        ],
        className="office-acts",
    )


def new_part(visit: Visit) -> Component:
    """The form of a new consumer."""
    texts = visit.texts
    with visit.services.asking(visit.session) as connection:
        communities = connection.execute(PLACES["communities"]).all()
    name, purpose, contact, basis, role, codes, granted, fields, items, minute, day, days, sandbox = ids.CONSUMERS_NEW
    language = texts.language
    return html.Section(
        [
            html.H2(texts("consumers.new")),
            dmc.TextInput(id=name, label=texts("consumers.name")),
            dmc.TextInput(id=purpose, label=texts("consumers.purpose")),
            dmc.TextInput(id=contact, label=texts("consumers.contact")),
            dmc.TextInput(id=basis, label=texts("consumers.legal_basis")),
            dmc.Select(
                id=role, label=texts("consumers.role"), value="street_leader", allowDeselect=False,
                data=[{"value": one, "label": texts(f"consumers.role.{one}")} for one in CONSUMER_ROLES],
            ),
            dmc.MultiSelect(
                id=codes, label=texts("consumers.communities"),
                data=[{"value": row.code, "label": row.name} for row in communities],
            ),
            dmc.MultiSelect(
                id=granted, label=texts("consumers.resources"), data=resource_choices(texts), searchable=True,
            ),
            dmc.MultiSelect(
                id=fields, label=texts("consumers.fields"), data=field_choices(language), searchable=True,
            ),
            dmc.MultiSelect(
                id=items, label=texts("consumers.items"), searchable=True,
                data=item_choices(texts),
            ),
            dmc.NumberInput(id=minute, label=texts("consumers.minute_quota"), value=60, min=1),
            dmc.NumberInput(id=day, label=texts("consumers.day_quota"), value=10_000, min=1),
            dmc.NumberInput(id=days, label=texts("consumers.days"), value=365, min=1),
            dmc.Checkbox(id=sandbox, label=texts("consumers.sandbox_data"), checked=False),
            dmc.Button(texts("consumers.make"), id=ids.CONSUMERS_MAKE),
        ]
    )  # fmt: skip


def resource_choices(texts: Texts) -> list[dict[str, str]]:
    """Resources to be granted, and writing where there is something to write."""
    found = []
    for resource in resources().values():
        title = resource.name.in_language(texts.language)
        found.append({"value": resource.id, "label": title})
        if resource.write:
            found.append({"value": f"{resource.id}:write", "label": f"{title} · {texts('consumers.write')}"})
    return found


def item_choices(texts: Texts) -> list[dict[str, Any]]:
    """Layers and feeds to which a grant can be cut."""
    language = texts.language
    layers = [{"value": layer.id, "label": layer.name.in_language(language)} for layer in catalogue().layers]
    feeds = [{"value": f"{FEED_ITEM}{one.name}", "label": one.title[language]} for one in offers().values()]
    return [
        {"group": resources()["layers"].name.in_language(language), "items": layers},
        {"group": resources()["feeds"].name.in_language(language), "items": feeds},
    ]


def field_choices(language: str) -> list[dict[str, Any]]:
    """Fields to which a grant can be cut, by resource."""
    return [
        {
            "group": resource.name.in_language(language),
            "items": [
                {"value": f"{resource.id}.{name}", "label": name}
                for name in resource.fields
                if name not in resource.always
            ],
        }
        for resource in resources().values()
        if resource.fields
    ]


def scopes_of(granted: list[str], fields: list[str], items: list[str]) -> tuple[Scope, ...]:
    """Read the grants out of what was chosen in the form.

    Raises
    ------
    BadInput
        If a field belongs to a resource that is not granted, or feeds are granted and none is named.
    """
    names = dict.fromkeys(choice.partition(":")[0] for choice in granted)
    by_resource: dict[str, set[str]] = {}
    for choice in fields:
        resource, _, name = choice.partition(".")
        by_resource.setdefault(resource, set()).add(name)
    if stray := sorted(set(by_resource) - set(names)):
        raise BadInput("fields of {stray} are chosen, and it is not granted", stray=stray)
    feeds = frozenset(item.removeprefix(FEED_ITEM) for item in items if item.startswith(FEED_ITEM))
    layers = frozenset(item for item in items if not item.startswith(FEED_ITEM))
    if bool(feeds) != ("feeds" in names):
        raise BadInput("feeds are granted by name: choose the resource and each feed that may be handed over")
    granted_items = {"layers": layers, "tiles": layers, "feeds": feeds}
    return tuple(
        Scope(
            resource=name,
            write=f"{name}:write" in granted,
            fields=frozenset(by_resource.get(name, {"*"})),
            items=granted_items.get(name) or frozenset({"*"}),
        )
        for name in names
    )


def new_consumer(values: Any, visit: Visit) -> NewConsumer:
    """Read the form of a new consumer."""
    name, purpose, contact, basis, role, codes, granted, fields, items, minute, day, days, sandbox = values
    return NewConsumer(
        name=str(name or ""),
        purpose=str(purpose or ""),
        contact=str(contact or ""),
        legal_basis=str(basis or ""),
        role=str(role),
        community_codes=tuple(codes or ()),
        sandbox=bool(sandbox),
        minute_quota=int(minute or 0),
        day_quota=int(day or 0),
        expires_at=visit.now + timedelta(days=int(days)) if days else None,
        scopes=scopes_of(granted or [], fields or [], items or []),
    )
