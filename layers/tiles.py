"""Vector tiles of a layer, drawn by PostGIS: cells with value and class, or shapes with their properties."""

import gzip
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from gis.database.statements import load_statements
from gis.errors import BadInput
from layers.catalogue import FeaturesSource, Layer
from layers.values import bound, cell_statement, class_limits, feature_statement, served_subdistrict

STATEMENTS = load_statements("layers", "tiles")

#: deepest zoom a tile address may name
DEEPEST_ZOOM = 22
#: cells are shown at 9 below this zoom, at 11 from the second on: a cell is then 20 to 60 pixels wide
WORKING_ZOOM, FINEST_ZOOM = 12, 16


@dataclass(frozen=True)
class TileAddress:
    """Which tile of the web Mercator pyramid."""

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        if not 0 <= self.z <= DEEPEST_ZOOM or not (0 <= self.x < 2**self.z and 0 <= self.y < 2**self.z):
            raise BadInput(
                "no tile {z}/{x}/{y}; zoom is 0 to {deepest}, x and y below 2^zoom",
                z=self.z,
                x=self.x,
                y=self.y,
                deepest=DEEPEST_ZOOM,
            )


def resolution_at(zoom: int) -> int:
    """Return the resolution of cells that is drawn at a zoom."""
    if zoom < WORKING_ZOOM:
        return 9
    return 10 if zoom < FINEST_ZOOM else 11


def select_tile(connection: Connection, layer: Layer, address: TileAddress, *, code: str | None = None) -> bytes:
    """Draw one tile of a layer as a Mapbox Vector Tile (version 2); empty bytes where there is nothing.

    Features of a layer of cells carry `cell` (15 hexadecimal characters), `value`, `class`, `suppressed` and
    `estimated`; others their columns in sql/features.sql. The MVT layer is named like ours. Outside the layer's zoom
    range a tile is empty.
    """
    if not layer.zoom[0] <= address.z <= layer.zoom[1]:
        return b""
    code = code or served_subdistrict(connection)
    parameters: dict[str, Any] = {"z": address.z, "x": address.x, "y": address.y, "layer": layer.id, "code": code}
    if isinstance(layer.source, FeaturesSource):
        sql, stated = feature_statement(layer.id)
        template = STATEMENTS.source("feature_tile")
    else:
        resolution = resolution_at(address.z)
        sql, stated = cell_statement(layer.source)
        template = STATEMENTS.source("cell_tile")
        parameters["resolution"] = resolution
        parameters["limits"] = class_limits(connection, layer, resolution, code=code)
        parameters["below"] = layer.legend.classes == "minutes"
    statement = bound(template.replace("{inner}", sql.rstrip().rstrip(";")), stated, **parameters)
    tile = connection.scalar(statement)
    return bytes(tile) if tile else b""


def compressed(tile: bytes) -> bytes:
    """Compress a tile; the same tile gives the same bytes, so that its tag holds."""
    return gzip.compress(tile, compresslevel=6, mtime=0)
