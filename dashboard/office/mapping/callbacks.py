"""What happens on the page: choosing a set, suggesting anew, saving, showing a file; each answers with a sentence."""

import re
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from dashboard import ids
from dashboard.office.mapping.layout import (
    column_rows,
    facts,
    head_of,
    heading_choice,
    heading_rows,
    headings_of,
    kept_headings,
)
from dashboard.office.page import Visit, visit_of
from dashboard.office.parts import Rows, notice
from dashboard.office.uploads import uploaded
from dashboard.services import Services
from etl.mapping import Decision, HeadingsToMatch, decide, note_shown_file
from gis.errors import BadInput, FengqiaoError

#: what people put between words, and between a word and what it means
BETWEEN, MEANS = re.compile(r"[;；\n]"), re.compile(r"[=＝]")


def register(app: Dash, services: Services) -> None:
    """Wire the page."""

    @app.callback(
        Output(ids.MAPPING_HEAD, "children"),
        Output(ids.MAPPING_HEADINGS, "children"),
        Output(ids.MAPPING_COLUMNS, "rowData"),
        Output(ids.MAPPING_COLUMNS, "columnDefs"),
        Output(ids.MAPPING_SUGGEST, "disabled"),
        Output(ids.MAPPING_SAVE, "disabled"),
        Input(ids.MAPPING_ROWS, "selectedRows"),
        Input(ids.MAPPING_SUGGEST, "n_clicks"),
        State(ids.MAPPING_COLUMNS, "columnDefs"),
        prevent_initial_call=True,
    )
    def choose(rows: Rows | None, _: int | None, columns: Rows) -> tuple[Any, ...]:
        if not rows:
            raise PreventUpdate
        return chosen(visit_of(services), int(rows[0]["id"]), columns, anew=ctx.triggered_id == ids.MAPPING_SUGGEST)

    @app.callback(
        Output(ids.OFFICE_NOTICES, "sendNotifications", allow_duplicate=True),
        Output(ids.MAPPING_ROWS, "rowData"),
        Output(ids.MAPPING_FACTS, "children"),
        Output(ids.MAPPING_HEAD, "children", allow_duplicate=True),
        Input(ids.MAPPING_SAVE, "n_clicks"),
        State(ids.MAPPING_ROWS, "selectedRows"),
        State(ids.MAPPING_COLUMNS, "rowData"),
        prevent_initial_call=True,
    )
    def save(clicks: int | None, rows: Rows | None, columns: Rows) -> tuple[Any, ...]:
        if not clicks or not rows:
            raise PreventUpdate
        return saved(visit_of(services), int(rows[0]["id"]), columns)

    @app.callback(
        Output(ids.OFFICE_NOTICES, "sendNotifications", allow_duplicate=True),
        Output(ids.MAPPING_ROWS, "rowData", allow_duplicate=True),
        Output(ids.MAPPING_FACTS, "children", allow_duplicate=True),
        Output(ids.MAPPING_ROWS, "selectedRows"),
        Input(ids.MAPPING_FILE, "contents"),
        State(ids.MAPPING_FILE, "filename"),
        State(ids.MAPPING_FEED, "value"),
        prevent_initial_call=True,
    )
    def show(contents: str | None, name: str | None, feed: str) -> tuple[Any, ...]:
        if not contents or not name:
            raise PreventUpdate
        return shown(visit_of(services), contents, name, feed)


def one_of(visit: Visit, id: int) -> HeadingsToMatch:
    """The set that was chosen."""
    found = next((one for one in kept_headings(visit) if one.id == id), None)
    if found is None:
        raise PreventUpdate
    return found


def chosen(visit: Visit, id: int, columns: Rows, *, anew: bool) -> tuple[Any, ...]:
    """The chosen set: what it is, its columns, and its headings to choose from."""
    one = one_of(visit, id)
    defined = [{**column, **(heading_choice(one) if column["field"] == "heading" else {})} for column in columns]
    rows = column_rows(one, visit, anew=anew)
    return head_of(one, visit), headings_of(one, visit), rows, defined, False, False


def saved(visit: Visit, id: int, columns: Rows) -> tuple[Any, ...]:
    """Save what the table says; what is wrong with it is one sentence."""
    try:
        with visit.services.asking(visit.session) as connection:
            decide(connection, id, decision_of(columns), actor=visit.session.name, now=visit.now)
    except FengqiaoError as fault:
        return [notice(fault.within(visit.texts.language))], no_update, no_update, no_update
    kept = kept_headings(visit)
    said = notice(visit.texts("office.mapping.saved"))
    return [said], heading_rows(visit, kept), facts(visit, kept), head_of(one_of(visit, id), visit)


def decision_of(columns: Rows) -> Decision:
    """What the rows of the table say."""

    def stated(field: str) -> dict[str, str]:
        return {row["name"]: str(row[field]).strip() for row in columns if str(row.get(field) or "").strip()}

    return Decision(
        mapping=stated("heading"),
        defaults=stated("default"),
        words={name: read_words(said) for name, said in stated("words").items()},
    )


def read_words(said: str) -> dict[str, str]:
    """Read `未处理=待派遣；已处理=已办结`.

    Raises
    ------
    BadInput
        If a word means nothing.
    """
    words = {}
    for pair in filter(None, (part.strip() for part in BETWEEN.split(said))):
        word, *meant = MEANS.split(pair, maxsplit=1)
        if not meant:
            raise BadInput("{pair!r} does not say what it means; write word=meaning", pair=pair)
        words[word.strip()] = meant[0].strip()
    return words


def shown(visit: Visit, contents: str, name: str, feed: str) -> tuple[Any, ...]:
    """Put the headings of a file that was shown before the operator; the file itself is not kept."""
    try:
        with uploaded(contents, name) as path, visit.services.asking(visit.session) as connection:
            code = visit.session.subdistrict_code or ""
            known = note_shown_file(connection, feed, path, subdistrict_code=code, now=visit.now)
    except FengqiaoError as fault:
        return [notice(fault.within(visit.texts.language))], no_update, no_update, no_update
    kept = kept_headings(visit)
    rows = heading_rows(visit, kept)
    # the newest of those that wait is the one that was shown
    noted = [] if known else sorted(rows, key=lambda row: -row["id"])[:1]
    texts = visit.texts
    said = texts("office.mapping.known", name=name) if known else texts("office.mapping.noted", name=name)
    return [notice(said)], rows, facts(visit, kept), noted or no_update
