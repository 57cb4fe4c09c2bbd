"""Put the office on the server: one Dash app, its pages by address."""

from typing import Any
from urllib.parse import parse_qsl

from dash import Dash, Input, Output, html
from fastapi import FastAPI
from fastapi.responses import RedirectResponse

from dashboard import ids
from dashboard.dash_app import mount_dash
from dashboard.look import ALERT_LIGHT, LIGHT, css_variables
from dashboard.office.page import visit_of
from dashboard.office.pages import office_pages
from dashboard.office.shell import bar, chosen_page, drill_strip, page_content, shell
from dashboard.services import Services


def mount(server: FastAPI, services: Services) -> None:
    """Serve `/office` and `/office/<page>`."""
    app = mount_dash(
        server,
        name="office",
        layout=lambda: shell(visit_of(services)),
        title="office.title",
        texts=lambda: visit_of(services).texts,
        variables=css_variables(LIGHT, ALERT_LIGHT),
    )
    server.add_api_route(
        "/office", lambda: RedirectResponse("/office/", status_code=307), methods=["GET"], include_in_schema=False
    )
    register(app, services)
    for page in office_pages():
        page.register(app, services)


def register(app: Dash, services: Services) -> None:
    """Show the page of the address, and the strip of a drill."""

    @app.callback(
        Output(ids.OFFICE_DRILL, "children"),
        Input(ids.OFFICE_DRILL_CLOCK, "n_intervals"),
        Input(ids.OFFICE_ADDRESS, "pathname"),
    )
    def show_drill(_: int | None, __: str | None) -> list[Any]:
        return drill_strip(visit_of(services))

    @app.callback(
        Output(ids.OFFICE_BAR, "children"),
        Output(ids.OFFICE_PAGE, "children"),
        Input(ids.OFFICE_ADDRESS, "pathname"),
        Input(ids.OFFICE_ADDRESS, "search"),
    )
    def show_page(pathname: str | None, search: str | None) -> tuple[list[Any], Any]:
        visit = visit_of(services, dict(parse_qsl((search or "").removeprefix("?"))))
        slug = (pathname or "").removeprefix("/office").strip("/")
        page = chosen_page(visit, slug)
        return bar(visit, slug=page.slug if page else ""), html.Div(page_content(visit, slug), key=pathname)
