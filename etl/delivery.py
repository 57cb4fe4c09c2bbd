"""What a delivered folder holds: which file is which feed, in which encoding and coordinate system."""

import codecs
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from etl.declaration import HeadingSet
from etl.pulling import parse_pull
from gis.coordinates import Floats, System, to_wgs84
from gis.coordinates_local import LocalGrid, fit_local_grid
from gis.district import FILE, District, parse_district, read_yaml
from gis.errors import BadInput, CrsMissing
from gis.sentences import Sentence, listed

#: how people write the systems; EPSG:4490 is always meant as (lon, lat) in our files
SYSTEMS = {
    "GCJ-02": System.GCJ02,
    "BD-09": System.BD09,
    "EPSG:4326": System.WGS84,
    "EPSG:4490": System.CGCS2000,
    "EPSG:4549": System.EPSG4549,
    "EPSG:4528": System.EPSG4528,
}
#: a plane grid of the city's own, fitted from the entry's control points to the district's metric system
LOCAL = "LOCAL"
CONTROL_HEADINGS = ("local_east", "local_north", "east", "north")
ENTRY_KEYS = (
    "feed", "file", "encoding", "crs", "layer", "sheet", "expected_every_s", "key_pattern", "headings", "defaults",
    "values", "keys", "title", "name", "member", "pull", "control_points",
)  # fmt: skip


@dataclass(frozen=True)
class FeedSource:
    """One entry of ``feeds:``."""

    #: kind of feed: the name of a module in etl.feeds
    feed: str
    path: Path
    #: name the records and the ledger go by; several files of one kind have a name each
    name: str = ""
    #: of text files; empty (where a delivery states none) = to be found out, UTF-8 or GB18030
    encoding: str = "utf-8"
    #: as written: GCJ-02, BD-09, EPSG:4549 …, LOCAL; empty for feeds without coordinates
    crs: str = ""
    #: of LOCAL: the fitted grid, and the EPSG code it was fitted to
    grid: LocalGrid | None = None
    grid_srid: int = 0
    layer: str = ""
    sheet: str = ""
    #: which file of an archive, where it holds several
    member: str = ""
    expected_every_s: int | None = None
    #: regular expression a record's key must match; empty = the feed's own
    key_pattern: str = ""
    #: the feed's column name -> heading in this file, where it differs from the feed's own
    headings: Mapping[str, str] = field(default_factory=dict)
    #: the feed's column name -> value for a column that this file lacks
    defaults: Mapping[str, str] = field(default_factory=dict)
    #: the feed's column name -> word in this file -> word the feed knows
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    #: "rows": the file has no key, a row is known by its content and how often that came before
    keys: str = ""
    title: str = ""
    #: where its file is fetched from, as `etl.pull` reads it
    pull: Mapping[str, Any] = field(default_factory=dict)
    #: the heading set the file was found to be of; its headings are in `headings` already
    heading_set: HeadingSet | None = None
    #: ending of the file that was read, where that is not the path's own: of what an archive holds
    form: str = ""
    #: which saved mapping that is and when it was decided; empty = none, or one the feed declares
    mapping: str = ""

    @property
    def known_as(self) -> str:
        """The feed's name in the ledger and in its records."""
        return self.name or self.feed

    @property
    def config(self) -> dict[str, object]:
        """How the file is to be read, for the register of feeds; a change means that it must be read anew."""
        return {
            "file": self.path.name,
            "encoding": self.encoding,
            "crs": self.crs,
            "layer": self.layer,
            "sheet": self.sheet,
            "member": self.member,
            "key_pattern": self.key_pattern,
            "headings": dict(self.headings),
            "defaults": dict(self.defaults),
            "values": {column: dict(words) for column, words in self.values.items()},
            "keys": self.keys,
            **({"grid": asdict(self.grid), "grid_srid": self.grid_srid} if self.grid else {}),
        }


def config_text(source: FeedSource) -> str:
    """Write how a file is to be read, the same for the same."""
    return json.dumps(source.config, ensure_ascii=False, sort_keys=True)


#: keys of a feed's configuration that are not how its file is read
NOT_OF_THE_SOURCE = frozenset({"file", "feed", "path", "name", "title", "expected_every_s"})


