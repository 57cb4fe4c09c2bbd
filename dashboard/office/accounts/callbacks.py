"""What the buttons of the page of accounts do; each answers with a sentence."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from dash import Dash, Input, Output, State, no_update
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection

from access.accounts import (
    NewAccount,
    account_named,
    add_account,
    add_token,
    check_new_password,
    disable_account,
    reset_password,
    revoke_tokens,
)
from access.administration import administering, check_administered, check_given_role, check_other
from access.scope import grid_worker_id
from dashboard import ids
from dashboard.office.accounts.layout import account_rows, account_words
from dashboard.office.page import Visit, visit_of
from dashboard.office.parts import Rows, notice
from dashboard.services import Services
from gis.errors import BadInput, FengqiaoError

#: how long a token made here holds
TOKEN_LIFETIME = timedelta(days=365)


def register(app: Dash, services: Services) -> None:
    """Wire the page."""

    @app.callback(
        Output(ids.ACCOUNTS_CHOSEN, "children"),
        *(Output(id_, "disabled") for id_ in ids.ACCOUNTS_ACTIONS),
        Input(ids.ACCOUNTS_ROWS, "selectedRows"),
        prevent_initial_call=True,
    )
    def choose(rows: Rows | None) -> tuple[Any, ...]:
        name = chosen(rows)
        heading = str(rows[0]["shown"]) if rows else visit_of(services).texts("office.accounts.choose")
        return heading, *(not name for _ in ids.ACCOUNTS_ACTIONS)

    act(app, services, ids.ACCOUNTS_SHUT, (), shut)
    act(app, services, ids.ACCOUNTS_REVOKE, (), revoke)
    act(app, services, ids.ACCOUNTS_RESET, (ids.ACCOUNTS_PASSWORD,), reset)
    act(app, services, ids.ACCOUNTS_TOKEN, (ids.ACCOUNTS_TOKEN_KIND, ids.ACCOUNTS_TOKEN_LABEL), token)
    act(app, services, ids.ACCOUNTS_MAKE, ids.ACCOUNTS_NEW, make)


#: (connection, visit, name of the chosen account, values of the fields) -> (what was done, a secret to show once)
Action = Callable[[Connection, Visit, str, Sequence[Any]], tuple[str, str]]


def act(app: Dash, services: Services, button: str, fields: Sequence[str], action: Action) -> None:
    """Let a button do something in the operator's name, then show the accounts anew."""

    @app.callback(
        Output(ids.ACCOUNTS_ROWS, "rowData", allow_duplicate=True),
        Output(ids.OFFICE_NOTICES, "sendNotifications", allow_duplicate=True),
        Output(ids.ACCOUNTS_SECRET, "children", allow_duplicate=True),
        Input(button, "n_clicks"),
        State(ids.ACCOUNTS_ROWS, "selectedRows"),
        *(State(field, "value") for field in fields),
        prevent_initial_call=True,
    )
    def run(clicks: int | None, rows: Rows | None, *values: Any) -> tuple[Any, Any, Any]:
        if not clicks:
            # Dash calls this when the page comes, too
            raise PreventUpdate
        visit = visit_of(services)
        try:
            with administering(services.database, visit.session) as connection:
                name = chosen(rows)
                if name and button != ids.ACCOUNTS_MAKE:
                    check_administered(connection, name)
                said, secret = action(connection, visit, name, values)
        except FengqiaoError as fault:
            return no_update, [notice(fault.within(visit.texts.language))], no_update
        return account_rows(visit), [notice(said)], secret


def chosen(rows: Rows | None) -> str:
    """The name of the account that is chosen in the table; empty for none."""
    return str(rows[0]["name"]) if rows else ""


def shut(connection: Connection, visit: Visit, name: str, values: Sequence[Any]) -> tuple[str, str]:
    check_other(name, visit.session)
    disable_account(connection, name, now=visit.now)
    return visit.texts("office.accounts.did_shut", name=account_words(name, visit.texts)), ""


def revoke(connection: Connection, visit: Visit, name: str, values: Sequence[Any]) -> tuple[str, str]:
    count = revoke_tokens(connection, account_named(connection, name), label=None, now=visit.now)
    return visit.texts("office.accounts.did_revoke", name=account_words(name, visit.texts), n=count), ""


def reset(connection: Connection, visit: Visit, name: str, values: Sequence[Any]) -> tuple[str, str]:
    reset_password(connection, name, str(values[0] or ""), now=visit.now)
    return visit.texts("office.accounts.did_reset", name=name), ""


def token(connection: Connection, visit: Visit, name: str, values: Sequence[Any]) -> tuple[str, str]:
    secret = add_token(
        connection,
        account_named(connection, name),
        kind=str(values[0]),
        label=str(values[1] or ""),
        now=visit.now,
        lifetime=TOKEN_LIFETIME,
    )
    return visit.texts("office.accounts.did_token", name=name), visit.texts("office.accounts.secret", secret=secret)


def make(connection: Connection, visit: Visit, name: str, values: Sequence[Any]) -> tuple[str, str]:
    new_name, title, role, communities, worker, password = values
    check_given_role(str(role))
    if not str(new_name or "").strip():
        raise BadInput("give the account a name")
    if password:
        check_new_password(password, name=str(new_name))
    add_account(
        connection,
        NewAccount(
            name=str(new_name).strip(),
            role=str(role),
            title=str(title or ""),
            password=password or None,
            community_codes=tuple(communities or ()),
            grid_worker_id=grid_worker_id(connection, str(worker)) if worker else None,
        ),
    )
    return visit.texts("office.accounts.did_make", name=new_name), ""
