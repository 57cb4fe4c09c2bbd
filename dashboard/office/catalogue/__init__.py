"""The data catalogue: tables with their columns, sources, freshness and readers; figures with their trace."""

from dash import Dash, Input, Output

from dashboard import ids
from dashboard.office.catalogue.figures import figure_part
from dashboard.office.catalogue.layout import layout
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


PAGE = OfficePage(
    slug="catalogue",
    group="data",
    roles=frozenset({"duty_officer", "commander", "operator", "auditor"}),
    layout=layout,
    register=register,
)
