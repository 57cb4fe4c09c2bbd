"""Silences: which there are, and making and lifting them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from alerts.labels import Label, Matcher, labels_of
from alerts.life import standing_alerts
from alerts.rule_store import rules_in_force
from alerts.silences import LONGEST, add_silence, lift_silence, list_silences, silenceable
from alerts.words import level_word, matcher_words, rule_title
from dashboard import ids
from dashboard.office.page import OfficePage, Visit, visit_of
from dashboard.office.parts import Rows, notice, page_head, table
from dashboard.office.warnings.lives import ACTORS, READERS
from dashboard.services import Services
from gis.errors import FengqiaoError

COLUMNS = (
    {"field": "state", "width": 90},
    {"field": "matchers", "flex": 1, "minWidth": 220, "tooltipField": "matchers", "cellClass": "office-whole"},
    {"field": "reason", "flex": 1, "minWidth": 160, "tooltipField": "reason"},
    {"field": "held_back", "width": 95, "type": "rightAligned"},
    {"field": "starts", "width": 130},
    {"field": "expires", "width": 130},
    {"field": "by", "width": 130},
)
#: what a silence of this page can be about, in order of the form
CONDITIONS: tuple[tuple[Label, str], ...] = (
    ("what", ids.SILENCES_WHAT),
    ("level", ids.SILENCES_LEVEL),
    ("community", ids.SILENCES_COMMUNITY),
    ("where", ids.SILENCES_WHERE),
)
HOURS = ("1", "4", "12", "24", "72", "168")


def layout(visit: Visit) -> Component:
    """Return the page."""
    texts = visit.texts
    rows = silence_rows(visit)
    grid = table(
        texts, ids.SILENCES_ROWS, COLUMNS, rows, titles="office.silences", empty="office.silences.none",
        rowSelection={"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
    )  # fmt: skip
    head = page_head(texts("office.silences.title"), facts=texts("office.silences.lead"))
    side = [new_part(visit)] if visit.session.role in ACTORS else []
    return html.Div(
        [head, html.Div([html.Div(grid), *side], className="office-body office-beside")], className="office-two"
    )


def new_part(visit: Visit) -> Component:
    """Make one, or lift the chosen one."""
    texts = visit.texts
    hours = [{"value": hour, "label": texts("office.silences.hours", n=hour)} for hour in HOURS]
    conditions = [
        dmc.MultiSelect(
            id=id_,
            data=[{"value": value, "label": said} for value, said in choices],
            label=texts(f"office.silences.{label}"),
            size="sm",
            searchable=True,
            clearable=True,
        )
        for (label, id_), choices in zip(CONDITIONS, choices_of(visit), strict=True)
    ]
    new = html.Section(
        [
            html.H2(texts("office.silences.new")),
            html.P(texts("office.silences.new_help"), className="facts"),
            *conditions,
            dmc.TextInput(id=ids.SILENCES_REASON, label=texts("office.silences.reason"), size="sm"),
            dmc.Select(id=ids.SILENCES_HOURS, data=hours, value="4", label=texts("office.silences.span"), size="sm"),
            dmc.Button(texts("office.silences.make"), id=ids.SILENCES_MAKE, size="sm"),
        ]
    )
    lift = html.Section(
        [dmc.Button(texts("office.silences.lift"), id=ids.SILENCES_LIFT, size="sm", variant="outline", color="dark")]
    )
    return html.Div([new, lift], className="office-side")


def names_of(visit: Visit) -> dict[tuple[str, str], str]:
    """What communities and places are called, by (label, value)."""
    with visit.services.asking(visit.session) as connection:
        return silenceable(
            connection,
            subdistrict_code=visit.session.subdistrict_code or "",
            since=visit.now - LONGEST,
            language=visit.texts.language,
        )


def choices_of(visit: Visit) -> list[list[tuple[str, str]]]:
    """What can be chosen for each of `CONDITIONS`: (value, what it is called)."""
    texts, code = visit.texts, visit.session.subdistrict_code or ""
    with visit.services.asking(visit.session) as connection:
        rules = rules_in_force(connection, subdistrict_code=code).rules
        standing = standing_alerts(connection, subdistrict_code=code)
    names = names_of(visit)
    places = {
        labels_of(row)["where"]: f"{level_word(row['level'], texts)} {row['letter']} · {row['unit_name']}"
        for row in standing
        if row["unit_name"]
    }
    return [
        [(rule.id, rule_title(rule.id, rule.name.model_dump() if rule.name else None, texts)) for rule in rules],
        [(str(level), level_word(level, texts)) for level in (1, 2, 3, 4)],
        [(value, name) for (label, value), name in names.items() if label == "community"],
        list(places.items()),
    ]


def silence_rows(visit: Visit) -> list[dict[str, Any]]:
    """The rows of the table, those in force first."""
    with visit.services.asking(visit.session) as connection:
        found = list_silences(connection, subdistrict_code=visit.session.subdistrict_code or "")
    names = names_of(visit)
    return [row_of(silence, visit, names) for silence in found]


def row_of(silence: Mapping[str, Any], visit: Visit, names: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    texts = visit.texts
    holds = silence["ended_at"] is None and silence["expires_at"] > visit.now
    state = (
        "waits"
        if holds and silence["starts_at"] > visit.now
        else "holds"
        if holds
        else "lifted"
        if silence["ended_at"]
        else "over"
    )
    matchers = [matcher_words(one["label"], one["op"], one["values"], texts, names) for one in silence["matchers"]]
    return {
        "id": silence["id"],
        "state": texts(f"office.silences.state.{state}"),
        "matchers": texts.clauses(matchers),
        "reason": silence["reason"],
        "held_back": silence["held_back"],
        "starts": visit.local(silence["starts_at"], "%m-%d %H:%M"),
        "expires": visit.local(silence["ended_at"] or silence["expires_at"], "%m-%d %H:%M"),
        "by": silence["created_by"],
    }


def register(app: Dash, services: Services) -> None:
    """Make and lift."""

    @app.callback(
        Output(ids.SILENCES_ROWS, "rowData", allow_duplicate=True),
        Output(ids.OFFICE_NOTICES, "sendNotifications", allow_duplicate=True),
        Input(ids.SILENCES_MAKE, "n_clicks"),
        State(ids.SILENCES_REASON, "value"),
        State(ids.SILENCES_HOURS, "value"),
        *(State(id_, "value") for _, id_ in CONDITIONS),
        prevent_initial_call=True,
    )
    def make(clicks: int | None, reason: str | None, hours: str, *chosen: list[str] | None) -> tuple[Any, Any]:
        if not clicks:
            raise PreventUpdate
        return made(visit_of(services), reason, hours, *chosen)

    @app.callback(
        Output(ids.SILENCES_ROWS, "rowData", allow_duplicate=True),
        Output(ids.OFFICE_NOTICES, "sendNotifications", allow_duplicate=True),
        Input(ids.SILENCES_LIFT, "n_clicks"),
        State(ids.SILENCES_ROWS, "selectedRows"),
        prevent_initial_call=True,
    )
    def lift(clicks: int | None, rows: Rows | None) -> tuple[Any, Any]:
        if not clicks:
            raise PreventUpdate
        return lifted(visit_of(services), rows[0]["id"] if rows else None)


def made(visit: Visit, reason: str | None, hours: str, *chosen: Sequence[str] | None) -> tuple[Any, Any]:
    """Make a silence of what was chosen for each of `CONDITIONS`; or say why not."""
    matchers = [
        Matcher(label=label, values=tuple(values))
        for (label, _), values in zip(CONDITIONS, chosen, strict=True)
        if values
    ]
    try:
        with visit.services.asking(visit.session) as connection:
            add_silence(
                connection,
                subdistrict_code=visit.session.subdistrict_code or "",
                matchers=matchers,
                reason=reason or "",
                expires_at=visit.now + timedelta(hours=int(hours)),
                post=visit.session.title or visit.session.name,
                now=visit.now,
            )
    except FengqiaoError as fault:
        return no_update, [notice(fault.within(visit.texts.language))]
    return silence_rows(visit), [notice(visit.texts("office.silences.made"))]


def lifted(visit: Visit, silence_id: int | None) -> tuple[Any, Any]:
    """Lift the chosen silence; or say why not."""
    if silence_id is None:
        return no_update, [notice(visit.texts("office.silences.choose"))]
    try:
        with visit.services.asking(visit.session) as connection:
            lift_silence(connection, silence_id, post=visit.session.title or visit.session.name, now=visit.now)
    except FengqiaoError as fault:
        return no_update, [notice(fault.within(visit.texts.language))]
    return silence_rows(visit), [notice(visit.texts("office.silences.lifted"))]


PAGE = OfficePage(slug="silences", group="warning", roles=READERS, layout=layout, register=register)
