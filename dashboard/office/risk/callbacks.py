"""What happens on the page of risk points: choosing one, confirming or rejecting it with a reason."""

from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from alerts.risk.store import DECIDERS, Decision, decide
from dashboard import ids
from dashboard.office.page import Visit, visit_of
from dashboard.office.parts import Rows, notice
from dashboard.office.risk.layout import facts, point_rows, point_view, points_of
from dashboard.services import Services
from gis.errors import FengqiaoError


def register(app: Dash, services: Services) -> None:
    """Wire the page."""

    @app.callback(
        Output(ids.RISK_POINT, "children"),
        Output(ids.RISK_DECIDING, "hidden"),
        Output(ids.RISK_CONFIRM, "disabled"),
        Input(ids.RISK_ROWS, "selectedRows"),
        prevent_initial_call=True,
    )
    def choose(rows: Rows | None) -> tuple[Any, bool, bool]:
        if not rows:
            raise PreventUpdate
        return chosen(visit_of(services), int(rows[0]["id"]))

    @app.callback(
        Output(ids.OFFICE_NOTICES, "sendNotifications", allow_duplicate=True),
        Output(ids.RISK_ROWS, "rowData"),
        Output(ids.RISK_FACTS, "children"),
        Output(ids.RISK_REASON, "value"),
        Output(ids.RISK_POINT, "children", allow_duplicate=True),
        Output(ids.RISK_DECIDING, "hidden", allow_duplicate=True),
        Output(ids.RISK_CONFIRM, "disabled", allow_duplicate=True),
        Input(ids.RISK_CONFIRM, "n_clicks"),
        Input(ids.RISK_REJECT, "n_clicks"),
        State(ids.RISK_ROWS, "selectedRows"),
        State(ids.RISK_REASON, "value"),
        prevent_initial_call=True,
    )
    def answer(confirms: int | None, rejects: int | None, rows: Rows | None, reason: str | None) -> tuple[Any, ...]:
        if not rows or not (confirms or rejects):
            raise PreventUpdate
        decision = Decision(int(rows[0]["id"]), ctx.triggered_id == ids.RISK_CONFIRM, reason or "")
        return decided(visit_of(services), decision)


def chosen(visit: Visit, point_id: int) -> tuple[Any, bool, bool]:
    """The chosen point; whether nothing is to be decided about it, and whether it cannot be confirmed any more."""
    point = next((one for one in points_of(visit) if one["id"] == point_id), None)
    if point is None:
        return visit.texts("office.risk.gone"), True, True
    nothing = point["status"] == "rejected" or visit.session.role not in DECIDERS
    return point_view(visit, point), nothing, point["status"] != "candidate"


def decided(visit: Visit, decision: Decision) -> tuple[Any, ...]:
    """Keep a decision and show the points anew."""
    try:
        with visit.services.asking(visit.session) as connection:
            decide(
                connection,
                decision,
                role=visit.session.role,
                by=visit.session.title or visit.session.name,
                now=visit.now,
            )
    except FengqiaoError as fault:
        return [notice(fault.within(visit.texts.language))], *(no_update for _ in range(6))
    said = visit.texts("office.risk.did_confirm" if decision.confirmed else "office.risk.did_reject")
    found = points_of(visit)
    return [notice(said)], point_rows(visit, found), facts(visit, found), "", *chosen(visit, decision.point_id)
