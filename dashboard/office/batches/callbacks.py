"""What happens on the page: a batch is chosen, undone, replayed; a file is previewed and loaded."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dash import Dash, Input, Output, State, no_update
from dash.exceptions import PreventUpdate
from sqlalchemy import text

from access.audit import note_event
from dashboard import ids
from dashboard.office.batches.layout import ROLES, chosen_batch, facts, kept, ledger_rows, previewed, spoken
from dashboard.office.page import Visit, visit_of
from dashboard.office.parts import Rows, notice
from dashboard.office.rights import require_role
from dashboard.office.uploads import uploaded
from dashboard.services import Services
from etl.delivery import Delivery, FeedSource, source_of
from etl.load import load_sources
from etl.preview import preview_sources
from etl.replay import replay_batch
from etl.undo import undo_batch
from gis.district import select_district
from gis.errors import FengqiaoError, NotFound


def register(app: Dash, services: Services) -> None:
    """Wire the page."""

    @app.callback(
        Output(ids.BATCHES_CHOSEN, "children"), Input(ids.BATCHES_ROWS, "selectedRows"), prevent_initial_call=True
    )
    def choose(chosen: Rows | None) -> Any:
        if not chosen:
            raise PreventUpdate
        return chosen_batch(visit_of(services), int(chosen[0]["id"]))

    @app.callback(
        Output(ids.BATCHES_UNDO, "disabled"),
        Output(ids.BATCHES_REPLAY, "disabled"),
        Input(ids.BATCHES_ROWS, "selectedRows"),
        prevent_initial_call=True,
    )
    def offer(chosen: Rows | None) -> tuple[bool, bool]:
        return not chosen or bool(chosen[0]["undone"]), not chosen

    @app.callback(
        Output(ids.BATCHES_ROWS, "rowData", allow_duplicate=True),
        Input(ids.BATCHES_REPORTS, "checked"),
        prevent_initial_call=True,
    )
    def show_reports(checked: bool) -> Any:
        return ledger_rows(visit_of(services), reports=checked)

    act(app, services, ids.BATCHES_UNDO, undo)
    act(app, services, ids.BATCHES_REPLAY, replay)

    @app.callback(
        Output(ids.BATCHES_FILE_NAME, "children"),
        Output(ids.BATCHES_LOAD, "disabled", allow_duplicate=True),
        Output(ids.BATCHES_PREVIEWED, "children", allow_duplicate=True),
        Input(ids.BATCHES_FILE, "filename"),
        Input(ids.BATCHES_FEED, "value"),
        prevent_initial_call=True,
    )
    def name_file(name: str | None, _: str | None) -> tuple[Any, bool, list[Any]]:
        return name or visit_of(services).texts("office.batches.hand_over"), True, []

    @app.callback(
        Output(ids.BATCHES_PREVIEWED, "children"),
        Output(ids.BATCHES_LOAD, "disabled"),
        Output(ids.OFFICE_NOTICES, "sendNotifications", allow_duplicate=True),
        Input(ids.BATCHES_PREVIEW, "n_clicks"),
        State(ids.BATCHES_FEED, "value"),
        State(ids.BATCHES_FILE, "contents"),
        State(ids.BATCHES_FILE, "filename"),
        prevent_initial_call=True,
    )
    def preview(clicks: int | None, feed: str | None, contents: str | None, name: str | None) -> tuple[Any, ...]:
        if not clicks:
            raise PreventUpdate
        return preview_file(visit_of(services), feed, contents, name)

    @app.callback(
        Output(ids.OFFICE_NOTICES, "sendNotifications", allow_duplicate=True),
        Output(ids.BATCHES_ROWS, "rowData", allow_duplicate=True),
        Output(ids.BATCHES_FACTS, "children", allow_duplicate=True),
        Output(ids.BATCHES_LOAD, "disabled", allow_duplicate=True),
        Output(ids.BATCHES_ROWS, "selectedRows"),
        Input(ids.BATCHES_LOAD, "n_clicks"),
        State(ids.BATCHES_FEED, "value"),
        State(ids.BATCHES_FILE, "contents"),
        State(ids.BATCHES_FILE, "filename"),
        prevent_initial_call=True,
    )
    def load(clicks: int | None, feed: str | None, contents: str | None, name: str | None) -> tuple[Any, ...]:
        if not clicks:
            raise PreventUpdate
        answer = load_file(visit_of(services), feed, contents, name)
        rows = answer[1]
        # what was loaded stands beside the ledger
        return *answer, rows if rows is no_update else rows[:1]


def act(app: Dash, services: Services, button: str, action: Callable[[Visit, int], str]) -> None:
    """Let a button do something with the chosen batch, then show the ledger anew."""

    @app.callback(
        Output(ids.BATCHES_ROWS, "rowData", allow_duplicate=True),
        Output(ids.BATCHES_FACTS, "children", allow_duplicate=True),
        Output(ids.BATCHES_CHOSEN, "children", allow_duplicate=True),
        Output(ids.BATCHES_UNDO, "disabled", allow_duplicate=True),
        Output(ids.OFFICE_NOTICES, "sendNotifications", allow_duplicate=True),
        Input(button, "n_clicks"),
        State(ids.BATCHES_ROWS, "selectedRows"),
        State(ids.BATCHES_REPORTS, "checked"),
        prevent_initial_call=True,
    )
    def run(clicks: int | None, chosen: Rows | None, reports: bool) -> tuple[Any, ...]:
        if not clicks or not chosen:
            raise PreventUpdate
        visit = visit_of(services)
        batch_id = int(chosen[0]["id"])
        try:
            require_role(visit, ROLES)
            said = action(visit, batch_id)
        except FengqiaoError as fault:
            return *(no_update for _ in range(4)), [notice(fault.within(visit.texts.language))]
        rows = ledger_rows(visit, reports=reports)
        undone = any(row["id"] == batch_id and row["undone"] for row in rows)
        return rows, facts(visit, rows), chosen_batch(visit, batch_id), undone, [notice(said)]


def undo(visit: Visit, batch_id: int) -> str:
    undone = undo_batch(
        visit.services.database, batch_id, actor=visit.session.name, session_id=visit.session.id, kept=kept(visit),
    )  # fmt: skip
    return visit.texts("batches.undone", batch=batch_id, feed=spoken(visit, undone.feed, undone.feed))


def replay(visit: Visit, batch_id: int) -> str:
    result = replay_batch(visit.services.database, batch_id, kept(visit), actor=visit.session.name, now=visit.now)
    note(visit, "batch_replayed", {"batch": batch_id, "as": result.batch_id})
    return visit.texts("office.batches.replayed", batch=batch_id, as_batch=result.batch_id, rows=f"{result.stored:,}")


def note(visit: Visit, event: str, changes: dict[str, Any]) -> None:
    """Leave an audit row of something that is not the change of one row."""
    with visit.services.asking(visit.session) as connection:
        note_event(connection, event, changes)


def delivery_of(visit: Visit, feed: str, path: Path) -> tuple[Delivery, FeedSource]:
    """A file as a delivery of its feed, read as the feed's files are."""
    with visit.services.database.owner.connect() as connection:
        district = select_district(connection, code=visit.session.subdistrict_code)
        known = connection.execute(
            text(
                "SELECT name AS feed, coalesce(kind, name) AS kind, title, expected_every_s, config"
                "  FROM support.feed WHERE subdistrict_code = :code AND name = :feed"
            ),
            {"code": district.code, "feed": feed},
        ).one_or_none()
    if known is None:
        raise NotFound("there is no feed {feed!r}", feed=feed)
    source = source_of(known, known.config, path)
    return Delivery(path.parent, district, (source,)), source


