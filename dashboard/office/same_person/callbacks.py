"""What happens on the page: a pair is chosen, decided, and the last decision taken back."""

from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from dashboard import ids
from dashboard.office.page import Visit, visit_of
from dashboard.office.parts import Rows, notice
from dashboard.office.rights import require_role
from dashboard.office.same_person.layout import facts, pair_rows, pairs, shown_pair
from dashboard.services import Services
from etl.matching import decide_pair
from gis.errors import FengqiaoError

ROLES = ("operator",)
#: button -> what it decides
DECISIONS = {ids.SAME_PERSON_ONE: "merged", ids.SAME_PERSON_TWO: "different", ids.SAME_PERSON_BACK: "waiting"}


def register(app: Dash, services: Services) -> None:
    """Wire the page."""

    @app.callback(
        Output(ids.SAME_PERSON_ROWS, "rowData"), Input(ids.SAME_PERSON_SHOWN, "value"), prevent_initial_call=True
    )
    def list_pairs(status: str) -> list[dict[str, Any]]:
        return pair_rows(visit_of(services), status)

    @app.callback(
        Output(ids.SAME_PERSON_PAIR, "children"),
        Output(ids.SAME_PERSON_ONE, "disabled"),
        Output(ids.SAME_PERSON_TWO, "disabled"),
        Output(ids.SAME_PERSON_BACK, "disabled"),
        Input(ids.SAME_PERSON_ROWS, "selectedRows"),
        State(ids.SAME_PERSON_SHOWN, "value"),
        State(ids.SAME_PERSON_LAST, "data"),
        prevent_initial_call=True,
    )
    def choose(chosen: Rows | None, status: str, last: str | None) -> tuple[Any, ...]:
        return show(visit_of(services), chosen, status, last)

    @app.callback(
        Output(ids.SAME_PERSON_ROWS, "rowData", allow_duplicate=True),
        Output(ids.SAME_PERSON_FACTS, "children"),
        Output(ids.SAME_PERSON_LAST, "data"),
        Output(ids.OFFICE_NOTICES, "sendNotifications", allow_duplicate=True),
        Output(ids.SAME_PERSON_ROWS, "selectedRows"),
        *(Input(button, "n_clicks") for button in DECISIONS),
        State(ids.SAME_PERSON_ROWS, "selectedRows"),
        State(ids.SAME_PERSON_SHOWN, "value"),
        State(ids.SAME_PERSON_LAST, "data"),
        prevent_initial_call=True,
    )
    def decide(
        one: int | None, two: int | None, back: int | None, chosen: Rows | None, status: str, last: str | None
    ) -> Any:
        if not (one or two or back):
            raise PreventUpdate
        answer = decided(visit_of(services), str(ctx.triggered_id), chosen, status, last)
        # what was decided is chosen no more; the page's script chooses the next
        return *answer, no_update if answer[0] is no_update else []


def show(visit: Visit, chosen: Rows | None, status: str, last: str | None) -> tuple[Any, ...]:
    """The chosen pair, and what may be decided of it."""
    pair = next((one for one in pairs(visit, status) if chosen and str(one.id) == chosen[0]["id"]), None)
    if pair is None:
        return visit.texts("office.same-person.empty"), True, True, last is None
    return shown_pair(pair, visit), status == "merged", status == "different", status == "waiting" and last is None


def decided(visit: Visit, button: str, chosen: Rows | None, status: str, last: str | None) -> tuple[Any, ...]:
    """Decide the chosen pair; taking back means the chosen one where decided pairs are shown, else the last."""
    back = button == ids.SAME_PERSON_BACK
    pair = last if back and status == "waiting" else (chosen[0]["id"] if chosen else None)
    if pair is None:
        raise PreventUpdate
    try:
        require_role(visit, ROLES)
        with visit.services.asking(visit.session) as connection:
            decide_pair(connection, int(pair), DECISIONS[button], actor=visit.session.name, now=visit.now)
    except FengqiaoError as fault:
        return no_update, no_update, no_update, [notice(fault.within(visit.texts.language))]
    said = notice(visit.texts(f"office.same-person.did.{DECISIONS[button]}"))
    return pair_rows(visit, status), facts(visit), None if back else pair, [said]
