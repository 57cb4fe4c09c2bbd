"""Parts that every page of the office is made of: its head, its table, its row of keys."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid as dag
from dash import dcc, html
from dash.development.base_component import Component

from gis.texts import Texts

#: rows of a table as the page sends them: those that are selected, or all
Rows = Sequence[dict[str, Any]]


def page_head(title: str, *, facts: Any = "", tools: Sequence[Component] = ()) -> Component:
    """Return a page's head: title, what it shows (counts, age), and tools at the right."""
    return html.Header(
        [html.H1(title), html.Span(facts, className="facts"), html.Div(list(tools), className="tools")],
        className="office-head",
    )


def view_links(texts: Texts, slug: str, views: Sequence[str], current: str) -> list[Component]:
    """Return the views of a page as links, `/office/<slug>?view=<view>`, titled ``<slug>.view.<view>``."""
    return [
        dcc.Link(
            texts(f"{slug}.view.{view}"),
            href=f"/office/{slug}?view={view}",
            className="office-view current" if view == current else "office-view",
        )
        for view in views
    ]


def table(
    texts: Texts,
    id_: str,
    columns: Sequence[Mapping[str, Any]],
    rows: Sequence[Mapping[str, Any]],
    *,
    titles: str,
    empty: str,
    key: str = "",
    chosen: Mapping[str, Any] | None = None,
    **options: Any,
) -> Component:
    """Return a table that fills its place; words that are too long for their column wrap.

    Parameters
    ----------
    columns
        AG Grid's column definitions with ``field``; the heading is the text ``<titles>.<field>``.
    empty
        Key of the sentence that stands there when there are no rows.
    key
        Field by which a row is known when the rows come anew; empty for a table nobody chooses from.
    chosen
        The row that is chosen as the page comes, with a `key`; no callback is called for it: the page shows it itself.
    options
        Further options of AG Grid, in its own names (``rowSelection`` …).
    """
    grid: Component = dag.AgGrid(
        id=id_,
        columnDefs=[
            dict(column) if "headerName" in column else {"headerName": texts(f"{titles}.{column['field']}"), **column}
            for column in columns
        ],
        defaultColDef={"wrapText": True, "autoHeight": True, "wrapHeaderText": True, "autoHeaderHeight": True},
        rowData=[dict(row) for row in rows],
        className="ag-theme-office",
        **({} if chosen is None else {"selectedRows": [dict(chosen)]}),
        **({"getRowId": f"params.data.{key} + ''"} if key else {}),
        dashGridOptions={
            "localeText": {**texts.under("office.grid."), "noRowsToShow": texts(empty)},
            "tooltipShowDelay": 200,
            "enableCellTextSelection": True,
            **options,
        },
        style={"height": "100%"},
    )
    return grid


#: one row at a time, chosen by a click anywhere on it
ONE_ROW = {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True}


def keys_row(texts: Texts, keys: Sequence[tuple[Sequence[str], str]]) -> Component:
    """Return the row of keys at the foot of a page: ((keys), key of the text) each."""
    return html.Footer(
        [html.Span([*(html.Kbd(key) for key in pressed), texts(said)]) for pressed, said in keys],
        className="office-keys",
    )


def notice(said: str) -> dict[str, Any]:
    """Return a notification for `OFFICE_NOTICES`' ``sendNotifications``: one sentence, gone after a while."""
    return {"action": "show", "message": said, "autoClose": 8000, "color": "action", "withBorder": True}
