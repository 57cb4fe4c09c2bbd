"""What happens on the page of rules: choosing, saving, switching, trying; each answers with a sentence."""

from datetime import timedelta
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from alerts.rule_store import kept_rule, save_rule, versions_of
from alerts.rules import parse_rule
from alerts.trial import ask_trial
from dashboard import ids
from dashboard.office.page import Visit, visit_of
from dashboard.office.parts import Rows, notice
from dashboard.office.rules.layout import chosen, head_of, history_of, kept_of, rule_rows, trial_of
from dashboard.office.rules.words import title_of
from dashboard.services import Services
from gis.errors import FengqiaoError

#: what a new rule begins as
TEMPLATE = """id: my_rule
kind: threshold
name: {zh: 规则名称, en: Name of the rule}
counts: incident
where: {category: [治安稳定]}
unit: compound
window_h: 24
floor: 0.5
levels:
- {level: 4, at_least: 4, times: 3}
clear_after_h: 6
"""


def register(app: Dash, services: Services) -> None:
    """Wire the page."""

    @app.callback(
        Output(ids.RULES_HEAD, "children"),
        Output(ids.RULES_TEXT, "value"),
        Output(ids.RULES_HISTORY, "children"),
        Output(ids.RULES_TRIAL, "children", allow_duplicate=True),
        Output(ids.RULES_DETAIL, "hidden"),
        Input(ids.RULES_ROWS, "selectedRows"),
        prevent_initial_call=True,
    )
    def choose(rows: Rows | None) -> tuple[Any, ...]:
        if not rows:
            raise PreventUpdate
        found = chosen(visit_of(services), str(rows[0]["id"]))
        return found.head, found.text, found.history, found.trial, False

    @app.callback(
        Output(ids.RULES_TRIAL, "children"),
        Output(ids.RULES_TICK, "disabled"),
        Input(ids.RULES_TICK, "n_intervals"),
        State(ids.RULES_TEXT, "value"),
        prevent_initial_call=True,
    )
    def wait(_: int, text: str) -> tuple[Any, bool]:
        return trial_of(visit_of(services), text)

    register_editing(app, services)


def register_editing(app: Dash, services: Services) -> None:
    """Wire what only those who may change rules have on their page."""

    @app.callback(
        Output(ids.RULES_SWITCH, "children"),
        Input(ids.RULES_ROWS, "selectedRows"),
        Input(ids.RULES_ROWS, "rowData"),
        prevent_initial_call=True,
    )
    def name_switch(rows: Rows | None, _: Rows) -> str:
        visit = visit_of(services)
        # a new rule is off
        return chosen(visit, str(rows[0]["id"])).switch if rows else visit.texts("office.rules.switch_on")

    @app.callback(
        Output(ids.RULES_TEXT, "value", allow_duplicate=True),
        Output(ids.RULES_HEAD, "children", allow_duplicate=True),
        Output(ids.RULES_HISTORY, "children", allow_duplicate=True),
        Output(ids.RULES_TRIAL, "children", allow_duplicate=True),
        Output(ids.RULES_DETAIL, "hidden", allow_duplicate=True),
        Output(ids.RULES_ROWS, "selectedRows"),
        Input(ids.RULES_NEW, "n_clicks"),
        prevent_initial_call=True,
    )
    def begin(clicks: int | None) -> tuple[Any, ...]:
        if not clicks:
            raise PreventUpdate
        return TEMPLATE, visit_of(services).texts("office.rules.new_hint"), "", "", False, []

    @app.callback(
        Output(ids.OFFICE_NOTICES, "sendNotifications", allow_duplicate=True),
        Output(ids.RULES_ROWS, "rowData"),
        Output(ids.RULES_HEAD, "children", allow_duplicate=True),
        Output(ids.RULES_HISTORY, "children", allow_duplicate=True),
        Output(ids.RULES_WHY, "value"),
        Input(ids.RULES_SAVE, "n_clicks"),
        Input(ids.RULES_SWITCH, "n_clicks"),
        State(ids.RULES_TEXT, "value"),
        State(ids.RULES_WHY, "value"),
        prevent_initial_call=True,
    )
    def save(saves: int | None, switches: int | None, text: str | None, why: str | None) -> tuple[Any, ...]:
        if not (saves or switches):
            raise PreventUpdate
        return saved(visit_of(services), text or "", why or "", switch=clicked(ids.RULES_SWITCH))

    @app.callback(
        Output(ids.OFFICE_NOTICES, "sendNotifications", allow_duplicate=True),
        Output(ids.RULES_TICK, "disabled", allow_duplicate=True),
        Output(ids.RULES_TICK, "n_intervals"),
        Input(ids.RULES_TRY, "n_clicks"),
        State(ids.RULES_TEXT, "value"),
        State(ids.RULES_WEEKS, "value"),
        prevent_initial_call=True,
    )
    def attempt(clicks: int | None, text: str | None, weeks: str) -> tuple[Any, ...]:
        if not clicks:
            raise PreventUpdate
        return tried(visit_of(services), text or "", int(weeks))


def clicked(id_: str) -> bool:
    """Whether the running callback was set off by this button."""
    return bool(ctx.triggered_id == id_)


def saved(visit: Visit, text: str, why: str, *, switch: bool) -> tuple[Any, ...]:
    """Keep the text as a new version; or switch the rule as it is kept on or off."""
    code = visit.session.subdistrict_code or ""
    try:
        rule = parse_rule(text)
        with visit.services.asking(visit.session) as connection:
            known = {one.rule.id: one for one in kept_of(visit)}.get(rule.id)
            enabled = known.enabled if known else False
            version = save_rule(
                connection,
                known.rule if switch and known else rule,
                enabled=not enabled if switch else enabled,
                subdistrict_code=code,
                role=visit.session.role,
                by=visit.session.title or visit.session.name,
                why=why,
                now=visit.now,
            )
            kept = kept_rule(connection, rule.id, subdistrict_code=code)
            versions = versions_of(connection, rule.id, subdistrict_code=code)
    except FengqiaoError as fault:
        return [notice(fault.within(visit.texts.language))], no_update, no_update, no_update, no_update
    said = visit.texts("office.rules.saved", name=title_of(rule, visit.texts), n=version)
    rows = rule_rows(visit, kept_of(visit))
    return [notice(said)], rows, head_of(kept, visit.texts), history_of(versions, visit), ""


def tried(visit: Visit, text: str, weeks: int) -> tuple[Any, ...]:
    """Have the text tried on the weeks up to yesterday."""
    last = visit.now.astimezone(visit.zone).date() - timedelta(days=1)
    try:
        with visit.services.asking(visit.session) as connection:
            ask_trial(
                connection,
                parse_rule(text),
                subdistrict_code=visit.session.subdistrict_code or "",
                first=last - timedelta(days=7 * weeks - 1),
                last=last,
                by=visit.session.title or visit.session.name,
                now=visit.now,
            )
    except FengqiaoError as fault:
        return [notice(fault.within(visit.texts.language))], no_update, no_update
    return no_update, False, 0
