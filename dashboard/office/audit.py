"""The audit, for auditors: who wrote what, newest first, with what was before and after."""

import json
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, html
from dash.development.base_component import Component

from access.audit import Entry, select_audit
from dashboard import ids
from dashboard.dictionary.schema import column_title, table_title, words
from dashboard.office.page import OfficePage, Visit, visit_of
from dashboard.office.parts import page_head, table
from dashboard.services import Services
from gis.texts import Texts

#: longer values are cut [characters]; the whole stands in the tooltip
LONGEST = 60


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
        {"field": "at", "width": 176},
        {"field": "actor", "width": 160},
        {"field": "action", "width": 150},
        {"field": "record", "width": 190},
        {"field": "changes", "flex": 1, "tooltipField": "raw"},
    ]
    grid = table(
        texts, ids.OFFICE_AUDIT_ROWS, columns, audit_rows(visit, ""), titles="office.audit", empty="office.audit.none"
    )
    return html.Div([head, html.Div(grid, className="office-body")], className="office-two")


def audit_rows(visit: Visit, sought: str) -> list[dict[str, str]]:
    """The rows of the table."""
    with visit.services.asking(visit.session) as connection:
        entries = select_audit(connection, sought=stored_word(sought, visit.texts))
    return [row(entry, visit) for entry in entries]


def stored_word(sought: str, texts: Texts) -> str:
    """What the audit itself calls an action or a table that is asked for as the page calls it."""
    said = {word: code for code, word in texts.under("office.audit.action.").items()}
    said |= {table_title(table, texts.language): table for table in words()["tables"]}
    return said.get(sought.strip(), sought)


def row(entry: Entry, visit: Visit) -> dict[str, str]:
    """One entry as text; what is stored stands in `raw`."""
    texts = visit.texts
    action = f"office.audit.action.{entry.action}"
    title = table_title(entry.table_name, texts.language) if entry.table_name else ""
    return {
        "at": visit.local(entry.at),
        "actor": entry.actor,
        "action": texts(action) if action in texts.by_key else entry.action,
        "record": " ".join(part for part in (title, entry.record_id) if part),
        "changes": changes_in_words(entry, texts),
        "raw": json.dumps(entry.changes, ensure_ascii=False) if entry.changes else "",
    }


def changes_in_words(entry: Entry, texts: Texts) -> str:
    """The fields with their values, before and after where one was changed; empty values are left out."""
    parts = []
    for name, value in entry.changes.items():
        title = column_title(name, texts.language)
        if entry.action == "update" and isinstance(value, list) and len(value) == 2:
            parts.append(f"{title} {short(value[0], texts)} → {short(value[1], texts)}")
        elif value not in (None, "", [], {}):
            parts.append(f"{title} {short(value, texts)}")
    return texts.clauses(parts)


def short(value: Any, texts: Texts) -> str:
    """A value as people read it, cut where it is long."""
    if value in (None, ""):
        return texts("office.audit.empty")
    if isinstance(value, bool):
        return texts("office.audit.yes" if value else "office.audit.no")
    said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return said if len(said) <= LONGEST else said[:LONGEST] + "…"


def register(app: Dash, services: Services) -> None:
    """Filter as it is typed."""

    @app.callback(
        Output(ids.OFFICE_AUDIT_ROWS, "rowData"), Input(ids.OFFICE_AUDIT_FILTER, "value"), prevent_initial_call=True
    )
    def filter_rows(sought: str | None) -> list[dict[str, Any]]:
        return audit_rows(visit_of(services), sought or "")


PAGE = OfficePage(slug="audit", group="access", roles=frozenset({"auditor"}), layout=layout, register=register)
