"""What the notification stages decided on a step, along one route, in words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.office.page import Visit


def stages_told(notice: Mapping[str, Any], visit: Visit) -> Component:
    """One route's decisions, a line each."""
    texts = visit.texts
    route = notice["route"] or texts("office.alerts.no_route")
    head = html.Div(
        [html.B(route), html.Span(texts(f"office.alerts.notice.{notice['state']}"))], className="warnings-route"
    )
    lines = [stage_line(stage, visit) for stage in notice["stages"]]
    return html.Div([head, html.Ul(lines)], className="warnings-notice")


def stage_line(stage: Mapping[str, Any], visit: Visit) -> Component:
    """Stage, verdict, reason."""
    texts = visit.texts
    values = {name: told(value, visit) for name, value in stage["values"].items()}
    if "post" in values:
        values["post"] = texts(f"alerts.post.{values['post']}")
    return html.Li(
        [
            html.Span(texts(f"alerts.stage.{stage['stage']}"), className="stage"),
            html.Span(texts(f"alerts.verdict.{stage['verdict']}"), className=f"verdict {stage['verdict']}"),
            html.Span(texts(f"alerts.reason.{stage['reason']}", **values)),
        ]
    )


def told(value: Any, visit: Visit) -> Any:
    """A value as people read it: times in their own zone."""
    if isinstance(value, str) and "T" in value:
        try:
            return visit.local(datetime.fromisoformat(value), "%m-%d %H:%M:%S")
        except ValueError:
            return value
    return value
