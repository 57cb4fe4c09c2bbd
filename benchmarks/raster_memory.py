"""How much memory a raster of 20 000 x 20 000 pixels needs under every cell of a sub-district, beside reading it whole.

Each is a process of its own; the peer is killed by nothing but needs the whole band. Run apart:
``python -m benchmarks.raster_memory [PIXELS]``.
"""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
import rasterio
import shapely
from affine import Affine

from gis import cells as h3_cells
from gis.raster import band_range, cell_statistics, opened_raster

MEASURES = "memory and time of a large raster under the cells, beside rasterio reading the band whole"
WEST, SOUTH, EAST, NORTH = 120.48, 31.27, 120.56, 31.35


def write_large(path: Path, pixels: int) -> None:
    """Write a raster of waves, strip by strip, as most are delivered: in strips, not tiled."""
    transform = Affine((EAST - WEST) / pixels, 0, WEST, 0, (SOUTH - NORTH) / pixels, NORTH)
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "width": pixels, "height": pixels, "nodata": -9999.0}
    with rasterio.open(path, "w", crs="EPSG:4326", transform=transform, BIGTIFF="YES", **profile) as raster:
        across = np.sin(np.arange(pixels, dtype="float32") / 500)[None, :]
        for top in range(0, pixels, 200):
            down = np.arange(top, min(top + 200, pixels), dtype="float32")[:, None]
            strip = (across * 20 + down / pixels).astype("float32")
            raster.write(strip, 1, window=rasterio.windows.Window(0, top, pixels, len(down)))


def ours(path: Path) -> int:
    """Inspect the raster and bring it to every cell; returns how many have a value."""
    area = shapely.box(WEST, SOUTH, EAST, NORTH)
    cells = np.concatenate([h3_cells.cells_touching(area, resolution) for resolution in (9, 10, 11)])
    with opened_raster(path) as (raster, _):
        band_range(raster, 1)
    return int(cell_statistics(path, cells, statistics={1: "mean"})[1].notna().sum())


def peer(path: Path) -> int:
    """Read the whole band."""
    with rasterio.open(path) as raster:
        return int(raster.read(1).size)


def main(pixels: int) -> None:
    """Make the raster, run both and print the table."""
    with tempfile.TemporaryDirectory(prefix="fengqiao-raster-") as folder:
        path = Path(folder) / "large.tif"
        write_large(path, pixels)
        print(f"{pixels} x {pixels} pixels, {path.stat().st_size / 2**20:,.0f} MB on disk, in strips")
        for name in ("ours", "peer"):
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.raster_memory", name, str(path)],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            print(f"{name:<6}{done.stdout.strip()}")


def run_one(name: str, path: Path) -> None:
    """Run one of the two and print what it took."""
    started = perf_counter()
    count = ours(path) if name == "ours" else peer(path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    what = "cells" if name == "ours" else "pixels"
    print(
        f"{count:>12,} {what}{perf_counter() - started:>8.1f} s   peak {peak:,.0f} MB (programs and libraries with it)"
    )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        run_one(sys.argv[1], Path(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
