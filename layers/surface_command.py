"""`fengqiao surface LAYER OUT.tif`: write a layer of cells as a Cloud-Optimised GeoTIFF."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gis import cells as h3_cells
from gis.database.connection import running_database
from gis.sentences import Sentence
from gis.settings import DatabaseSettings
from gis.texts import spoken
from layers.surface import PIXEL_M, write_surface


def surface(
    layer: Annotated[str, typer.Argument(help="a layer of the catalogue, for example flood_risk")],
    out: Annotated[Path, typer.Argument(help="the file to write, for example flood_risk.tif")],
    resolution: Annotated[int, typer.Option("--resolution", help="of the cells: 9, 10 or 11")] = h3_cells.WORKING,
    pixel_m: Annotated[float, typer.Option("--pixel", help="edge of a pixel in metres")] = PIXEL_M,
) -> None:
    """Write a layer of cells as a raster."""
    with running_database(DatabaseSettings()) as database, database.owner.connect() as connection:
        written = write_surface(connection, layer, out, now=datetime.now(UTC), resolution=resolution, pixel_m=pixel_m)
    said = Sentence(
        "{out}: {width} x {height} pixels of {pixel_m:g} m over {cells} cells",
        out=out,
        width=written.width,
        height=written.height,
        pixel_m=pixel_m,
        cells=written.cells,
    )
    typer.echo(spoken(said))
