"""Routes: who is told by which way, and the log of what was told and how it arrived."""

from collections.abc import Mapping
from typing import Any

from dash import html
from dash.development.base_component import Component

from alerts.notify.pipeline import list_notifications
from alerts.notify.routing import Route
from alerts.words import matcher_words
from dashboard import ids
from dashboard.office.page import OfficePage, Visit
from dashboard.office.parts import page_head, table
from dashboard.office.warnings.lives import READERS
from gis.texts import Texts

COLUMNS = (
    {"field": "at", "width": 150},
    {"field": "route", "width": 120, "filter": True},
    {"field": "said", "flex": 1, "minWidth": 240, "tooltipField": "body"},
    {"field": "steps", "width": 80, "type": "rightAligned"},
    {"field": "state", "width": 100, "filter": True},
    {"field": "attempts", "width": 80, "type": "rightAligned"},
    {"field": "reason", "flex": 1, "minWidth": 140, "tooltipField": "reason"},
)


def layout(visit: Visit) -> Component:
    """Return the page: the routes at the right, the log at the left."""
    texts = visit.texts
    rows = log_rows(visit)
    grid = table(texts, ids.ROUTES_LOG, COLUMNS, rows, titles="office.routes", empty="office.routes.none")
    head = page_head(texts("office.routes.title"), facts=texts("office.routes.lead"))
    routing = visit.services.alert_routing
    rules = [
        texts("office.routes.group", wait=f"{routing.group.wait_s:g}", interval=f"{routing.group.interval_s:g}"),
        texts("office.routes.storm", n=routing.storm.per_minute),
    ]
    if quiet := routing.quiet_hours:
        levels = "、".join(texts(f"alerts.level.{level}") for level in quiet.levels)
        rules.append(
            texts("office.routes.quiet", since=f"{quiet.since:%H:%M}", until=f"{quiet.until:%H:%M}", levels=levels)
        )
    side = html.Div(
        [
            *(route_part(route, texts) for route in routing.routes),
            html.Section([html.H2(texts("office.routes.rules")), *(html.P(rule) for rule in rules)]),
        ],
        className="office-side",
    )
    return html.Div(
        [head, html.Div([html.Div(grid), side], className="office-body office-beside")], className="office-two"
    )


def route_part(route: Route, texts: Texts) -> Component:
    """One route: its way, and for what it is; no address and no secret."""
    conditions = [matcher_words(one.label, one.op, one.values, texts) for one in route.match]
    if route.posts:
        conditions.append("、".join(texts(f"alerts.post.{post}") for post in route.posts))
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
        "at": visit.local(one["composed_at"], "%m-%d %H:%M:%S"),
        "route": one["route"],
        "said": one["title"],
        "body": one["body"],
        "steps": one["events"],
        "state": visit.texts(f"office.routes.state.{shown}"),
        "attempts": one["attempts"],
        "reason": one["reason"] or "",
    }


PAGE = OfficePage(slug="routes", group="warning", roles=READERS, layout=layout)
