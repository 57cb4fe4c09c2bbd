"""The wall's MapLibre style, made from the ground alone: no tiles, no glyphs, no outside host.

Order as in look.md: ground, land, hills, water, roads, (cells), roads again as thin lines, borders. Labels and marks
are drawn above by the page, since only there it is known what fits. Line widths are for 1080 lines; the page
scales them for a finer screen (`scaleLines` in static/wall/map.js).
"""

from typing import Any

import shapely

from dashboard.look import Look
from dashboard.wall.ground import Ground, Ring, Road

#: live figures go below this layer: roads are drawn again, thin, through the cells
THIN_ROADS = "thin-roads"

#: outside the district roads fade out
FADED = ["case", ["==", ["get", "inside"], 1], 1.0, 0.35]

#: width at 1080 lines [px]
ROAD_PX = {"main": 3.0, "second": 2.2, "minor": 1.2}
THIN_ROAD_PX = {"main": 1.4, "second": 1.0, "minor": 0.6}


def collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "geojson", "data": {"type": "FeatureCollection", "features": features}}


def feature(kind: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def road_features(roads: list[Road], outline: list[list[Ring]]) -> list[dict[str, Any]]:
    """Roads as two features each, inside and outside the district, since they fade out beyond it."""
    district = shapely.union_all([shapely.Polygon(rings[0], rings[1:]) for rings in outline])
    features = []
    for road in roads:
        lines = shapely.MultiLineString([line for line in road.lines if len(line) > 1])
        for part, inside in ((shapely.intersection(lines, district), 1), (shapely.difference(lines, district), 0)):
            pieces = [list(piece.coords) for piece in shapely.get_parts(part) if piece.geom_type == "LineString"]
            if pieces:
                features.append(feature("MultiLineString", pieces, rank=road.rank, inside=inside))
    return features


def by_rank(look: Look) -> list[Any]:
    """A MapLibre expression: a road's colour by its rank."""
    return ["match", ["get", "rank"], "main", look.road_main, "second", look.road_second, look.road_minor]


def widths(px: dict[str, float]) -> list[Any]:
    """A MapLibre expression: a road's width by its rank and the zoom; a close view shows streets as streets."""
    far = ["match", ["get", "rank"], "main", px["main"], "second", px["second"], px["minor"]]
    near = [
        "match",
        ["get", "rank"],
        "main",
        px["main"] * 6,
        "second",
        px["second"] * 6,
        px["minor"] * 6,
    ]
    return ["interpolate", ["exponential", 2], ["zoom"], 14, far, 17, near]


def wall_style(ground: Ground, look: Look) -> dict[str, Any]:
    """Return the MapLibre style of the ground as a dict."""
    outline = [feature("MultiPolygon", ground.outline)]
    hills = [feature("MultiPolygon", hill.polygons, tint=place) for place, hill in enumerate(ground.hills)]
    borders = [feature("MultiPolygon", community.polygons) for community in ground.communities]
    return {
        "version": 8,
        "name": "wall",
        "sources": {
            "land": collection(outline),
            "hills": collection(hills),
            "water": collection([feature("MultiPolygon", area.polygons) for area in ground.water]),
            "roads": collection(road_features(ground.roads, ground.outline)),
            "borders": collection(borders),
        },
        "layers": [
            {"id": "ground", "type": "background", "paint": {"background-color": look.ground}},
            {"id": "land", "type": "fill", "source": "land", "paint": {"fill-color": look.land}},
            {
                "id": "hills", "type": "fill", "source": "hills",
                "paint": {"fill-color": look.hills, "fill-opacity": 0.55},
            },
            {"id": "water", "type": "fill", "source": "water", "paint": {"fill-color": look.water}},
            line("roads", "roads", by_rank(look), widths(ROAD_PX), opacity=FADED),
            line(THIN_ROADS, "roads", look.ground, widths(THIN_ROAD_PX), opacity=0.5),
            line("border-casing", "borders", look.ground, 4.6, opacity=0.7),
            line("borders", "borders", look.community_line, 1.6),
            line("outline-casing", "land", look.ground, 7, opacity=0.8),
            line("outline", "land", look.district_line, 3),
        ],
    }  # fmt: skip


def line(name: str, source: str, colour: Any, width: Any, *, opacity: Any = 1.0) -> dict[str, Any]:
    return {
        "id": name,
        "type": "line",
        "source": source,
        "layout": {"line-cap": "round", "line-join": "round"},
        "paint": {"line-color": colour, "line-width": width, "line-opacity": opacity},
    }
