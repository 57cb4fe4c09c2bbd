"""What the page consists of: why rows are refused at the left, the rows of the chosen feed at the right."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import ids
from dashboard.office.page import Visit
from dashboard.office.parts import ONE_ROW, page_head, table
from dashboard.office.uploads import LARGEST
from etl.faults import reason_text
from etl.mending import feeds_waiting, reasons_waiting, waiting_rows
from etl.sheets import BadRow

#: rows shown of a feed; the sheet holds all
MOST_SHOWN = 500


def layout(visit: Visit) -> Component:
    """Return the page; the feed with most rows is chosen."""
    texts = visit.texts
    listed = reason_rows(visit)
    first = next(iter(listed), None)
    said, headings, cells = shown(visit, first)
    columns = [
        {"field": "feed", "width": 112},
        {
            "field": "reason",
            "flex": 1,
            "cellClassRules": {"office-strong": "params.data.whole"},
        },
        {
            "field": "rows",
            "width": 78,
            "type": "rightAligned",
            "cellClassRules": {"office-strong": "params.data.whole"},
        },
    ]
    reasons = table(
        texts, ids.QUARANTINE_REASONS, columns, listed, titles="office.quarantine", empty="office.quarantine.none",
        key="id", chosen=first, rowSelection=ONE_ROW,
    )  # fmt: skip
    tools = [
        dmc.Button(texts("office.quarantine.xlsx"), id=ids.QUARANTINE_XLSX, size="sm", disabled=not first),
        dmc.Button(
            texts("office.quarantine.csv"), id=ids.QUARANTINE_CSV, size="sm", variant="default", disabled=not first
        ),
        dcc.Upload(
            dmc.Button(texts("office.quarantine.upload"), size="sm", variant="default"),
            id=ids.QUARANTINE_SHEET,
            max_size=LARGEST,
            accept=".xlsx,.csv",
        ),
        dcc.Download(id=ids.QUARANTINE_FILE),
    ]
    head = page_head(
        texts("office.quarantine.title"),
        facts=html.Span(facts(visit, listed), id=ids.QUARANTINE_FACTS),
        tools=tools,
    )
    rows = table(
        texts, ids.QUARANTINE_ROWS, headings, cells, titles="office.quarantine", empty="office.quarantine.none",
        key="id",
    )  # fmt: skip
    chosen = html.Div(
        [
            html.Div(said, id=ids.QUARANTINE_HEAD, className="quarantine-head"),
            html.Div(rows, className="quarantine-grid"),
        ],
        className="quarantine-chosen",
    )
    body = html.Div(
        [html.Div(reasons, className="quarantine-reasons"), chosen], className="office-body quarantine-body"
    )
    foot = html.Footer(html.Span(texts("office.quarantine.hint")), className="office-keys")
    return html.Div([head, body, foot], className="office-two")


def shown(visit: Visit, row: Mapping[str, Any] | None) -> tuple[str, list[dict[str, Any]], list[dict[str, Any]]]:
    """What stands at the right of a row of the list: a sentence, columns, rows."""
    if row is None:
        return visit.texts("office.quarantine.none"), [], []
    rows = bad_rows(visit, str(row["key"]), str(row["reason_key"]))
    said = visit.texts(
        "office.quarantine.shown", n=f"{len(rows):,}", most=min(len(rows), MOST_SHOWN), reason=row["reason"]
    )
    return said, row_columns(visit, rows), row_cells(visit, rows)


def reason_rows(visit: Visit) -> list[dict[str, Any]]:
    """One row per feed, its reasons below it, most first."""
    texts, code = visit.texts, visit.session.subdistrict_code or ""
    with visit.services.asking(visit.session) as connection:
        feeds = feeds_waiting(connection, subdistrict_code=code)
        reasons = reasons_waiting(connection, subdistrict_code=code)
    found: list[dict[str, Any]] = []
    for feed in feeds:
        name = feed_name(visit, feed.feed, feed.title)
        whole = {"id": feed.feed, "key": feed.feed, "reason_key": "", "feed": name, "whole": True, "rows": feed.rows}
        found.append({**whole, "reason": texts("office.quarantine.all")})
        found += [
            {"id": f"{feed.feed}:{row.reason}", "key": feed.feed, "reason_key": row.reason, "feed": "", "whole": False,
             "rows": row.rows, "reason": reason_text(row.reason, texts)}
            for row in reasons if row.feed == feed.feed
        ]  # fmt: skip
    return found


def feed_name(visit: Visit, feed: str, title: str) -> str:
    """What a feed is called: by the catalogue, or as its delivery names it."""
    key = f"feeds.{feed}"
    return visit.texts(key) if key in visit.texts.by_key else title


def facts(visit: Visit, listed: Sequence[dict[str, Any]]) -> str:
    """How many rows wait, of how many feeds."""
    feeds = [row for row in listed if row["whole"]]
    return visit.texts("office.quarantine.facts", n=f"{sum(row['rows'] for row in feeds):,}", feeds=len(feeds))


def bad_rows(visit: Visit, feed: str, reason: str) -> list[BadRow]:
    """The rows of a feed that wait, of one reason where one is chosen."""
    code = visit.session.subdistrict_code or ""
    with visit.services.asking(visit.session) as connection:
        rows = waiting_rows(connection, subdistrict_code=code, feed=feed)
    return [row for row in rows if not reason or reason in row.reasons]


def row_columns(visit: Visit, rows: Sequence[BadRow]) -> list[dict[str, Any]]:
    """Columns of the rows: what is wrong first, then the feed's own headings; those that are at fault are marked."""
    texts = visit.texts
    headings = dict.fromkeys(heading for row in rows for heading in row.ordered)
    at_fault = {reason.partition(":")[2] for row in rows for reason in row.reasons}
    first = [heading for heading in headings if heading in at_fault]
    return [
        {"field": "line", "headerName": texts("office.quarantine.line"), "width": 76, "type": "rightAligned",
         "pinned": "left"},
        {"field": "errors", "headerName": texts("office.quarantine.errors"), "width": 340, "pinned": "left"},
        *({"field": heading, "headerName": heading, "width": 150,
           "cellClassRules": {"quarantine-fault": f"params.data['!'].includes('{heading}')"}}
          for heading in (*first, *(one for one in headings if one not in at_fault))),
    ]  # fmt: skip


def row_cells(visit: Visit, rows: Sequence[BadRow]) -> list[dict[str, Any]]:
    """The rows as they are shown: sealed values by their mark."""
    texts = visit.texts
    return [
        {
            "id": str(row.id),
            "line": row.row_number,
            "errors": texts.clauses(reason_text(reason, texts) for reason in row.reasons),
            # headings that are at fault in this row
            "!": [reason.partition(":")[2] for reason in row.reasons],
            **{heading: row.shown(heading) for heading in row.ordered},
        }
        for row in rows[:MOST_SHOWN]
    ]
