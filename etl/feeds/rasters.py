"""Feeds that are rasters: heights, persons, rain. They have no rows; what they bring is a value per cell."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from sqlalchemy import Connection

from etl.counting_rasters import agreed_pixels
from etl.declaration import Declaration, read_declaration
from etl.delivery import FeedSource
from etl.readers.archive import unpacked
from etl.readers.files import ZIPS, member_of
from gis import cells as h3_cells
from gis.district import District
from gis.errors import BadInput
from gis.placing import Territory
from gis.raster import Statistic, band_range, opened_raster
from gis.terrain import CellsWritten, write_elevation, write_measure

#: files of an archive that are taken for rasters
ENDINGS = (".tif", ".tiff", ".asc", ".nc", ".grb", ".grb2", ".img")
#: how cameras, models and rasterio write the time into a file
TIME_TAGS = ("measured_at", "TIFFTAG_DATETIME", "NC_GLOBAL#time_coverage_end")
TIME_FORMS = ("%Y:%m:%d %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


@dataclass(frozen=True)
class RasterFeed:
    """One feed that is a raster."""

    name: str
    #: a height or a depth of rain is a mean over the cell, persons are a sum
    statistic: Statistic
    #: what values there can be; beyond them a nodata value was not declared
    lowest: float
    highest: float
    unit: str
    #: kind of base.cell_measure; empty = the height of the cells
    measure: str = ""
    #: whether it is of a moment and must say which
    timed: bool = False

    @property
    def declaration(self) -> Declaration:
        return read_declaration(self.name)


RASTERS = {
    feed.name: feed
    for feed in (
        # lowest and highest land on earth
        RasterFeed("terrain", "mean", -450.0, 8_900.0, "m"),
        RasterFeed("population_raster", "sum", 0.0, 1_000_000.0, "persons", measure="population"),
        # the most rain that ever fell in a day is 1 825 mm (La Réunion, 1966; WMO)
        RasterFeed("rain", "mean", 0.0, 2_000.0, "mm", measure="rain", timed=True),
    )
}


@contextmanager
def plain_raster(source: FeedSource) -> Iterator[FeedSource]:
    """The source as a plain file: taken out of its archive, with what lies beside it there."""
    if source.path.suffix.lower() not in ZIPS:
        yield source
        return
    with unpacked(source.path) as folder:
        yield replace(source, path=member_of(source, folder, ENDINGS))


def inspect_raster(source: FeedSource, territory: Territory, *, zone: ZoneInfo) -> int | None:
    """Read a whole raster strip by strip, so that a cut file is found before anything is written.

    Returns
    -------
    pixels
        Of the band; None when its header could not be looked at apart from the reader.

    Raises
    ------
    BadInput
        If it is no raster, is cut, is empty, states values there cannot be, says no time, lies elsewhere, or has
        another number of pixels than its own header says.
    CrsMissing
        If neither it nor the delivery states a coordinate system.
    """
    name, feed = source.path.name, RASTERS[source.feed]
    with opened_raster(source.path, crs=source.crs) as (raster, system):
        band = band_of(source, raster.count)
        pixels, known, lowest, highest = band_range(raster, band)
        if feed.timed:
            time_of(source, raster.tags() | raster.tags(band), zone)
        bounds = shapely.box(*raster.bounds)
    if not known:
        raise BadInput("{name} holds no values", name=name)
    if lowest < feed.lowest or highest > feed.highest:
        raise BadInput(
            "{name} holds values from {lowest:g} to {highest:g} {unit}, where there can be {least:g} "
            "to {most:g}; check its nodata value",
            name=name,
            lowest=lowest,
            highest=highest,
            unit=feed.unit,
            least=feed.lowest,
            most=feed.highest,
        )
    if territory.outline is not None:
        outline = h3_cells.moved([territory.outline], system)[0]
        if not shapely.intersects(bounds, outline):
            raise BadInput(
                "{name} covers {bounds}, not the sub-district",
                name=name,
                bounds=tuple(round(edge, 3) for edge in bounds.bounds),
            )
    return agreed_pixels(source.path, pixels)


def band_of(source: FeedSource, count: int) -> int:
    """The band to read: the one `defaults: {band: …}` names, else the last: of a series of times the newest."""
    stated = source.defaults.get("band", "")
    if not stated:
        return count
    if not stated.isdigit() or not 1 <= int(stated) <= count:
        raise BadInput(
            "{name} has {count} band(s); there is no band {band}", name=source.path.name, count=count, band=stated
        )
    return int(stated)


def time_of(source: FeedSource, tags: dict[str, str], zone: ZoneInfo) -> datetime:
    """When a raster was measured: what the delivery states, else what the file says; local time unless it says more."""
    stated = source.defaults.get("measured_at") or next((tags[tag] for tag in TIME_TAGS if tags.get(tag)), "")
    if not stated:
        raise BadInput(
            "{name} does not say when it was measured; write the tag measured_at into it, or defaults: "
            "{{measured_at: 2026-06-01T08:00}} into district.yml",
            name=source.path.name,
        )
    try:
        when = datetime.fromisoformat(stated)
    except ValueError:
        when = spoken_time(source.path, stated)
    return (when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(UTC)


def spoken_time(path: Path, stated: str) -> datetime:
    for form in TIME_FORMS:
        try:
            return datetime.strptime(stated.strip(), form)  # noqa: DTZ007 - the zone is the district's
        except ValueError:
            continue
    raise BadInput("{name} says {time!r} for its time; 2026-06-01T08:00:00 is expected", name=path.name, time=stated)


def write_raster(
    connection: Connection, district: District, source: FeedSource, *, batch_id: int, now: datetime
) -> CellsWritten:
    """Write what a raster says to the cells."""
    feed = RASTERS[source.feed]
    if not feed.measure:
        return write_elevation(connection, district, source.path, crs=source.crs)
    with opened_raster(source.path, crs=source.crs) as (raster, _):
        band = band_of(source, raster.count)
        tags: dict[str, Any] = raster.tags() | raster.tags(band)
    measured_at = time_of(source, tags, district.zone) if feed.timed else now
    return write_measure(
        connection, district, source.path, kind=feed.measure, statistic=feed.statistic, measured_at=measured_at,
        batch_id=batch_id, crs=source.crs, band=band,
    )  # fmt: skip
