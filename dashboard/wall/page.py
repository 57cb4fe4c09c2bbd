"""The wall's page: one Dash app for all screens. It holds the places; what stands there comes over `/live`.

The layout asks for nothing the server does not already hold, so that it is served while the database is away.
"""

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
from dash import Dash, dcc, html
from fastapi import FastAPI

from dashboard import ids
from dashboard.dash_app import mount_dash
from dashboard.look import ALERT_DARK, DARK, css_variables
from gis.texts import Texts


def wall_layout(texts: Texts, figure: go.Figure | dict[str, Any] | None, *, name: str) -> html.Div:
    """Return the wall's skeleton; `figure` is the map, faster to serve as plain data, None before the first load."""
    graph = dcc.Graph(
        id=ids.WALL_MAP,
        className="graph",
        figure=figure
        or go.Figure(layout={"template": None, "paper_bgcolor": DARK.ground, "plot_bgcolor": DARK.ground}),
        config={"staticPlot": False, "displayModeBar": False, "scrollZoom": False, "doubleClick": False},
        responsive=False,
    )
    head = html.Div(
        [
            html.Div(texts("wall.title", name=name), id=ids.WALL_TITLE, className="title"),
            html.Div(id=ids.WALL_TABS, className="tabs"),
            html.Div(id=ids.WALL_BAR, className="bar"),
            html.Div(className="push"),
            html.Div(texts("wall.loading"), id=ids.WALL_SOURCES, className="sources"),
            html.Div(id=ids.WALL_DATE, className="date"),
            html.Div(id=ids.WALL_CLOCK, className="clock"),
        ],
        className="head",
    )
    area = html.Div(
        [
            graph,
            html.Div(id=ids.WALL_OVERLAY, className="overlay"),
            html.Div(id=ids.WALL_LEGEND, className="legend"),
            html.Div([html.Div(id=ids.WALL_SCALE, className="scale"), html.Div(id=ids.WALL_NOTE)], className="foot"),
            html.Div([html.I(), html.I(), html.I(), html.I()], className="stripes"),
            html.Div(id=ids.WALL_OLD, className="old-picture"),
        ],
        className="map",
    )
    small = [
        html.Div([html.Div(id=top), html.Div(id=drawing, className="drawing")], className="small-map")
        for top, drawing in zip(ids.WALL_SMALL_TOPS, ids.WALL_SMALL_DRAWINGS, strict=True)
    ]
    title = html.Div(html.Span(texts("wall.alerts"), className="name"), className="panel-head")
    drill = html.Span(texts("wall.page.drill"))
    return html.Div(
        [
            head,
            html.Div(id=ids.WALL_TAKEOVER_HEAD, className="takeover-head"),
            html.Div([html.Div(id=ids.WALL_REGISTER, className="panel")], className="left"),
            area,
            html.Div(small, id=ids.WALL_SMALL, className="small"),
            html.Div(
                [
                    html.Div(id=ids.WALL_LEVELS, className="levels"),
                    html.Div(title, id=ids.WALL_ALERTS, className="alerts"),
                    html.Div(
                        [html.Div(id=ids.WALL_PANEL_TOP), html.Div(id=ids.WALL_CHART, className="chart")],
                        id=ids.WALL_PANEL,
                        className="panel",
                    ),
                    html.Div(id=ids.WALL_OUT, className="panel out"),
                ],
                className="right",
            ),
            html.Div(id=ids.WALL_COUNTERS, className="counters"),
            html.Div(id=ids.WALL_TAKEOVER, className="takeover"),
            html.Div([drill] * 9, className="exercise-strip top"),
            html.Div([drill] * 9, className="exercise-strip bottom"),
        ],
        id=ids.WALL,
        className="wall loading",
    )


def mount_page(
    server: FastAPI, *, layout: Callable[[], html.Div], texts: Texts, check: Callable[[str], object]
) -> Dash:
    """Put the wall's Dash app on the server under `/wall/`; every screen that `check` knows is the same page."""
    return mount_dash(
        server,
        name="wall",
        layout=layout,
        title="wall.page_title",
        texts=lambda: texts,
        variables=css_variables(DARK, ALERT_DARK),
        check=check,
    )
