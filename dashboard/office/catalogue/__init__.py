"""The data catalogue: tables with their columns, sources, freshness and readers; figures, layers and panels traced."""

from dash import Dash, Input, Output

from dashboard import ids
from dashboard.office.catalogue.figures import figure_part
from dashboard.office.catalogue.layers import layer_part
from dashboard.office.catalogue.layout import layout
from dashboard.office.catalogue.panels import panel_part
from dashboard.office.catalogue.tables import table_part
from dashboard.office.page import OfficePage, visit_of
from dashboard.services import Services


def register(app: Dash, services: Services) -> None:
    """Show what is chosen."""

    @app.callback(
        Output(ids.CATALOGUE_CHOSEN, "children"), Input(ids.CATALOGUE_ROWS, "selectedRows"), prevent_initial_call=True
    )
    def choose_table(rows: list[dict[str, str]] | None) -> object:
        return table_part(visit_of(services), rows[0]["table"] if rows else None)

    @app.callback(
        Output(ids.FIGURES_CHOSEN, "children"), Input(ids.FIGURES_ROWS, "selectedRows"), prevent_initial_call=True
    )
    def choose_figure(rows: list[dict[str, str]] | None) -> object:
        return figure_part(visit_of(services), rows[0]["id"] if rows else None)

    @app.callback(
        Output(ids.PANELS_CHOSEN, "children"), Input(ids.PANELS_ROWS, "selectedRows"), prevent_initial_call=True
    )
    def choose_panel(rows: list[dict[str, str]] | None) -> object:
        return panel_part(visit_of(services), rows[0]["key"] if rows else None)

    @app.callback(
        Output(ids.LAYERS_CHOSEN, "children"),
        Input(ids.LAYERS_ROWS, "selectedRows"),
        Input(ids.LAYERS_COMMUNITY, "value"),
        Input(ids.LAYERS_COMPOUND, "value"),
        Input(ids.LAYERS_CELL, "value"),
        prevent_initial_call=True,
    )
    def choose_layer(
        rows: list[dict[str, str]] | None, community: str | None, compound: str | None, cell: str | None
    ) -> object:
        chosen = rows[0]["id"] if rows else None
        return layer_part(visit_of(services), chosen, cell=cell, compound=compound, community=community)


PAGE = OfficePage(
    slug="catalogue",
    group="data",
    roles=frozenset({"duty_officer", "commander", "operator", "auditor"}),
    layout=layout,
    register=register,
)
