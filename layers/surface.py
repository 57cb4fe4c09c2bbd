"""A layer of cells as a raster any map program opens: a Cloud-Optimised GeoTIFF in the district's metric system."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from gis import cells as h3_cells
from gis.district import select_district
from gis.errors import BadInput
from gis.raster import write_cells_as_raster
from layers.catalogue import FeaturesSource, catalogue
from layers.values import select_cell_values

#: edge of a pixel where nobody says another: a tenth of a cell of resolution 10 [m]
PIXEL_M = 10.0


@dataclass(frozen=True)
class Surface:
    """What was written."""

    cells: int
    width: int
    height: int


def write_surface(
    connection: Connection,
    layer_id: str,
    path: Path,
    *,
    now: datetime,
    resolution: int = h3_cells.WORKING,
    pixel_m: float = PIXEL_M,
    code: str | None = None,
) -> Surface:
    """Write what a layer of cells shows into a Cloud-Optimised GeoTIFF.

    A file leaves the house: only layers that a wall may show are written, and values that are not published are left
    out.

    Raises
    ------
    NotFound, NotAllowed
        If there is no such layer, or it is not for everybody.
    BadInput
        If it shows shapes, has nothing to show, or the file cannot be written.
    """
    layer = catalogue().layer_for(layer_id, "wall")
    if isinstance(layer.source, FeaturesSource):
        raise BadInput("layer {layer_id!r} shows shapes and not cells; ask for its GeoJSON", layer_id=layer_id)
    if pixel_m <= 0:
        raise BadInput("a pixel of {pixel_m:g} m is none; its edge must be above 0", pixel_m=pixel_m)
    district = select_district(connection, code=code)
    values = select_cell_values(connection, layer_id, resolution, code=district.code)
    shown = values[values["value"].notna()]
    tags = {
        "layer": layer.id,
        "name": layer.name.zh,
        "name_en": layer.name.en,
        "unit": layer.legend.unit.en if layer.legend.unit else "",
        "subdistrict": district.code,
        "h3_resolution": str(resolution),
        "estimated": "yes" if shown["estimated"].any() else "no",
        "written_at": now.isoformat(timespec="seconds"),
    }
    width, height = write_cells_as_raster(
        path, h3_cells.from_hex(shown["cell_hex"]), shown["value"].to_numpy(dtype=float), srid=district.metric_srid,
        pixel_m=pixel_m, tags=tags,
    )  # fmt: skip
    return Surface(len(shown), width, height)
