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
from gis.errors import NotFound
from gis.feed_file import FeedRows, read_feed_file
from gis.feed_system import LEAST_ROWS, FeedSystem, probable_system
from gis.geocode import Geocoder
from gis.location import MATCHED, Location
from gis.placing import gazetteer_of
from gis.sentences import Sentence
from gis.settings import DatabaseSettings
from gis.texts import spoken

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
    "too few rows": Sentence("fewer than {least} rows have a point and an address that is found", least=LEAST_ROWS),
    "no system fits": Sentence(
        "read in any system the points lie far from their addresses; a local grid, or other places"
    ),
    "two systems fit alike": Sentence("two systems fit about alike; more exact addresses would tell"),
    "axes are mixed": Sentence("some rows have their axes exchanged and others not; mend the file first"),
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
    rows = read_feed_file(file, address=address_column, x=x_column, y=y_column)
    show(rows, feed_report(rows, database_geocoder(DatabaseSettings())), Console())


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
    compared = Sentence(
        "address = {address}, x = {x}, y = {y}; {rows:,} rows, {with_point:,} with a point, "
        "{compared:,} compared, {found:,} of them by an address that is found.",
        address=columns["address"],
        x=columns["x"],
        y=columns["y"],
        rows=report.rows,
        with_point=report.with_point,
        compared=report.compared,
        found=report.found.rows,
    )
    console.print(spoken(compared), soft_wrap=True, highlight=False, markup=False)
    if report.found.evidence:
        console.print(evidence_table(report.found))
    console.print(spoken(conclusion(report.found)), soft_wrap=True, highlight=False, markup=False)


def evidence_table(found: FeedSystem) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(spoken(Sentence("read as")))
    for heading in (Sentence("median distance (m)"), Sentence("eastwards (m)"), Sentence("northwards (m)")):
        table.add_column(spoken(heading), justify="right")
    for one in found.evidence:
        cells: Sequence[str] = (spoken(Sentence("not possible")), "", "")
        if np.isfinite(one.median_m):
            cells = (f"{one.median_m:,.0f}", f"{one.east_m:+,.0f}", f"{one.north_m:+,.0f}")
        table.add_row(str(one.system), *cells)
    return table


def conclusion(found: FeedSystem) -> Sentence:
    """Say what the operator may put into district.yml, or why nothing can be said."""
    if found.system is None:
        return Sentence("Undecided: {reason}.", reason=_REASONS[found.reason])
    best, runner_up = found.evidence[0], found.evidence[1]
    what = Sentence(
        "Probably {system}: {rows:,} points lie {median_m:,.0f} m (median) from their addresses",
        system=found.system,
        rows=found.rows,
        median_m=best.median_m,
    )
    if np.isfinite(runner_up.median_m):
        what = Sentence(
            "{what}, {median_m:,.0f} m read as {system}",
            what=what,
            median_m=runner_up.median_m,
            system=runner_up.system,
        )
    if found.swapped:
        what = Sentence("{what}; the axes are exchanged: x holds the latitude or northing", what=what)
    return Sentence(
        "{what}. Confirm with whoever delivers it, then write crs: {crs} into district.yml. Nothing was converted.",
        what=what,
        crs=CRS[found.system],
    )
