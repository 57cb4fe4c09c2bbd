"""What the buttons of the page of interfaces do; each answers with a sentence."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from dash import Dash, Input, Output, State, html, no_update
from dash.exceptions import PreventUpdate

from access.consumers import add_consumer, add_key, change_consumer, list_consumers, list_keys, revoke_key
from access.outbox import replay
from access.webhooks import add_webhook, pause_webhook, ping_webhook
from dashboard import ids
from dashboard.exchange.probing import check_given
from dashboard.office.interfaces.consumers import consumer_rows, new_consumer
from dashboard.office.interfaces.hooks import hook_rows, letter_rows
from dashboard.office.interfaces.layout import chosen_part, interface_rows
from dashboard.office.interfaces.picture import standings
from dashboard.office.page import Visit, visit_of
from dashboard.office.parts import Rows, notice
from dashboard.services import Services
from gis.errors import BadInput, FengqiaoError, NotAllowed
from gis.identity import identity_keys
from gis.texts import InTexts

#: (visit, chosen rows, values of the fields) -> (what was done, a secret to show once)
Action = Callable[[Visit, list[dict[str, Any]], Sequence[Any]], tuple[str, str]]


def register(app: Dash, services: Services) -> None:
    """Wire the three views."""

    @app.callback(
        Output(ids.INTERFACES_CHOSEN, "children"), Input(ids.INTERFACES_ROWS, "selectedRows"), prevent_initial_call=True
    )
    def choose_interface(rows: Rows | None) -> Any:
        return chosen_part(visit_of(services), rows[0]["key"] if rows else None)

    @app.callback(
        Output(ids.INTERFACES_ROWS, "rowData"),
        Output(ids.OFFICE_NOTICES, "sendNotifications", allow_duplicate=True),
        Input(ids.INTERFACES_CHECK, "n_clicks"),
        prevent_initial_call=True,
    )
    def check(clicks: int | None) -> tuple[Any, Any]:
        if not clicks:
            raise PreventUpdate
        visit = visit_of(services)
        said = check_now(visit)
        return interface_rows(visit, standings(visit)), [notice(said)]

    @app.callback(
        Output(ids.CONSUMERS_CHOSEN, "children"),
        Output(ids.CONSUMERS_SUSPEND, "children"),
        *(Output(id_, "disabled") for id_ in ids.CONSUMERS_ACTIONS),
        Input(ids.CONSUMERS_ROWS, "selectedRows"),
        prevent_initial_call=True,
    )
    def choose_consumer(rows: Rows | None) -> tuple[Any, ...]:
        texts = visit_of(services).texts
        if not rows:
            return texts("consumers.choose"), texts("consumers.suspend"), *(True for _ in ids.CONSUMERS_ACTIONS)
        one = rows[0]
        said = html.Span([one["name"], html.Small(one["purpose"])])
        act = texts("consumers.resume" if one["suspended"] else "consumers.suspend")
        return said, act, *(False for _ in ids.CONSUMERS_ACTIONS)

    @app.callback(Output(ids.HOOKS_PAUSE, "children"), Input(ids.HOOKS_ROWS, "selectedRows"), prevent_initial_call=True)
    def choose_hook(rows: Rows | None) -> str:
        paused = bool(rows and rows[0]["paused"])
        return visit_of(services).texts("hooks.resume" if paused else "hooks.pause")

    on_consumers = (ids.CONSUMERS_ROWS, consumer_rows, ids.CONSUMERS_SECRET)
    act(app, services, ids.CONSUMERS_KEY, (ids.CONSUMERS_KEY_DAYS,), give_key, *on_consumers)
    act(app, services, ids.CONSUMERS_REVOKE, (), revoke_keys, *on_consumers)
    act(app, services, ids.CONSUMERS_SUSPEND, (), suspend, *on_consumers)
    act(app, services, ids.CONSUMERS_MAKE, ids.CONSUMERS_NEW, make_consumer, *on_consumers)
    on_hooks = (ids.HOOKS_ROWS, hook_rows, ids.HOOKS_SECRET)
    act(app, services, ids.HOOKS_MAKE, ids.HOOKS_NEW, make_hook, *on_hooks)
    act(app, services, ids.HOOKS_PING, (), ping, *on_hooks)
    act(app, services, ids.HOOKS_PAUSE, (), pause, *on_hooks)
    act(app, services, ids.HOOKS_REPLAY, (), send_again, ids.HOOKS_DEAD, letter_rows, ids.HOOKS_SECRET)


def act(
    app: Dash,
    services: Services,
    button: str,
    fields: Sequence[str],
    action: Action,
    table: str,
    rows_of: Callable[[Visit], list[dict[str, Any]]],
    secret_id: str,
) -> None:
    """Let a button do something in the asker's name, then show the table anew."""

    @app.callback(
        Output(table, "rowData", allow_duplicate=True),
        Output(ids.OFFICE_NOTICES, "sendNotifications", allow_duplicate=True),
        Output(secret_id, "children", allow_duplicate=True),
        Input(button, "n_clicks"),
        State(table, "selectedRows"),
        *(State(field, "checked" if field.endswith("sandbox") else "value") for field in fields),
        prevent_initial_call=True,
    )
    def run(clicks: int | None, rows: Rows | None, *values: Any) -> tuple[Any, Any, Any]:
        if not clicks:
            # Dash calls this when the page comes, too
            raise PreventUpdate
        visit = visit_of(services)
        try:
            said, secret = action(visit, list(rows or ()), values)
        except FengqiaoError as fault:
            return no_update, [notice(fault.within(visit.texts.language))], no_update
        return rows_of(visit), [notice(said)], secret


