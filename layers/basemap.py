"""The ground of every map, out of our own geodatabase: shapes as GeoJSON, and a MapLibre style over our own tiles.

Needs no outside host and no glyph server: the style holds no text, names are drawn by the page above it. Order as in
look.md: ground, land, hills, water, roads, (cells), roads again as thin lines, borders.
"""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from gis.texts import texts_in
from layers.catalogue import catalogue
from layers.settings import GroundSettings
from layers.values import select_geojson, served_subdistrict

Theme = Literal["dark", "light"]

#: figures are put below this layer of the style: roads are drawn again, thin, through the cells
THIN_ROADS = "thin-roads"

#: parts of the ground, in drawing order, with the layers they come from
PARTS = {
    "district": ("boundary",),
    "communities": ("communities",),
    "hills": ("hills",),
    "water": ("water",),
    "roads": ("roads",),
    "compounds": ("compounds_commercial", "compounds_resettlement"),
    "apartments": ("apartments",),
}


@dataclass(frozen=True)
class GroundColours:
    """Tokens of look.md that the ground needs."""

    ground: str
    land: str
    hills: str
    water: str
    road_main: str
    road_second: str
    road_minor: str
    community_line: str
    district_line: str


COLOURS: dict[Theme, GroundColours] = {
    "dark": GroundColours(
        ground="#0A0F13", land="#131B21", hills="#1A2425", water="#0A2330", road_main="#3A4750", road_second="#313C44",
        road_minor="#262F36", community_line="#B8C4CC", district_line="#EEF3F6",
    ),
    "light": GroundColours(
        ground="#F4F5F3", land="#FFFFFF", hills="#E8EDE3", water="#CFE3EC", road_main="#D9D4C8", road_second="#E0DCD2",
        road_minor="#E8E5DD", community_line="#4A555C", district_line="#12181C",
    ),
}  # fmt: skip


def select_basemap(connection: Connection, *, code: str | None = None, simplify_m: float = 2.0) -> dict[str, Any]:
    """Select the ground as GeoJSON, for maps that draw it themselves and for the report.

    Returns
    -------
    basemap
        One FeatureCollection per part (`PARTS`), and `schematic`: whether the boundaries are 示意.
    """
    code = code or served_subdistrict(connection)
    parts: dict[str, Any] = {}
    for part, layers in PARTS.items():
        collections = [select_geojson(connection, layer, code=code, simplify_m=simplify_m) for layer in layers]
        features = [feature for collection in collections for feature in collection["features"]]
        parts[part] = {"type": "FeatureCollection", "features": features}
    outlines = parts["district"]["features"]
    return {**parts, "schematic": any(feature["properties"]["schematic"] for feature in outlines)}


def basemap_style(theme: Theme, origin: str, *, settings: GroundSettings | None = None) -> dict[str, Any]:
    """Build the MapLibre style of the ground over our own tiles; plotly takes it as ``layout.map.style``.

    Parameters
    ----------
    theme
        dark (walls) or light (phone, office, paper).
    origin
        Where the server is reached, without a closing slash: ``http://127.0.0.1:8050``. Tile addresses in a style must
        be absolute.
    settings
        What lies beneath, if anything.
    """
    colours = COLOURS[theme]
    names = ("boundary", "hills", "water", "roads", "communities")
    beneath = beneath_source(origin, settings) if settings else None
    background = {"id": "ground", "type": "background", "paint": {"background-color": colours.ground}}
    land = {"fill-color": colours.land, "fill-opacity": 0.0 if beneath else 1.0}
    drawn = [
        background,
        *([{"id": "beneath", "type": "raster", "source": "beneath"}] if beneath else []),
        shape_layer("land", "fill", "boundary", land),
        shape_layer("hills", "fill", "hills", {"fill-color": colours.hills}),
        shape_layer("water", "fill", "water", {"fill-color": colours.water}),
        road_layer("roads", colours, width={"main": 3.0, "second": 2.2, "minor": 1.2}),
        road_layer(THIN_ROADS, colours, width={"main": 1.4, "second": 1.0, "minor": 0.6}),
        shape_layer("community-casing", "line", "communities", {"line-color": colours.ground, "line-width": 4.0}),
        shape_layer("community-line", "line", "communities", {"line-color": colours.community_line, "line-width": 1.6}),
        shape_layer("district-casing", "line", "boundary", {"line-color": colours.ground, "line-width": 6.0}),
        shape_layer("district-line", "line", "boundary", {"line-color": colours.district_line, "line-width": 3.0}),
    ]
    sources = {name: tile_source(name, origin) for name in names}
    return {
        "version": 8,
        "name": f"ground-{theme}",
        "sources": {**sources, **({"beneath": beneath} if beneath else {})},
        "layers": drawn,
    }


def tile_source(layer_id: str, origin: str) -> dict[str, Any]:
    """Return the vector source of one layer of the catalogue, also for layers put above the ground."""
    layer = catalogue().layer(layer_id)
    return {
        "type": "vector",
        "tiles": [f"{origin}/tiles/{layer.id}/{{z}}/{{x}}/{{y}}.mvt"],
        "minzoom": layer.zoom[0],
        "maxzoom": layer.zoom[1],
    }


def shape_layer(name: str, kind: str, source: str, paint: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "type": kind, "source": source, "source-layer": source, "paint": paint}


def road_layer(name: str, colours: GroundColours, *, width: dict[str, float]) -> dict[str, Any]:
    """Return roads by class; widths in pixels at zoom 14, growing with the map from there on."""
    colour = [
        "match",
        ["get", "road_class"],
        "main",
        colours.road_main,
        "second",
        colours.road_second,
        colours.road_minor,
    ]
    far = ["match", ["get", "road_class"], "main", width["main"], "second", width["second"], width["minor"]]
    near = [
        "match",
        ["get", "road_class"],
        "main",
        width["main"] * 6,
        "second",
        width["second"] * 6,
        width["minor"] * 6,
    ]
    paint = {"line-color": colour, "line-width": ["interpolate", ["exponential", 2], ["zoom"], 14, far, 17, near]}
    return {**shape_layer(name, "line", "roads", paint), "layout": {"line-cap": "round", "line-join": "round"}}


def beneath_source(origin: str, settings: GroundSettings) -> dict[str, Any] | None:
    """Return the raster source beneath our ground: a file of ours before a host of theirs; None when neither is set."""
    if settings.pmtiles is not None:
        return {"type": "raster", "tiles": [f"{origin}/tiles/beneath/{{z}}/{{x}}/{{y}}"], "tileSize": 256}
    if settings.tianditu_key is not None:
        key = settings.tianditu_key.get_secret_value()
        address = (
            "https://t{host}.tianditu.gov.cn/vec_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=vec&STYLE=default"
            "&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk="
        )
        return {
            "type": "raster",
            "tiles": [address.replace("{host}", str(host)) + key for host in range(8)],
            "tileSize": 256,
            "attribution": texts_in("zh")("layers.tianditu"),
        }
    return None
