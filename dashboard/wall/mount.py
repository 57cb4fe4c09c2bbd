"""Put the wall on the server: its stream, its page, and the hub that lives as long as the server does."""

from typing import Any, cast

from dash import html
from fastapi import FastAPI

from dashboard.live import LiveHub
from dashboard.live_routes import router, start_with
from dashboard.services import Services
from dashboard.wall.figure import map_figure
from dashboard.wall.page import mount_page, wall_layout
from gis.texts import texts_in


def mount(server: FastAPI, services: Services) -> None:
    """Serve `/wall/<screen>` and `/live/<screen>`."""
    hub = LiveHub(services.database, services.clock, services.settings.var_dir / "wall")
    server.state.live = hub
    server.include_router(router(hub))
    start_with(server, [hub])
    texts = texts_in(services.settings.language)
    drawn: dict[str, Any] = {}

    def layout() -> html.Div:
        ground = hub.composer.ground if hub.composer else None
        if ground is None:
            return wall_layout(texts, None, name="")
        if drawn.get("version") != ground.version:
            name = ground.name_en if texts.language == "en" else ground.name
            drawn.update(
                version=ground.version, layout=wall_layout(texts, map_figure(ground).to_plotly_json(), name=name)
            )
        return cast(html.Div, drawn["layout"])

    hub.prepare = layout
    mount_page(server, layout=layout, texts=texts, check=hub.scenes.screen)