def check_now(visit: Visit) -> str:
    """Test every contract that is given, for an operator; says how it went."""
    if visit.session.role != "operator":
        raise NotAllowed("only an operator tests contracts by hand")
    broken = check_given(visit.services.database, now=visit.now)
    passed = sum(one.state == "kept" for one in standings(visit))
    return visit.texts("interfaces.did_check", passed=passed, broken=broken)


def chosen_id(visit: Visit, rows: list[dict[str, Any]]) -> int:
    """The id of the chosen row; raises BadInput when none is."""
    if not rows:
        raise BadInput("choose in the table first")
    return int(rows[0]["id"])


def give_key(visit: Visit, rows: list[dict[str, Any]], values: Sequence[Any]) -> tuple[str, str]:
    lifetime = timedelta(days=int(values[0])) if values[0] else None
    with visit.services.asking(visit.session) as connection:
        secret = add_key(connection, chosen_id(visit, rows), label="office", now=visit.now, lifetime=lifetime)
    texts = visit.texts
    return texts("consumers.did_key", name=rows[0]["name"]), texts("consumers.secret", secret=secret)


def revoke_keys(visit: Visit, rows: list[dict[str, Any]], values: Sequence[Any]) -> tuple[str, str]:
    consumer = chosen_id(visit, rows)
    with visit.services.asking(visit.session) as connection:
        living = [key for key in list_keys(connection) if key["consumer_id"] == consumer and key["revoked_at"] is None]
        for key in living:
            revoke_key(connection, consumer, key["id"])
    return visit.texts("consumers.did_revoke", name=rows[0]["name"], n=len(living)), ""


def suspend(visit: Visit, rows: list[dict[str, Any]], values: Sequence[Any]) -> tuple[str, str]:
    consumer = chosen_id(visit, rows)
    with visit.services.asking(visit.session) as connection:
        (current,) = [one for one in list_consumers(connection, now=visit.now) if one["id"] == consumer]
        resumed = current["suspended_at"] is not None
        change_consumer(connection, consumer, suspended_at=None if resumed else visit.now)
    return visit.texts(f"consumers.did_{'resume' if resumed else 'suspend'}", name=rows[0]["name"]), ""


def make_consumer(visit: Visit, rows: list[dict[str, Any]], values: Sequence[Any]) -> tuple[str, str]:
    new = new_consumer(values, visit)
    with visit.services.asking(visit.session) as connection:
        add_consumer(connection, new)
    return visit.texts("consumers.did_make", name=new.name), ""


def make_hook(visit: Visit, rows: list[dict[str, Any]], values: Sequence[Any]) -> tuple[str, str]:
    consumer, url, events = values
    if not consumer:
        raise BadInput("choose in the table first")
    keys = identity_keys(visit.services.database.secrets)
    with visit.services.asking(visit.session) as connection:
        _, secret = add_webhook(connection, int(consumer), url=str(url or ""), event_types=events or [], keys=keys)
    return visit.texts("hooks.did_make"), visit.texts("hooks.secret", secret=secret)


def ping(visit: Visit, rows: list[dict[str, Any]], values: Sequence[Any]) -> tuple[str, str]:
    with visit.services.asking(visit.session) as connection:
        code = visit.session.subdistrict_code or ""
        ping_webhook(connection, chosen_id(visit, rows), subdistrict_code=code, now=visit.now)
    return visit.texts("hooks.did_ping"), ""


def pause(visit: Visit, rows: list[dict[str, Any]], values: Sequence[Any]) -> tuple[str, str]:
    webhook = chosen_id(visit, rows)
    resumed = bool(rows[0]["paused"])
    reason = visit.texts("hooks.paused_by", post=visit.session.title or visit.session.name)
    with visit.services.asking(visit.session) as connection:
        pause_webhook(connection, webhook, reason=reason, now=None if resumed else visit.now)
    return visit.texts(f"hooks.did_{'resume' if resumed else 'pause'}"), ""


def send_again(visit: Visit, rows: list[dict[str, Any]], values: Sequence[Any]) -> tuple[str, str]:
    dead = [row["id"] for row in rows if row["dead"]]
    if not dead:
        raise BadInput(InTexts(lambda texts: texts("hooks.choose_letter")))
    with visit.services.asking(visit.session) as connection:
        count = replay(connection, dead, now=visit.now)
    return visit.texts("hooks.did_replay", n=count), ""
