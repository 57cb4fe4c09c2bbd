"""The audit, for auditors: who wrote what, newest first, with what was before and after."""

import json
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, html
from dash.development.base_component import Component

from access.audit import Entry, select_audit
from dashboard import ids
from dashboard.office.page import OfficePage, Visit, visit_of
from dashboard.office.parts import page_head, table
from dashboard.services import Services


def layout(visit: Visit) -> Component:
    """Return the page with the newest entries."""
    texts = visit.texts
    tools = dmc.TextInput(
        id=ids.OFFICE_AUDIT_FILTER,
        placeholder=texts("office.audit.filter"),
        size="sm",
        w=320,
        debounce=300,
        **{"aria-label": texts("office.audit.filter")},
    )
    head = page_head(texts("office.audit.title"), facts=texts("office.audit.lead"), tools=[tools])
    columns = [
        {"field": "at", "width": 190},
        {"field": "actor", "width": 170},
        {"field": "action", "width": 130},
        {"field": "record", "width": 260},
        {"field": "changes", "flex": 1, "tooltipField": "changes", "cellClass": "office-mono"},
    ]
    grid = table(
        texts, ids.OFFICE_AUDIT_ROWS, columns, audit_rows(visit, ""), titles="office.audit", empty="office.audit.none"
    )
    return html.Div([head, html.Div(grid, className="office-body")], className="office-two")


def audit_rows(visit: Visit, sought: str) -> list[dict[str, str]]:
    """The rows of the table."""
    with visit.services.asking(visit.session) as connection:
        entries = select_audit(connection, sought=sought)
    return [row(entry, visit) for entry in entries]


def row(entry: Entry, visit: Visit) -> dict[str, str]:
    """One entry as text."""
    return {
        "at": visit.local(entry.at),
        "actor": entry.actor,
        "action": entry.action,
        "record": " ".join(part for part in (entry.table_name, entry.record_id) if part),
        "changes": json.dumps(entry.changes, ensure_ascii=False) if entry.changes else "",
    }


def register(app: Dash, services: Services) -> None:
    """Filter as it is typed."""

    @app.callback(
        Output(ids.OFFICE_AUDIT_ROWS, "rowData"), Input(ids.OFFICE_AUDIT_FILTER, "value"), prevent_initial_call=True
    )
    def filter_rows(sought: str | None) -> list[dict[str, Any]]:
        return audit_rows(visit_of(services), sought or "")


PAGE = OfficePage(slug="audit", group="access", roles=frozenset({"auditor"}), layout=layout, register=register)
