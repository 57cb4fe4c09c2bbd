"""`fengqiao doctor feed FILE`: in which coordinate system a feed probably is, with the evidence. Converts nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from gis.coordinates import System
from gis.database.connection import running_database
from gis.district import select_district
from gis.errors import FengqiaoError, NotFound
from gis.feed_file import FeedRows, read_feed_file
from gis.feed_system import LEAST_ROWS, FeedSystem, probable_system
from gis.geocode import Geocoder
from gis.location import MATCHED, Location
from gis.placing import gazetteer_of
from gis.settings import DatabaseSettings

#: rows that are compared, spread evenly over the file: more make the median no surer
MOST_ROWS = 2_000
#: an address known less exactly says nothing about a shift of some hundred metres [m]
COARSEST_ADDRESS_M = 300.0
#: as `crs` is written in district.yml
CRS = {
    System.WGS84: "EPSG:4326 (or EPSG:4490: CGCS2000 is the same here)",
    System.GCJ02: "GCJ-02",
    System.BD09: "BD-09",
    System.EPSG4549: "EPSG:4549",
    System.EPSG4528: "EPSG:4528",
}
_REASONS = {
    "too few rows": f"fewer than {LEAST_ROWS} rows have a point and an address that is found",
    "no system fits": "read in any system the points lie far from their addresses; a local grid, or other places",
    "two systems fit alike": "two systems fit about alike; more exact addresses would tell",
    "axes are mixed": "some rows have their axes exchanged and others not; mend the file first",
}


@dataclass(frozen=True)
class FeedReport:
    """What was compared and what it says."""

    found: FeedSystem
    rows: int
    #: with a pair of numbers
    with_point: int
    #: with an address beside them, a spread of `MOST_ROWS` at most; `found.rows` of them have one that is known exactly
    compared: int


def feed(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or GeoJSON with addresses and coordinates")],
    address_column: Annotated[str, typer.Option("--address-column", help="heading of the address")] = "",
    x_column: Annotated[str, typer.Option("--x-column", help="heading of longitude or easting")] = "",
    y_column: Annotated[str, typer.Option("--y-column", help="heading of latitude or northing")] = "",
) -> None:
    """Say in which coordinate system FILE probably is, by placing its addresses; converts nothing."""
    try:
        rows = read_feed_file(file, address=address_column, x=x_column, y=y_column)
        show(rows, feed_report(rows, database_geocoder(DatabaseSettings())), Console())
    except FengqiaoError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def database_geocoder(settings: DatabaseSettings) -> Geocoder:
    """Build the geocoder of the sub-district that is loaded.

    Raises
    ------
    NotFound
        If nothing is installed or loaded yet.
    """
    if settings.embedded and not (settings.var_dir / "secrets.json").exists():
        raise NotFound("nothing is installed here yet, so there are no known addresses to compare with; run: make run")
    with running_database(settings) as database, database.owner.connect() as connection:
        return Geocoder(gazetteer_of(connection, select_district(connection).code))


def feed_report(rows: FeedRows, geocoder: Geocoder) -> FeedReport:
    """Compare where rows say they are with where their addresses are known to be."""
    has_point = np.isfinite(rows.x) & np.isfinite(rows.y)
    usable = np.flatnonzero(has_point & np.array([address != "" for address in rows.addresses]))
    spread = np.linspace(0, max(len(usable) - 1, 0), min(len(usable), MOST_ROWS))
    chosen = usable[np.unique(spread.astype(np.int64))]
    points = [known_point(one) for one in geocoder.locate_many([rows.addresses[row] for row in chosen])]
    known_lon, known_lat = np.array(points, dtype=np.float64).reshape(-1, 2).T
    return FeedReport(
        probable_system(rows.x[chosen], rows.y[chosen], known_lon=known_lon, known_lat=known_lat),
        rows=len(rows.addresses),
        with_point=int(has_point.sum()),
        compared=len(chosen),
    )


def known_point(location: Location) -> tuple[float, float]:
    """Return the point of an address that was found surely and exactly enough, else NaN."""
    exact = location.status == MATCHED and location.level not in ("road", "community")
    exact = exact and location.radius_m is not None and location.radius_m <= COARSEST_ADDRESS_M
    if not exact or location.lon is None or location.lat is None:
        return np.nan, np.nan
    return location.lon, location.lat


def show(rows: FeedRows, report: FeedReport, console: Console) -> None:
    """Print the evidence, then the proposal."""
    columns = rows.columns
    console.print(
        f"address = {columns['address']}, x = {columns['x']}, y = {columns['y']}; {report.rows:,} rows, "
        f"{report.with_point:,} with a point, {report.compared:,} compared, "
        f"{report.found.rows:,} of them by an address that is found.",
        soft_wrap=True, highlight=False, markup=False,
    )  # fmt: skip
    if report.found.evidence:
        console.print(evidence_table(report.found))
    console.print(conclusion(report.found), soft_wrap=True, highlight=False, markup=False)


def evidence_table(found: FeedSystem) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("read as", "median distance (m)", "eastwards (m)", "northwards (m)"):
        table.add_column(heading, justify="left" if heading == "read as" else "right")
    for one in found.evidence:
        cells: Sequence[str] = ("not possible", "", "")
        if np.isfinite(one.median_m):
            cells = (f"{one.median_m:,.0f}", f"{one.east_m:+,.0f}", f"{one.north_m:+,.0f}")
        table.add_row(str(one.system), *cells)
    return table


def conclusion(found: FeedSystem) -> str:
    """Say what the operator may put into district.yml, or why nothing can be said."""
    if found.system is None:
        return f"Undecided: {_REASONS[found.reason]}."
    best, runner_up = found.evidence[0], found.evidence[1]
    axes = " The axes are exchanged: x holds the latitude or northing." if found.swapped else ""
    next_best = f", {runner_up.median_m:,.0f} m read as {runner_up.system}" if np.isfinite(runner_up.median_m) else ""
    return (
        f"Probably {found.system}: {found.rows:,} points lie {best.median_m:,.0f} m (median) from their addresses"
        f"{next_best}.{axes} Confirm with whoever delivers it, then write crs: {CRS[found.system]} into district.yml. "
        "Nothing was converted."
    )
