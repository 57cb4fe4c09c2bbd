"""Routes: who is told by which way, and the log of what was told and how it arrived."""

from collections.abc import Mapping
from typing import Any

from dash import Dash, Input, Output, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from access.outbox import message_log
from alerts.notify.pipeline import list_notifications
from alerts.notify.routing import Route
from alerts.words import matcher_words
from dashboard import ids
from dashboard.office.page import OfficePage, Visit, visit_of
from dashboard.office.parts import ONE_ROW, Rows, page_head, table
from dashboard.office.warnings.lives import READERS
from dashboard.services import Services
from gis.texts import Texts

COLUMNS = (
    {"field": "at", "width": 140},
    {"field": "route", "width": 116, "filter": True},
    {"field": "said", "flex": 4, "minWidth": 240, "tooltipField": "body", "cellClass": "office-whole"},
    {"field": "steps", "width": 76, "type": "rightAligned"},
    {"field": "state", "width": 96, "filter": True},
    {"field": "attempts", "width": 94, "type": "rightAligned"},
    {"field": "reason", "flex": 1, "minWidth": 120, "tooltipField": "reason"},
)


def layout(visit: Visit) -> Component:
    """Return the page: the log at the left; at the right what was told and each try to deliver it, then the routes."""
    texts = visit.texts
    rows = log_rows(visit)
    first = rows[0] if rows else None
    grid = table(
        texts,
        ids.ROUTES_LOG,
        COLUMNS,
        rows,
        titles="office.routes",
        empty="office.routes.none",
        key="id",
        chosen=first,
        rowSelection=ONE_ROW,
    )
    head = page_head(texts("office.routes.title"), facts=texts("office.routes.lead"))
    routing = visit.services.alert_routing
    rules = [
        texts("office.routes.group", wait=f"{routing.group.wait_s:g}", interval=f"{routing.group.interval_s:g}"),
        texts("office.routes.storm", n=routing.storm.per_minute),
    ]
    if quiet := routing.quiet_hours:
        levels = texts.words(texts(f"alerts.level.{level}") for level in quiet.levels)
        rules.append(
            texts("office.routes.quiet", since=f"{quiet.since:%H:%M}", until=f"{quiet.until:%H:%M}", levels=levels)
        )
    side = html.Div(
        [
            html.Section(told_part(visit, first) if first else [], id=ids.ROUTES_TOLD),
            *(route_part(route, texts) for route in routing.routes),
            html.Section([html.H2(texts("office.routes.rules")), *(html.P(rule) for rule in rules)]),
        ],
        className="office-side",
    )
    return html.Div(
        [head, html.Div([html.Div(grid), side], className="office-body office-beside")], className="office-two"
    )


def told_part(visit: Visit, row: Mapping[str, Any]) -> list[Component]:
    """One notification as it was told, and each try to deliver it with what the other side said."""
    texts = visit.texts
    head = [
        html.H2([texts("office.routes.told"), html.Span(row["route"], className="warnings-channel")]),
        html.P(row["body"], className="warnings-said"),
    ]
    if row["outbox_id"] is None:
        return [*head, html.P(texts("office.routes.try.shown"), className="facts")]
    with visit.services.asking(visit.session) as connection:
        tries = message_log(connection, row["outbox_id"])
    lines = [
        html.Li(
            [
                html.B(texts("office.routes.try", n=number)),
                html.Time(visit.local(one["at"], "%m-%d %H:%M:%S")),
                html.Span(" · ".join(filter(None, (texts(f"office.routes.try.{one['outcome']}"), one["answer"])))),
            ]
        )
        for number, one in enumerate(tries, start=1)
    ]
    more = [html.P(texts("office.routes.try.next", at=row["next"]))] if row["next"] else []
    return [*head, html.Ol(lines, className="warnings-tries"), *more]


def route_part(route: Route, texts: Texts) -> Component:
    """One route: its way, and for what it is; no address and no secret."""
    conditions = [matcher_words(one.label, one.op, one.values, texts) for one in route.match]
    if route.posts:
        conditions.append(texts.words(texts(f"alerts.post.{post}") for post in route.posts))
    lines = [html.P(condition) for condition in conditions] or [html.P(texts("office.routes.everything"))]
    where = ", ".join(route.to) if route.channel == "smtp" else route.url_from or ""
    return html.Section(
        [
            html.H2([route.id, html.Span(texts(f"alerts.channel.{route.channel}"), className="warnings-channel")]),
            *lines,
            *([html.P(where, className="office-mono")] if where else []),
        ]
    )


def log_rows(visit: Visit) -> list[dict[str, Any]]:
    """What was told, newest first."""
    with visit.services.asking(visit.session) as connection:
        told = list_notifications(connection, subdistrict_code=visit.session.subdistrict_code or "", limit=500)
    return [row_of(one, visit) for one in told]


def row_of(one: Mapping[str, Any], visit: Visit) -> dict[str, Any]:
    shown = one["status"] or "shown"
    return {
        "id": one["id"],
        "outbox_id": one["outbox_id"],
        "next": visit.local(one["next_attempt_at"], "%m-%d %H:%M:%S") if shown == "waiting" else "",
        "at": visit.local(one["composed_at"], "%m-%d %H:%M:%S"),
        "route": one["route"],
        "said": one["title"],
        "body": one["body"],
        "steps": one["events"],
        "state": visit.texts(f"office.routes.state.{shown}"),
        "attempts": one["attempts"],
        "reason": one["reason"] or "",
    }


def register(app: Dash, services: Services) -> None:
    """Show the chosen notification."""

    @app.callback(Output(ids.ROUTES_TOLD, "children"), Input(ids.ROUTES_LOG, "selectedRows"), prevent_initial_call=True)
    def choose(rows: Rows | None) -> list[Component]:
        if not rows:
            raise PreventUpdate
        return told_part(visit_of(services), rows[0])


PAGE = OfficePage(slug="routes", group="warning", roles=READERS, layout=layout, register=register)
