"""What the page of accounts consists of: the table at the left, what can be done at the right."""

from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from access.accounts import list_accounts
from access.administration import ADMINISTRATORS, GIVEN_ROLES, administering, community_choices
from access.tables import TOKEN_KINDS
from dashboard import ids
from dashboard.exchange.probing import PROBE
from dashboard.office.page import Visit
from dashboard.office.parts import ONE_ROW, page_head, table
from gis.texts import Texts

#: what the database calls the account behind a consumer of the interfaces
CONSUMER_ACCOUNT = "consumer: "
COLUMNS = (
    {"field": "shown", "flex": 4, "minWidth": 150, "filter": True},
    {"field": "held", "flex": 4, "minWidth": 150, "filter": True},
    {"field": "role", "width": 138, "filter": True},
    {"field": "scope", "flex": 3, "minWidth": 110},
    {"field": "signs_in", "width": 104},
    {"field": "tokens", "width": 84, "type": "rightAligned"},
    {"field": "last_seen", "width": 156},
    {"field": "state", "width": 90},
)


def account_rows(visit: Visit) -> list[dict[str, Any]]:
    """One row per account, as text."""
    with administering(visit.services.database, visit.session, writing=False) as connection:
        accounts = list_accounts(connection)
        names = dict(community_choices(connection))
    texts = visit.texts
    return [
        {
            "name": account["name"],
            "shown": account_words(account["name"], texts),
            "held": "" if account["name"] == PROBE else account["title"],
            "role": texts(f"roles.{account['role']}"),
            "scope": texts.words(names.get(code, code) for code in account["community_codes"]),
            "signs_in": texts("office.accounts.yes" if account["signs_in"] else "office.accounts.by_token"),
            "tokens": account["tokens"],
            "last_seen": visit.local(account["last_seen_at"], "%Y-%m-%d %H:%M"),
            "state": texts("office.accounts.shut" if account["disabled_at"] else "office.accounts.open"),
        }
        for account in accounts
    ]


def account_words(name: str, texts: Texts) -> str:
    """An account's name; of one that no person holds, what it is for."""
    if name == PROBE:
        return texts("office.accounts.of_probe")
    consumer = name.removeprefix(CONSUMER_ACCOUNT)
    return name if consumer == name else texts("office.accounts.of_consumer", name=consumer)


def layout(visit: Visit) -> Component:
    """Return the page."""
    texts = visit.texts
    rows = account_rows(visit)
    grid = table(
        texts, ids.ACCOUNTS_ROWS, COLUMNS, rows, titles="office.accounts", empty="office.accounts.none",
        key="name", rowSelection=ONE_ROW,
    )  # fmt: skip
    head = page_head(
        texts("office.accounts.title"),
        facts=html.Span(texts("office.accounts.facts", n=len(rows)), id=ids.ACCOUNTS_FACTS),
    )
    may = visit.session.role in ADMINISTRATORS
    side = [html.Div([chosen_part(texts), new_part(visit)], className="office-side")] if may else []
    return html.Div(
        [head, html.Div([html.Div(grid), *side], className="office-body office-beside")], className="office-two"
    )


def chosen_part(texts: Texts) -> Component:
    """What can be done with the chosen account."""
    return html.Section(
        [
            html.H2(texts("office.accounts.choose"), id=ids.ACCOUNTS_CHOSEN),
            dmc.Group(
                [
                    dmc.Button(texts(f"office.accounts.{said}"), id=id_, variant="default", disabled=True)
                    for said, id_ in (("shut_it", ids.ACCOUNTS_SHUT), ("revoke", ids.ACCOUNTS_REVOKE))
                ],
                gap=8,
            ),
            dmc.PasswordInput(id=ids.ACCOUNTS_PASSWORD, label=texts("office.accounts.password"), disabled=True),
            dmc.Button(texts("office.accounts.reset"), id=ids.ACCOUNTS_RESET, variant="default", disabled=True),
            dmc.Group(
                [
                    dmc.Select(
                        id=ids.ACCOUNTS_TOKEN_KIND,
                        label=texts("office.accounts.token_kind"),
                        data=[{"value": kind, "label": texts(f"office.accounts.token_{kind}")} for kind in TOKEN_KINDS],
                        value="link", allowDeselect=False, w=150,
                    ),
                    dmc.TextInput(id=ids.ACCOUNTS_TOKEN_LABEL, label=texts("office.accounts.token_label"), w=170),
                ],
                gap=8,
            ),
            dmc.Button(texts("office.accounts.token"), id=ids.ACCOUNTS_TOKEN, variant="default", disabled=True),
            html.Output(id=ids.ACCOUNTS_SECRET, className="office-secret"),
        ],
        className="office-acts",
    )  # fmt: skip


def new_part(visit: Visit) -> Component:
    """The form of a new account."""
    texts = visit.texts
    with administering(visit.services.database, visit.session) as connection:
        communities = community_choices(connection)
    fields = [
        dmc.TextInput(id=ids.ACCOUNTS_NEW_NAME, label=texts("office.accounts.name")),
        dmc.TextInput(id=ids.ACCOUNTS_NEW_TITLE, label=texts("office.accounts.post")),
        dmc.Select(
            id=ids.ACCOUNTS_NEW_ROLE,
            label=texts("office.accounts.role"),
            data=[{"value": role, "label": texts(f"roles.{role}")} for role in GIVEN_ROLES],
            value="duty_officer", allowDeselect=False,
        ),
        dmc.MultiSelect(
            id=ids.ACCOUNTS_NEW_COMMUNITIES,
            label=texts("office.accounts.communities"),
            data=[{"value": code, "label": name} for code, name in communities],
        ),
        dmc.TextInput(id=ids.ACCOUNTS_NEW_WORKER, label=texts("office.accounts.worker")),
        dmc.PasswordInput(id=ids.ACCOUNTS_NEW_PASSWORD, label=texts("office.accounts.password_or_none")),
        dmc.Button(texts("office.accounts.make"), id=ids.ACCOUNTS_MAKE),
    ]  # fmt: skip
    return html.Section([html.H2(texts("office.accounts.new")), *fields])
