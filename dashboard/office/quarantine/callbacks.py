"""What happens on the page: a feed is chosen, its sheet downloaded, the mended sheet taken in."""

import base64
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from access.audit import note_event
from dashboard import ids
from dashboard.office.page import Visit, visit_of
from dashboard.office.parts import Rows, notice
from dashboard.office.quarantine.layout import bad_rows, facts, reason_rows, row_cells, shown
from dashboard.office.rights import require_role
from dashboard.office.uploads import uploaded
from dashboard.services import Services
from etl.mending import mend, quarantine_sheet
from gis.errors import FengqiaoError

ROLES = ("operator",)


def register(app: Dash, services: Services) -> None:
    """Wire the page."""

    @app.callback(
        Output(ids.QUARANTINE_HEAD, "children"),
        Output(ids.QUARANTINE_ROWS, "columnDefs"),
        Output(ids.QUARANTINE_ROWS, "rowData"),
        Output(ids.QUARANTINE_XLSX, "disabled"),
        Output(ids.QUARANTINE_CSV, "disabled"),
        Input(ids.QUARANTINE_REASONS, "selectedRows"),
        prevent_initial_call=True,
    )
    def choose(chosen: Rows | None) -> tuple[Any, ...]:
        return show(visit_of(services), chosen)

    @app.callback(
        Output(ids.QUARANTINE_FILE, "data"),
        Output(ids.OFFICE_NOTICES, "sendNotifications", allow_duplicate=True),
        Input(ids.QUARANTINE_XLSX, "n_clicks"),
        Input(ids.QUARANTINE_CSV, "n_clicks"),
        State(ids.QUARANTINE_REASONS, "selectedRows"),
        prevent_initial_call=True,
    )
    def download(xlsx: int | None, csv: int | None, chosen: Rows | None) -> tuple[Any, Any]:
        if not (xlsx or csv) or not chosen:
            raise PreventUpdate
        form = "xlsx" if ctx.triggered_id == ids.QUARANTINE_XLSX else "csv"
        return sheet(visit_of(services), str(chosen[0]["key"]), form)

    @app.callback(
        Output(ids.OFFICE_NOTICES, "sendNotifications", allow_duplicate=True),
        Output(ids.QUARANTINE_REASONS, "rowData"),
        Output(ids.QUARANTINE_FACTS, "children"),
        Output(ids.QUARANTINE_ROWS, "rowData", allow_duplicate=True),
        Output(ids.QUARANTINE_SHEET, "contents"),
        Input(ids.QUARANTINE_SHEET, "contents"),
        State(ids.QUARANTINE_SHEET, "filename"),
        State(ids.QUARANTINE_REASONS, "selectedRows"),
        prevent_initial_call=True,
    )
    def take_in(contents: str | None, name: str | None, chosen: Rows | None) -> tuple[Any, ...]:
        if not contents or not name:
            raise PreventUpdate
        return take(visit_of(services), contents, name, chosen)


def show(visit: Visit, chosen: Rows | None) -> tuple[Any, ...]:
    """The rows of the chosen feed and reason."""
    if not chosen:
        return visit.texts("office.quarantine.choose"), [], [], True, True
    return *shown(visit, chosen[0]), False, False


def sheet(visit: Visit, feed: str, form: str) -> tuple[Any, Any]:
    """The sheet of a feed; that it was taken away is in the audit."""
    code = visit.session.subdistrict_code or ""
    try:
        require_role(visit, ROLES)
        with visit.services.asking(visit.session) as connection:
            content = quarantine_sheet(connection, subdistrict_code=code, feed=feed, form=form, texts=visit.texts)
            note_event(connection, "quarantine_downloaded", {"feed": feed})
    except FengqiaoError as fault:
        return no_update, [notice(fault.within(visit.texts.language))]
    name = visit.texts("office.quarantine.file", feed=feed, day=visit.local(visit.now, "%Y%m%d"), form=form)
    return {"content": base64.b64encode(content).decode(), "filename": name, "base64": True}, no_update


def take(visit: Visit, contents: str, name: str, chosen: Rows | None) -> tuple[Any, ...]:
    """Bring a mended sheet of the chosen feed in, and show what still waits."""
    texts = visit.texts
    try:
        require_role(visit, ROLES)
        if not chosen:
            return [notice(texts("office.quarantine.choose_first"))], no_update, no_update, no_update, None
        with uploaded(contents, name) as path:
            mended = mend(
                visit.services.database, str(chosen[0]["key"]), path, actor=visit.session.name, now=visit.now,
                session_id=visit.session.id, code=visit.session.subdistrict_code,
            )  # fmt: skip
    except FengqiaoError as fault:
        return [notice(fault.within(visit.texts.language))], no_update, no_update, no_update, None
    listed = reason_rows(visit)
    rows = row_cells(visit, bad_rows(visit, str(chosen[0]["key"]), ""))
    said = texts("quarantine.mended", passed=mended.passed, left=mended.left)
    return [notice(said)], listed, facts(visit, listed), rows, None
