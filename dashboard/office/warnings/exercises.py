"""Drills: start one by its scenario, end it, and how earlier ones went."""

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from alerts.drills import end_drill, list_drills, running_drill, shipped_scenarios, start_drill
from dashboard import ids
from dashboard.office.page import OfficePage, Visit, visit_of
from dashboard.office.parts import notice, page_head, table
from dashboard.office.warnings.lives import ACTORS, READERS
from dashboard.services import Services
from gis.errors import FengqiaoError

COLUMNS = (
    {"field": "state", "width": 84},
    {"field": "named", "flex": 1, "minWidth": 120},
    {"field": "scenario", "flex": 1, "minWidth": 120},
    {"field": "started", "width": 136},
    {"field": "ended", "width": 136},
    {"field": "handled", "width": 104},
    {"field": "mean", "width": 126},
    {"field": "by", "width": 130},
)


def layout(visit: Visit) -> Component:
    """Return the page."""
    texts = visit.texts
    grid = table(texts, ids.DRILLS_ROWS, COLUMNS, drill_rows(visit), titles="office.drills", empty="office.drills.none")
    head = page_head(texts("office.drills.title"), facts=texts("office.drills.lead"))
    side = [acting_part(visit)] if visit.session.role in ACTORS else []
    return html.Div(
        [head, html.Div([html.Div(grid), *side], className="office-body office-beside")], className="office-two"
    )


def acting_part(visit: Visit) -> Component:
    """Start, and end."""
    texts = visit.texts
    scenarios = [
        {"value": scenario.id, "label": dict(scenario.name)[texts.language]}  # type: ignore[index]  # zh or en
        for scenario in shipped_scenarios()
    ]
    start = html.Section(
        [
            html.H2(texts("office.drills.new")),
            dmc.Select(
                id=ids.DRILLS_SCENARIO,
                data=scenarios,
                value=scenarios[0]["value"],
                label=texts("office.drills.scenario"),
                size="sm",
            ),
            dmc.TextInput(id=ids.DRILLS_TITLE, label=texts("office.drills.name"), size="sm"),
            dmc.Button(texts("office.drills.start"), id=ids.DRILLS_START, size="sm"),
            html.P(texts("office.drills.promise")),
        ]
    )
    end = html.Section(
        [dmc.Button(texts("office.drills.end"), id=ids.DRILLS_END, size="sm", variant="outline", color="dark")]
    )
    return html.Div([start, end], className="office-side")


def drill_rows(visit: Visit) -> list[dict[str, Any]]:
    with visit.services.asking(visit.session) as connection:
        found = list_drills(connection, subdistrict_code=visit.session.subdistrict_code or "")
    return [row_of(drill, visit) for drill in found]


def row_of(drill: Mapping[str, Any], visit: Visit) -> dict[str, Any]:
    texts = visit.texts
    names = {scenario.id: dict(scenario.name)[texts.language] for scenario in shipped_scenarios()}  # type: ignore[index]
    return {
        "state": texts("office.drills.over" if drill["ended_at"] else "office.drills.runs"),
        "named": drill["title"],
        "scenario": names.get(drill["scenario"], drill["scenario"]),
        "started": visit.local(drill["started_at"], "%m-%d %H:%M:%S"),
        "ended": visit.local(drill["ended_at"], "%m-%d %H:%M:%S"),
        "handled": f"{drill['acknowledged']} / {drill['alerts']}",
        "mean": "" if drill["mean_s"] is None else texts("office.drills.seconds", n=f"{drill['mean_s']:,.0f}"),
        "by": drill["started_by"],
    }


def register(app: Dash, services: Services) -> None:
    """Start and end."""

    @app.callback(
        Output(ids.DRILLS_ROWS, "rowData", allow_duplicate=True),
        Output(ids.OFFICE_NOTICES, "sendNotifications", allow_duplicate=True),
        Input(ids.DRILLS_START, "n_clicks"),
        State(ids.DRILLS_SCENARIO, "value"),
        State(ids.DRILLS_TITLE, "value"),
        prevent_initial_call=True,
    )
    def start(clicks: int | None, scenario: str, title: str | None) -> tuple[Any, Any]:
        if not clicks:
            raise PreventUpdate
        return started(visit_of(services), scenario, title or "")

    @app.callback(
        Output(ids.DRILLS_ROWS, "rowData", allow_duplicate=True),
        Output(ids.OFFICE_NOTICES, "sendNotifications", allow_duplicate=True),
        Input(ids.DRILLS_END, "n_clicks"),
        prevent_initial_call=True,
    )
    def end(clicks: int | None) -> tuple[Any, Any]:
        if not clicks:
            raise PreventUpdate
        return ended(visit_of(services))


def started(visit: Visit, scenario: str, title: str) -> tuple[Any, Any]:
    """Start a drill; or say why not."""
    code = visit.session.subdistrict_code or ""
    try:
        with visit.services.asking(visit.session) as connection:
            start_drill(
                connection,
                subdistrict_code=code,
                scenario_id=scenario,
                title=title[:60],
                post=visit.session.title or visit.session.name,
                now=visit.now,
            )
    except FengqiaoError as fault:
        return no_update, [notice(fault.within(visit.texts.language))]
    return drill_rows(visit), [notice(visit.texts("office.drills.started_now"))]


def ended(visit: Visit) -> tuple[Any, Any]:
    """End the drill that runs."""
    with visit.services.asking(visit.session) as connection:
        drill = running_drill(connection, subdistrict_code=visit.session.subdistrict_code or "")
        if drill is None:
            return no_update, [notice(visit.texts("office.drills.none_runs"))]
        end_drill(connection, drill.id, post=visit.session.title or visit.session.name, now=visit.now)
    return drill_rows(visit), [notice(visit.texts("office.drills.ended_now"))]


PAGE = OfficePage(slug="drills", group="warning", roles=READERS, layout=layout, register=register)