def source_of(feed: Any, config: Mapping[str, Any], path: Path) -> FeedSource:
    """Build the source of a file that is to be read as a feed's files are.

    Parameters
    ----------
    feed
        A row with `kind`, `feed` (its name), `title` and `expected_every_s`.
    config
        As of `FeedSource.config`.
    """
    known = {field.name for field in fields(FeedSource)} - NOT_OF_THE_SOURCE
    stated = {key: value for key, value in config.items() if key in known}
    if stated.get("grid"):
        stated["grid"] = LocalGrid.of(stated["grid"])
    return FeedSource(
        feed=feed.kind, path=path, name="" if feed.feed == feed.kind else feed.feed, title=feed.title or "",
        expected_every_s=feed.expected_every_s, **stated,
    )  # fmt: skip


@dataclass(frozen=True)
class Delivery:
    """A folder with its district and its feeds."""

    folder: Path
    district: District
    sources: tuple[FeedSource, ...]


def read_delivery(folder: Path, *, known: frozenset[str]) -> Delivery:
    """Read ``district.yml`` in `folder`.

    Raises
    ------
    BadInput
        If it is not readable, or names an unknown feed, encoding or coordinate system, or a file that is not there;
        all faults in one message.
    """
    if not folder.is_dir():
        raise BadInput("{folder} is no folder; give the folder that holds {file}", folder=folder, file=FILE)
    content = read_yaml(folder)
    district = parse_district(content.get("subdistrict"))
    entries = content.get("feeds")
    if not isinstance(entries, list) or not entries:
        raise BadInput("{file} lacks the list feeds; each entry needs feed and file", file=FILE)
    faults: list[Sentence] = []
    sources = [read_entry(entry, folder, district, known, faults) for entry in entries]
    names = [source.known_as for source in sources if source is not None]
    faults += [
        Sentence("feed {name} stands twice; give one of its entries another name:", name=name)
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if faults:
        raise BadInput("{file}: {faults}", file=FILE, faults=listed(faults))
    return Delivery(folder, district, tuple(source for source in sources if source is not None))


def read_entry(
    entry: Any, folder: Path, district: District, known: frozenset[str], faults: list[Sentence]
) -> FeedSource | None:
    if not isinstance(entry, dict) or not entry.get("feed") or not entry.get("file"):
        faults.append(Sentence("feeds entry {entry} needs feed and file", entry=repr(entry)))
        return None
    name, path = str(entry["feed"]), folder / str(entry["file"])
    if name not in known:
        faults.append(Sentence("feed {name!r} is not known; there are {known}", name=name, known=sorted(known)))
    faults += [
        Sentence("feed {name}: {key!r} is not a key of an entry", name=name, key=key)
        for key in entry
        if key not in ENTRY_KEYS
    ]
    if not path.is_file() and not entry.get("pull"):
        faults.append(
            Sentence("feed {name}: file {file} is missing in {folder}", name=name, file=entry["file"], folder=folder)
        )
    encoding = str(entry.get("encoding") or "")
    try:
        codecs.lookup(encoding or "utf-8")
    except LookupError:
        faults.append(
            Sentence(
                "feed {name}: encoding {encoding!r} is not known; utf-8 and gb18030 are examples",
                name=name,
                encoding=encoding,
            )
        )
    crs = str(entry.get("crs") or "")
    grid = None
    try:
        if crs == LOCAL or entry.get("control_points"):
            grid = read_grid(crs, folder, entry.get("control_points"))
        elif crs and crs not in SYSTEMS:
            usable_epsg(crs)
    except BadInput as fault:
        faults.append(Sentence("feed {name}: {fault}", name=name, fault=fault))
    if entry.get("pull"):
        try:
            parse_pull(entry["pull"])
        except BadInput as fault:
            faults.append(Sentence("feed {name}: {fault}", name=name, fault=fault))
    if entry.get("keys") not in (None, "", "rows"):
        faults.append(Sentence("feed {name}: keys {keys} must be rows or absent", name=name, keys=repr(entry["keys"])))
    return FeedSource(
        feed=name,
        path=path,
        name=str(entry.get("name") or ""),
        encoding=encoding,
        crs=crs,
        grid=grid,
        grid_srid=district.metric_srid if grid else 0,
        layer=str(entry.get("layer") or ""),
        sheet=str(entry.get("sheet") or ""),
        member=str(entry.get("member") or ""),
        expected_every_s=int(entry["expected_every_s"]) if entry.get("expected_every_s") else None,
        key_pattern=str(entry.get("key_pattern") or (".*" if entry.get("keys") == "rows" else "")),
        headings={str(key): str(value) for key, value in (entry.get("headings") or {}).items()},
        defaults={str(key): str(value) for key, value in (entry.get("defaults") or {}).items()},
        values={
            str(column): {str(word): str(meant) for word, meant in (words or {}).items()}
            for column, words in (entry.get("values") or {}).items()
        },
        keys=str(entry.get("keys") or ""),
        title=str(entry.get("title") or ""),
        pull=entry["pull"] if isinstance(entry.get("pull"), dict) else {},
    )


def read_grid(crs: str, folder: Path, stated: Any) -> LocalGrid:
    """Fit the local grid of an entry from its file of control points, known in the grid and in the metric system.

    Raises
    ------
    BadInput
        If crs and control_points do not belong together, the file is not there or not such a table, or the points
        are too few or disagree (`fit_local_grid`).
    """
    if crs != LOCAL or not stated:
        raise BadInput(
            "crs: {local} and control_points: (a CSV with {headings}) belong together",
            local=LOCAL,
            headings=CONTROL_HEADINGS,
        )
    path = folder / str(stated)
    if not path.is_file():
        raise BadInput("control_points: {file} is missing in {folder}", file=stated, folder=folder)
    try:
        points = pd.read_csv(path, dtype=np.float64, usecols=list(CONTROL_HEADINGS))
    except (ValueError, UnicodeDecodeError) as fault:
        raise BadInput(
            "{file} must be a CSV of numbers with {headings}: {fault}",
            file=stated,
            headings=CONTROL_HEADINGS,
            fault=fault,
        ) from fault
    if not np.isfinite(points.to_numpy()).all():
        raise BadInput(
            "{file} has a control point without all four of {headings}",
            file=stated,
            headings=CONTROL_HEADINGS,
        )
    return fit_local_grid(
        points["local_east"], points["local_north"], target_east=points["east"], target_north=points["north"]
    )


def usable_epsg(crs: str) -> CRS:
    """Return the system of ``EPSG:…`` if it can be brought to WGS-84 without guessing.

    Raises
    ------
    BadInput
        If it is unknown, or rests on a datum whose parameters are not public (Beijing 1954, Xi'an 1980).
    """
    try:
        system = CRS.from_user_input(crs)
    except CRSError:
        raise BadInput(
            "coordinate system {crs!r} is not known; use {known} or another EPSG code", crs=crs, known=SYSTEMS
        ) from None
    datum = system.geodetic_crs.datum.name if system.geodetic_crs and system.geodetic_crs.datum else ""
    if not any(word in datum for word in ("World Geodetic System 1984", "China 2000", "CGCS2000", "China Geodetic")):
        raise BadInput(
            "coordinate system {crs!r} ({name}) rests on {datum}, from which no public way leads to WGS-84",
            crs=crs,
            name=system.name,
            datum=datum or Sentence("no datum"),
        )
    return system


def converter(source: FeedSource, *, crs: str | None = None) -> Callable[[Floats, Floats], tuple[Floats, Floats]]:
    """Return the way to WGS-84 for arrays (lon or easting, lat or northing) of a delivery, or of `crs` where given.

    Raises
    ------
    CrsMissing
        If no system is stated.
    """
    stated = source.crs if crs is None else crs
    if not stated:
        raise CrsMissing(
            "{name} states no coordinate system; write crs: with one of {known} into {file}",
            name=source.path.name,
            known=SYSTEMS,
            file=FILE,
        )
    if stated in SYSTEMS:
        system = SYSTEMS[stated]
        return lambda lon, lat: to_wgs84(lon, lat, system=system)
    grid = source.grid if stated == LOCAL else None
    own = CRS.from_epsg(source.grid_srid) if grid else usable_epsg(stated)
    transformer = Transformer.from_crs(own, CRS.from_epsg(4326), always_xy=True)

    def convert(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        x, y = transformer.transform(*(grid.to_target(lon, lat) if grid else (lon, lat)))
        bad = ~np.isfinite(x) | ~np.isfinite(y)
        return np.where(bad, np.nan, x), np.where(bad, np.nan, y)

    return convert
