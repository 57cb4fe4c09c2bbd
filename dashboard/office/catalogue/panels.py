"""Parts of pages in the data catalogue: which figures and layers a counter, chart, table or map shows, a click away."""

from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import ids
from dashboard.figures.catalogue import figures
from dashboard.figures.layer_trace import definition_of
from dashboard.figures.panels import panel_named, panels
from dashboard.figures.trace import parts_of
from dashboard.office.page import Visit
from dashboard.office.parts import ONE_ROW, table
from layers.catalogue import catalogue

COLUMNS = (
    {"field": "page", "width": 84, "filter": True},
    {"field": "part", "width": 104, "filter": True},
    {"field": "name", "flex": 1, "minWidth": 170, "filter": True},
    {"field": "shows", "width": 84, "type": "rightAligned"},
    {"field": "id", "width": 190, "cellClass": "office-mono"},
)


def panels_view(visit: Visit) -> Component:
    """The list at the left, what the chosen part shows at the right."""
    texts = visit.texts
    rows = panel_rows(visit)
    wanted = visit.query.get("panel")
    first = next((row for row in rows if row["key"] == wanted), rows[0])
    grid = table(
        texts, ids.PANELS_ROWS, COLUMNS, rows, titles="panels", empty="panels.none", key="key", chosen=first,
        rowSelection=ONE_ROW,
    )  # fmt: skip
    chosen = html.Div(panel_part(visit, first["key"]), id=ids.PANELS_CHOSEN, className="catalogue-chosen")
    return html.Div([html.Div(grid), chosen], className="office-body catalogue-body")


def panel_rows(visit: Visit) -> list[dict[str, Any]]:
    """One row per part."""
    texts = visit.texts
    return [
        {
            "key": panel.key,
            "page": texts(f"figures.page.{panel.page}"),
            "part": texts(f"panels.part.{panel.part}"),
            "name": panel.name.in_language(texts.language),
            "shows": len(panel.figures) + len(panel.layers),
            "id": panel.id,
        }
        for panel in panels()
    ]


def panel_part(visit: Visit, key: str | None) -> list[Component]:
    """What a part shows: each figure and layer with its definition and version, and a link to its trace."""
    texts, language = visit.texts, visit.texts.language
    panel = panel_named(key) if key else None
    if panel is None:
        return [html.P(texts("panels.choose"), className="facts")]
    shown: list[Component] = []
    for one in panel.figures:
        figure = figures()[one]
        versions = " ".join(part.query.version for part in parts_of(figure) if part.query)
        shown += [
            html.H3(dcc.Link(figure.name.in_language(language), href=f"/office/catalogue?view=figures&figure={one}")),
            html.P(figure.definition.in_language(language)),
            html.P(f"{one} @ {versions}", className="facts office-mono"),
        ]
    for one in panel.layers:
        layer = catalogue().layer(one)
        name = texts("panels.layer", name=layer.name.in_language(language))
        shown += [
            html.H3(dcc.Link(name, href=f"/office/catalogue?view=layers&layer={one}")),
            html.P(definition_of(layer).in_language(language)),
            html.P(one, className="facts office-mono"),
        ]
    return [html.H2(panel.name.in_language(language)), *shown]
