"""Writers that give the same bytes for the same content: no time of writing, no random names."""

import datetime as dt
import io
import json
import re
import zipfile
from collections.abc import Sequence
from json.encoder import encode_basestring
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import rasterio
import shapely
from numpy.typing import NDArray
from openpyxl.styles import Alignment, Font
from rasterio import Affine
from shapely.geometry import mapping

from etl.sample.facts import records, to_geographic
from gis.coordinates import System, from_wgs84

METRIC_CRS = "EPSG:4549"
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def write_csv(path: Path, table: pd.DataFrame, *, encoding: str = "utf-8") -> None:
    """Write a table as CSV with LF ends; missing values are empty."""
    table.to_csv(path, index=False, encoding=encoding, lineterminator="\n")


def write_json_lines(path: Path, table: pd.DataFrame) -> None:
    """Write one JSON object per row, keys in the order of the columns; None becomes null."""
    pattern = "{" + ", ".join(f"{encode_basestring(str(name))}: %s" for name in table.columns) + "}\n"
    columns = [[_json(value) for value in table[name].tolist()] for name in table.columns]
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(pattern % row for row in zip(*columns, strict=True))


def _json(value: object) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    return "null" if value is None else json.dumps(value, allow_nan=False)


def write_xlsx(path: Path, table: pd.DataFrame, *, sheet: str, title: str, day: dt.date) -> None:
    """Write a sheet with a title row above the heading, dated `day` inside."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    page.append([title])
    page.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(table.columns))
    page["A1"].font, page["A1"].alignment = Font(bold=True, size=14), Alignment(horizontal="center")
    page.append(list(table.columns))
    for row in records(table):
        page.append([_plain(value) for value in row])
    buffer = io.BytesIO()
    book.save(buffer)
    stamp = f"{day.isoformat()}T00:00:00Z".encode()
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist()):
            content = source.read(name)
            if name == "docProps/core.xml":
                # the library writes the moment of saving; the delivery's day is the truth here
                content = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            entry = zipfile.ZipInfo(name, date_time=_ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        value = value.item()
    return None if value == "" or (isinstance(value, float) and np.isnan(value)) else value


def write_geopackage(path: Path, layers: Sequence[tuple[str, pd.DataFrame]], *, day: dt.date) -> None:
    """Write layers (with or without a `geometry` column, EPSG:4549) into one GeoPackage dated `day`."""
    path.unlink(missing_ok=True)
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{day.isoformat()}T00:00:00.000Z"})
    try:
        for name, table in layers:
            if "geometry" in table:
                frame = gpd.GeoDataFrame(table, geometry="geometry", crs=METRIC_CRS)
                pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG")
            else:
                pyogrio.write_dataframe(table, path, layer=name, driver="GPKG")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def write_geojson(path: Path, name: str, table: pd.DataFrame) -> None:
    """Write polygons (column `polygon`, EPSG:4549) as GeoJSON in GCJ-02, 7 decimals, one feature per line."""
    lines = []
    for row in table.to_dict("records"):
        polygon = shapely.transform(row.pop("polygon"), metric_to_gcj02)
        properties = {str(key): _plain(value) for key, value in row.items()}
        feature = {"type": "Feature", "properties": properties, "geometry": mapping(shapely.orient_polygons(polygon))}
        lines.append(json.dumps(feature, ensure_ascii=False))
    body = ",\n".join(lines)
    path.write_text(
        f'{{"type": "FeatureCollection", "name": "{name}", "features": [\n{body}\n]}}\n', encoding="utf-8", newline="\n"
    )


def metric_to_gcj02(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn EPSG:4549 points [m] into GCJ-02 degrees, rounded to 7 decimals (1 cm)."""
    return metric_to(points, System.GCJ02, decimals=7)


def metric_to(points: NDArray[np.float64], system: System, *, decimals: int = 7) -> NDArray[np.float64]:
    """Turn EPSG:4549 points [m] into degrees of another system, rounded."""
    place = to_geographic(points)
    lon, lat = from_wgs84(place[:, 0], place[:, 1], system=system)
    rounded: NDArray[np.float64] = np.column_stack([lon, lat]).round(decimals)
    return rounded


def write_geotiff(path: Path, grid: NDArray[np.float32], *, west: float, north: float, step: float) -> None:
    """Write elevation [m] as GeoTIFF in WGS-84."""
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=grid.shape[0],
        width=grid.shape[1],
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=Affine(step, 0.0, west, 0.0, -step, north),
        nodata=-9999.0,
        compress="deflate",
    ) as target:
        target.write(grid, 1)


def time_text(times: NDArray[np.datetime64], *, until: np.datetime64 | None = None) -> NDArray[np.object_]:
    """Write local times as `YYYY-MM-DD HH:MM:SS`; those after `until` have not happened and stay empty, as do NaT."""
    text = np.datetime_as_string(times.astype("datetime64[s]"), unit="s").tolist()
    written = np.array([value.replace("T", " ") for value in text], dtype=object)
    written[np.isnat(times)] = ""
    if until is not None:
        written[times > until] = ""
    return written


def zoned_text(times: NDArray[np.datetime64], *, until: np.datetime64 | None = None) -> NDArray[np.object_]:
    """Write local times as ISO 8601 with `+08:00`; None for those after `until`."""
    text = np.datetime_as_string(times.astype("datetime64[s]"), unit="s").tolist()
    written = np.array([f"{value}+08:00" for value in text], dtype=object)
    if until is not None:
        written[times > until] = None
    return written
