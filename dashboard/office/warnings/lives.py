"""Alerts and the life of each: what happened, why this level, who was told by which way and why not."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from alerts.acting import Followed, acknowledge, follow_up
from alerts.life import alert_events, recent_alerts
from alerts.notify.composing import where_of
from alerts.notify.pipeline import notices_of
from alerts.words import change_words, level_word, method_words, recurrence_words, rule_title
from dashboard import ids
from dashboard.look import ALERT_LIGHT, LIGHT
from dashboard.office.page import OfficePage, Visit, visit_of
from dashboard.office.parts import notice, page_head, table
from dashboard.office.warnings.stages import stages_told
from dashboard.services import Services
from gis.errors import FengqiaoError
from gis.texts import Texts

#: alerts that ended stay in the table so long
SHOWN = timedelta(days=60)
READERS = frozenset({"duty_officer", "commander", "operator", "auditor"})
ACTORS = frozenset({"duty_officer", "commander", "operator"})
#: the level's colour as a fill, its word and letter on it
LEVEL_STYLES = [
    {
        "condition": f"params.data.number == {level}",
        "style": {"backgroundColor": colour, "color": LIGHT.text, "fontWeight": 700},
    }
    for level, colour in ALERT_LIGHT.items()
]
COLUMNS = (
    {"field": "level", "width": 92, "cellStyle": {"styleConditions": LEVEL_STYLES}},
    {"field": "what", "flex": 4, "minWidth": 120, "filter": True, "cellClass": "office-whole"},
    {
        "field": "where",
        "flex": 5,
        "minWidth": 150,
        "filter": True,
        "tooltipField": "where",
        "cellClass": "office-whole",
    },
    {"field": "counted", "width": 96, "type": "rightAligned"},
    {"field": "state", "width": 100, "filter": True},
    {"field": "holder", "width": 106},
    {"field": "raised", "width": 112},
)


def layout(visit: Visit) -> Component:
    """Return the page; `?alert=<id>` opens one."""
    texts = visit.texts
    rows = alert_rows(visit)
    grid = table(
        texts, ids.LIVES_ROWS, COLUMNS, rows, titles="office.alerts", empty="office.alerts.none",
        rowSelection={"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
    )  # fmt: skip
    standing = sum(1 for row in rows if row["stands"])
    head = page_head(texts("office.alerts.title"), facts=texts("office.alerts.facts", n=standing, days=SHOWN.days))
    chosen = visit.query.get("alert", "")
    first = int(chosen) if chosen.isdecimal() else (rows[0]["id"] if rows else None)
    # what stands beside the table is what its buttons act on
    if first:
        grid = preselected(grid, first)
    side = html.Div(life_of(visit, first) if first else texts("office.alerts.choose"), id=ids.LIVES_LIFE)
    acts = [acting_part(texts)] if visit.session.role in ACTORS else []
    body = html.Div(
        [html.Div(grid), html.Div([*acts, side], className="office-side warnings-life")],
        className="office-body office-beside",
    )
    return html.Div([head, body], className="office-two")


def preselected(grid: Any, alert_id: int) -> Component:
    """The table with one row selected from the start."""
    grid.getRowId, grid.selectedRows = "params.data.key", {"ids": [str(alert_id)]}
    selected: Component = grid
    return selected


def chosen_id(selected: Any) -> int | None:
    """The id of the selected alert: as the page came ({"ids": [...]}) or as somebody chose it (its row)."""
    if isinstance(selected, dict):
        return int(selected["ids"][0]) if selected.get("ids") else None
    return int(selected[0]["id"]) if selected else None


def acting_part(texts: Texts) -> Component:
    """The note and the buttons: acknowledge, then what followed."""
    buttons = [
        dmc.Button(
            texts(f"office.alerts.act.{act}"),
            id=id_,
            size="xs",
            variant="filled" if act == "acknowledge" else "outline",
        )
        for act, id_ in ids.LIVES_ACTS
    ]
    note = dmc.TextInput(id=ids.LIVES_NOTE, placeholder=texts("office.alerts.note"), size="sm")
    return html.Section([note, dmc.Group(buttons, gap="xs")])


def alert_rows(visit: Visit) -> list[dict[str, Any]]:
    """The rows of the table, those that stand first."""
    with visit.services.asking(visit.session) as connection:
        found = recent_alerts(
            connection, subdistrict_code=visit.session.subdistrict_code or "", since=visit.now - SHOWN
        )
    return [row_of(alert, visit) for alert in found]


def row_of(alert: Mapping[str, Any], visit: Visit) -> dict[str, Any]:
    texts = visit.texts
    mark = (
        texts("office.alerts.drill")
        if alert["exercise"]
        else texts("office.alerts.replayed")
        if alert["replayed"]
        else ""
    )
    return {
        "id": alert["id"],
        # rows are known by a text
        "key": str(alert["id"]),
        "stands": alert["status"] != "cleared",
        "level": name_of(alert["level"], alert["letter"], texts),
        "number": alert["level"],
        "what": " ".join(part for part in (mark, rule_title(alert["rule"], alert["rule_name"], texts)) if part),
        "where": where_of(alert, texts),
        "counted": counted(alert, texts),
        "state": state(alert, texts),
        "holder": holder(alert, texts),
        "raised": visit.local(alert["raised_at"], "%m-%d %H:%M"),
    }


def name_of(level: int, letter: str, texts: Texts) -> str:
    """What an alert is called on every screen: 橙 B; without the letter when it has none any more."""
    return f"{level_word(level, texts)} {letter}".strip()


def counted(alert: Mapping[str, Any], texts: Texts) -> str:
    """How much against how much, as briefly as a column asks for."""
    if alert["unit_kind"] == "feed":
        return ""
    number = f"{alert['observed']:,.0f}"
    return number if alert["expected"] is None else f"{number} / {alert['expected']:.1f}"


def state(alert: Mapping[str, Any], texts: Texts) -> str:
    """Its state, or what holds it back."""
    if alert["status"] == "cleared":
        return texts(f"alerts.ended.{alert['ended_by']}")
    if alert["silenced_by"]:
        return texts("alerts.change.silenced")
    if alert["inhibited_by"]:
        return texts("office.alerts.explained", name=name_of(alert["cause_level"], alert["cause_letter"], texts))
    return texts(f"alerts.status.{alert['status']}")


def holder(alert: Mapping[str, Any], texts: Texts) -> str:
    if alert["status"] == "cleared":
        return ""
    return alert["acknowledged_by"] if alert["status"] == "acknowledged" else texts(f"alerts.post.{alert['holder']}")


def life_of(visit: Visit, alert_id: int) -> list[Component]:
    """One alert: why this level, then its timeline, each step with what the stages decided."""
    texts = visit.texts
    with visit.services.asking(visit.session) as connection:
        code = visit.session.subdistrict_code or ""
        found = recent_alerts(connection, subdistrict_code=code, since=visit.now, alert_id=alert_id)
        if not found:
            return [html.P(texts("office.alerts.gone"))]
        events = alert_events(connection, alert_id)
        notices = notices_of(connection, alert_id)
    alert = found[0]
    by_event: dict[int, list[Mapping[str, Any]]] = {}
    for one in notices:
        by_event.setdefault(one["event_id"], []).append(one)
    what = rule_title(alert["rule"], alert["rule_name"], texts)
    title = f"{name_of(alert['level'], alert['letter'], texts)} · {what}"
    steps = [step_of(event, by_event.get(event["id"], []), visit) for event in events]
    mark = [html.Div(texts("office.alerts.drill_strip"), className="warnings-drill")] if alert["exercise"] else []
    return [
        *mark,
        html.H2([html.I(className="warnings-swatch", style={"background": ALERT_LIGHT[alert["level"]]}), title]),
        html.P(where_of(alert, texts)),
        facts_of(alert, texts),
        html.Ol(steps, className="warnings-steps"),
    ]


def facts_of(alert: Mapping[str, Any], texts: Texts) -> Component:
    """How the level came about, and how it was found."""
    grading = alert["grading"]
    pairs: list[tuple[str, Any]] = []
    if alert["cause_id"]:
        named = name_of(alert["cause_level"], alert["cause_letter"], texts)
        cause = f"{named} · {rule_title(alert['cause_rule'], alert['cause_rule_name'], texts)}"
        word = "merged" if alert["merged_into"] else "explains"
        link = dcc.Link(cause, href=f"/office/alerts?alert={alert['cause_id']}")
        pairs.append((texts(f"office.alerts.{word}"), link))
    if grading:
        step = grading.get("step") or "none"
        pairs.append(
            (
                texts("office.alerts.grading"),
                texts(
                    "office.alerts.graded",
                    found=texts(f"alerts.level.{grading['found']}"),
                    urgency=texts(f"alerts.urgency.{grading['urgency']}"),
                    certainty=texts(f"alerts.certainty.{grading['certainty']}"),
                    step=texts(f"alerts.step.{step}") if f"alerts.step.{step}" in texts.by_key else step,
                    level=texts(f"alerts.level.{grading['level']}"),
                ),
            )
        )
    if alert["exposure"]:
        persons = alert["exposure"].get("persons")
        pairs.append((texts("office.alerts.people"), "<5" if persons is None else f"{persons:,}"))
    if alert["cell_count"]:
        pairs.append((texts("office.alerts.cells"), str(alert["cell_count"])))
    kinds = " · ".join(f"{one['name']} {one['count']}" for one in alert["reasons"])
    if kinds:
        pairs.append((texts("office.alerts.kinds"), kinds))
    method = method_words(alert["method"], texts, compared=alert["expected"] is not None)
    chance = recurrence_words(alert["recurrence_days"], texts)
    pairs.append((texts("office.alerts.method"), " · ".join(part for part in (method, chance) if part)))
    return html.Dl(
        [part for name, value in pairs for part in (html.Dt(name), html.Dd(value))], className="warnings-facts"
    )


def step_of(event: Mapping[str, Any], notices: Sequence[Mapping[str, Any]], visit: Visit) -> Component:
    """One step of the timeline; unfolded, what the stages decided on it."""
    texts = visit.texts
    actor = (
        event["actor"] if event["actor"] not in ("judge", "clock") else texts(f"office.alerts.actor.{event['actor']}")
    )
    words = [
        html.Time(visit.local(event["at"], "%m-%d %H:%M:%S")),
        html.B(change_words(event["change"], event["level"], event["detail"], texts)),
        html.Span(actor),
    ]
    parts: list[Any] = [html.Div(words, className="warnings-step")]
    if event["note"]:
        parts.append(html.P(event["note"], className="warnings-note"))
    if notices:
        sent = sum(1 for one in notices if one["state"] == "sent")
        waiting = sum(1 for one in notices if one["state"] == "waiting")
        summary = texts("office.alerts.told", sent=sent, waiting=waiting, stopped=len(notices) - sent - waiting)
        parts.append(html.Details([html.Summary(summary), *(stages_told(one, visit) for one in notices)]))
    return html.Li(parts)


def register(app: Dash, services: Services) -> None:
    """Show the chosen alert; act on it."""

    @app.callback(Output(ids.LIVES_LIFE, "children"), Input(ids.LIVES_ROWS, "selectedRows"), prevent_initial_call=True)
    def choose(selected: Any) -> Any:
        alert_id = chosen_id(selected)
        return life_of(visit_of(services), alert_id) if alert_id else no_update

    for act, button in ids.LIVES_ACTS:
        register_act(app, services, act, button)


def register_act(app: Dash, services: Services, act: str, button: str) -> None:
    """Let a button act on the chosen alert in the asker's name."""

    @app.callback(
        Output(ids.LIVES_ROWS, "rowData", allow_duplicate=True),
        Output(ids.LIVES_LIFE, "children", allow_duplicate=True),
        Output(ids.OFFICE_NOTICES, "sendNotifications", allow_duplicate=True),
        Input(button, "n_clicks"),
        State(ids.LIVES_ROWS, "selectedRows"),
        State(ids.LIVES_NOTE, "value"),
        prevent_initial_call=True,
    )
    def run(clicks: int | None, selected: Any, note: str | None) -> tuple[Any, Any, Any]:
        if not clicks:
            raise PreventUpdate
        return acted(visit_of(services), act, chosen_id(selected), (note or "")[:500])


def acted(visit: Visit, act: str, alert_id: int | None, note: str) -> tuple[Any, Any, Any]:
    """Do it, and show the alert and the table as they are then; or say why it cannot be."""
    if alert_id is None:
        return no_update, no_update, [notice(visit.texts("office.alerts.choose"))]
    try:
        with visit.services.asking(visit.session) as connection:
            post = visit.session.title or visit.session.name
            if act == "acknowledge":
                acknowledge(connection, alert_id, post=post, note=note, now=visit.now)
            else:
                what = cast(Followed, act)  # of ids.LIVES_ACTS
                follow_up(connection, alert_id, what=what, post=post, note=note, now=visit.now)
    except FengqiaoError as fault:
        return no_update, no_update, [notice(fault.within(visit.texts.language))]
    return alert_rows(visit), life_of(visit, alert_id), [notice(visit.texts(f"office.alerts.done.{act}"))]


PAGE = OfficePage(slug="alerts", group="warning", roles=READERS, layout=layout, register=register)
