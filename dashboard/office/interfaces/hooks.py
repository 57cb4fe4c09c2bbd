"""Webhooks: where events are posted to, what waits and what is dead, and its replay."""

from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from access.consumers import list_consumers
from access.outbox import list_messages
from access.webhooks import EVENT_RESOURCES, list_webhooks
from dashboard import ids
from dashboard.office.page import Visit
from dashboard.office.parts import ONE_ROW, table
from gis.texts import Texts

COLUMNS = (
    {"field": "consumer", "flex": 2, "minWidth": 130},
    {"field": "url", "flex": 3, "minWidth": 180, "cellClass": "office-anywhere"},
    {"field": "events", "flex": 3, "minWidth": 180},
    {"field": "delivered", "width": 92, "type": "rightAligned"},
    {"field": "waiting", "width": 84, "type": "rightAligned"},
    {"field": "dead", "width": 76, "type": "rightAligned"},
    {"field": "last", "width": 130},
    {"field": "state", "width": 90, "tooltipField": "why"},
)
LETTERS = (
    {"field": "at", "width": 132},
    {"field": "type", "width": 170},
    {"field": "channel", "width": 96},
    {"field": "target", "width": 110},
    {"field": "status", "width": 90},
    {"field": "attempts", "width": 72, "type": "rightAligned"},
    {"field": "reason", "flex": 1, "minWidth": 220},
)


def hooks_view(visit: Visit) -> Component:
    """Webhooks above, what did not arrive below, the forms at the right."""
    texts = visit.texts
    hooks = table(
        texts, ids.HOOKS_ROWS, COLUMNS, hook_rows(visit), titles="hooks", empty="hooks.none", key="id",
        rowSelection=ONE_ROW,
    )  # fmt: skip
    letters = table(
        texts, ids.HOOKS_DEAD, LETTERS, letter_rows(visit), titles="hooks.letter", empty="hooks.letters.none", key="id",
        rowSelection={"mode": "multiRow", "enableClickSelection": True},
    )  # fmt: skip
    main = html.Div(
        [
            html.Div(hooks, className="hooks-table"),
            html.H2(texts("hooks.letters"), className="hooks-title"),
            html.Div(letters, className="hooks-letters"),
        ],
        className="hooks-main",
    )
    side = (
        [html.Div([act_part(visit), new_part(visit)], className="office-side")]
        if visit.session.role == "operator"
        else []
    )
    return html.Div([main, *side], className="office-body office-beside")


def hook_rows(visit: Visit) -> list[dict[str, Any]]:
    """One row per webhook, as text."""
    texts = visit.texts
    with visit.services.asking(visit.session) as connection:
        webhooks = list_webhooks(connection)
    return [
        {
            "id": one["id"],
            "consumer": one["consumer"],
            "url": one["url"],
            "events": texts.words(event_words(kind, texts) for kind in one["event_types"]),
            "delivered": one["delivered"],
            "waiting": one["waiting"],
            "dead": one["dead"],
            "last": visit.local(one["last_delivered_at"], "%m-%d %H:%M:%S"),
            "state": texts("hooks.state.paused" if one["paused_at"] else "hooks.state.open"),
            "why": one["pause_reason"],
            "paused": one["paused_at"] is not None,
        }
        for one in webhooks
    ]


def letter_rows(visit: Visit) -> list[dict[str, Any]]:
    """Messages that are dead or wait, of every channel, newest first."""
    texts = visit.texts
    with visit.services.asking(visit.session) as connection:
        messages = [*list_messages(connection, status="dead"), *list_messages(connection, status="waiting")]
    return [
        {
            "id": one["id"],
            "at": visit.local(one["created_at"], "%m-%d %H:%M:%S"),
            "type": event_words(one["event_type"], texts),
            "channel": texts(f"alerts.channel.{one['channel'].removeprefix('alert.')}"),
            "target": one["target"],
            "status": texts(f"hooks.status.{one['status']}"),
            "attempts": one["attempts"],
            "reason": one["reason"],
            "dead": one["status"] == "dead",
        }
        for one in messages
    ]


def event_words(kind: str, texts: Texts) -> str:
    """An event's type in words: what it is about, and what became of it."""
    subject, _, change = kind.partition(".")
    said = f"alerts.change.{change}" if subject == "alert" else f"hooks.change.{change}"
    if said not in texts.by_key or f"hooks.subject.{subject}" not in texts.by_key:
        return kind
    return texts("hooks.event", subject=texts(f"hooks.subject.{subject}"), change=texts(said))


def event_choices(texts: Texts) -> list[dict[str, str]]:
    """The events a consumer can be told of."""
    return [{"value": kind, "label": event_words(kind, texts)} for kind in EVENT_RESOURCES]


def act_part(visit: Visit) -> Component:
    """What can be done with what is chosen."""
    texts = visit.texts
    return html.Section(
        [
            dmc.Button(texts("hooks.replay"), id=ids.HOOKS_REPLAY),
            dmc.Group(
                [
                    dmc.Button(texts("hooks.ping"), id=ids.HOOKS_PING, variant="default"),
                    dmc.Button(texts("hooks.pause"), id=ids.HOOKS_PAUSE, variant="default"),
                ],
                gap=8,
            ),
            html.Output(id=ids.HOOKS_SECRET, className="office-secret"),
        ]
    )


def new_part(visit: Visit) -> Component:
    """The form of a new webhook."""
    texts = visit.texts
    with visit.services.asking(visit.session) as connection:
        consumers = list_consumers(connection, now=visit.now)
    consumer, url, events = ids.HOOKS_NEW
    return html.Section(
        [
            html.H2(texts("hooks.new")),
            dmc.Select(
                id=consumer, label=texts("hooks.consumer"),
                data=[{"value": str(one["id"]), "label": one["name"]} for one in consumers],
            ),
            dmc.TextInput(id=url, label=texts("hooks.url"), placeholder="https://"),
            dmc.MultiSelect(id=events, label=texts("hooks.events"), data=event_choices(texts), searchable=True),
            dmc.Button(texts("hooks.make"), id=ids.HOOKS_MAKE),
        ]
    )  # fmt: skip
