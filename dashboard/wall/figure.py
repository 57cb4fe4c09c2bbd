"""The wall's one map as a figure: the ground as its style, and empty traces that the page fills and patches."""

from typing import Any

import plotly.graph_objects as go

from dashboard.look import DARK
from dashboard.wall.basemap import THIN_ROADS, wall_style
from dashboard.wall.ground import Ground

#: traces by place; dashboard/static/wall/map.js restyles them by these places
TRACES = ("cells", "hatch_few", "hatch_gap", "outline_gap")

#: cells are shrunk by this part so that hexagons read as a texture
SHRINK = 0.055


def shrunk(ring: list[list[float]]) -> list[list[float]]:
    """Draw a hexagon's corners towards its centre by `SHRINK` of the way."""
    corners = ring[:-1]
    lon = sum(corner[0] for corner in corners) / len(corners)
    lat = sum(corner[1] for corner in corners) / len(corners)
    return [[round(x + (lon - x) * SHRINK, 6), round(y + (lat - y) * SHRINK, 6)] for x, y in ring]


def cells_geojson(ground: Ground) -> dict[str, Any]:
    """The cells as features whose id is their place in `Ground.cells`."""
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "id": place, "geometry": {"type": "Polygon", "coordinates": [shrunk(ring)]}}
            for place, ring in enumerate(ground.hexagons)
        ],
    }


def steps(colours: tuple[str, ...]) -> list[list[Any]]:
    """A colour scale of flat steps over 0 … len(colours)."""
    count = len(colours)
    return [[edge / count, colour] for place, colour in enumerate(colours) for edge in (place, place + 1)]


def map_figure(ground: Ground) -> go.Figure:
    """Return the map of the whole district with no figures on it yet.

    The style never changes once the page is there; the page fits the camera to its screen and patches the traces.
    """
    figure = go.Figure()
    figure.add_choroplethmap(
        geojson=cells_geojson(ground), locations=[], z=[], zmin=0, zmax=5, colorscale=steps(DARK.demand),
        showscale=False,
        marker={"line": {"width": 0}, "opacity": 0.92}, hoverinfo="skip", below=THIN_ROADS,
    )  # fmt: skip
    for colour, width in ((DARK.few_hatch, 1.2), (DARK.gap_hatch, 1.6), (DARK.gap_hatch, 2.0)):
        figure.add_scattermap(
            lon=[], lat=[], mode="lines", line={"color": colour, "width": width}, hoverinfo="skip", below=THIN_ROADS
        )
    west, south, east, north = ground.bounds
    figure.update_layout(
        map={
            "style": wall_style(ground, DARK),
            "center": {"lon": (west + east) / 2, "lat": (south + north) / 2},
            "zoom": 12.5,
        },
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor=DARK.ground,
        showlegend=False,
        uirevision="wall",
        template=None,
    )
    return figure
