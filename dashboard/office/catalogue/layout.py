"""What the data catalogue consists of: tables, figures, layers or parts of pages, and beside them the chosen one."""

from dash import html
from dash.development.base_component import Component

from dashboard.office.catalogue.figures import figures_view
from dashboard.office.catalogue.layers import layers_view
from dashboard.office.catalogue.panels import panels_view
from dashboard.office.catalogue.tables import listed, tables_view
from dashboard.office.page import Visit
from dashboard.office.parts import page_head, view_links

VIEWS = ("tables", "figures", "layers", "panels")


def layout(visit: Visit) -> Component:
    """Return the page in the view the address asks for."""
    texts = visit.texts
    view = visit.query.get("view", VIEWS[0])
    view = view if view in VIEWS else VIEWS[0]
    found = listed(visit)
    facts = texts(
        "catalogue.facts",
        tables=len(found.tables),
        columns=sum(len(table.columns) for table in found.tables),
        feeds=len(found.feeds),
    )
    links = view_links(texts, "catalogue", VIEWS, view)
    head = page_head(texts("office.catalogue.title"), facts=facts, tools=links)
    others = {"figures": figures_view, "layers": layers_view, "panels": panels_view}
    content = others[view](visit) if view in others else tables_view(visit, found)
    return html.Div([head, content], className="office-two")