def preview_file(visit: Visit, feed: str | None, contents: str | None, name: str | None) -> tuple[Any, ...]:
    """Say what a file would change; nothing is written."""
    if not feed or not contents or not name:
        return no_update, True, [notice(visit.texts("office.batches.feed_and_file"))]
    try:
        require_role(visit, ROLES)
        with uploaded(contents, name) as path:
            delivery, source = delivery_of(visit, feed, path)
            found = preview_sources(
                visit.services.database, delivery, [source], actor=visit.session.name, now=visit.now
            )  # fmt: skip
    except FengqiaoError as fault:
        return [], True, [notice(fault.within(visit.texts.language))]
    note(visit, "batch_previewed", {"feed": feed, "file": name})
    return previewed(found, visit, source.feed), False, no_update


def load_file(visit: Visit, feed: str | None, contents: str | None, name: str | None) -> tuple[Any, ...]:
    """Load a file that was previewed."""
    if not feed or not contents or not name:
        return [notice(visit.texts("office.batches.feed_and_file"))], no_update, no_update, True
    try:
        require_role(visit, ROLES)
        with uploaded(contents, name) as path:
            delivery, source = delivery_of(visit, feed, path)
            result = load_sources(
                visit.services.database, delivery, [source], actor=visit.session.name, now=visit.now, kept=kept(visit)
            )[0]  # fmt: skip
    except FengqiaoError as fault:
        return [notice(fault.within(visit.texts.language))], no_update, no_update, no_update
    note(visit, "batch_loaded", {"batch": result.batch_id, "feed": feed, "file": name})
    rows = ledger_rows(visit)
    said = visit.texts(
        "office.batches.loaded_as", batch=result.batch_id, rows=f"{result.stored:,}", bad=f"{result.quarantined:,}"
    )
    return [notice(said)], rows, facts(visit, rows), True
