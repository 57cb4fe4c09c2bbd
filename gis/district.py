"""What one sub-district is: the head of its folder's ``district.yml``, or the row it left in the geodatabase."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pyproj import CRS
from pyproj.exceptions import CRSError
from sqlalchemy import Connection, text

from gis.errors import BadInput, NotFound
from gis.sentences import Sentence

FILE = "district.yml"
#: the resolutions the house works with; others are not offered, since a point is indexed at 11 and shown at 10 and 9
RESOLUTIONS = (9, 10, 11)
KEYS = (
    "code", "name", "name_en", "metric_srid", "timezone", "cell_resolutions", "schematic", "calendar", "history_until",
    "bounds", "switches",
)  # fmt: skip


@dataclass(frozen=True)
class District:
    """One sub-district: everything that is not the same elsewhere."""

    code: str
    name: str
    name_en: str
    #: EPSG code in which lengths and areas are computed
    metric_srid: int
    timezone: str = "Asia/Shanghai"
    resolutions: tuple[int, ...] = RESOLUTIONS
    #: boundaries were made up, not surveyed: shown as 示意
    schematic: bool = False
    #: which holidays count: china, or empty for none
    calendar: str = ""
    #: the delivered history ends at 24:00 of this day; empty = now
    history_until: date | None = None
    #: (west, south, east, north) [deg, WGS-84] that everything must lie in; empty = not stated
    bounds: tuple[float, float, float, float] | None = None
    #: feeds that are off unless they stand here
    switches: tuple[str, ...] = ()

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone that local times are written in."""
        return ZoneInfo(self.timezone)

    @cached_property
    def history_end(self) -> datetime | None:
        """First instant after the delivered history."""
        if self.history_until is None:
            return None
        return datetime.combine(self.history_until + timedelta(days=1), time(), self.zone)


def read_district(folder: Path | str) -> District:
    """Read the ``subdistrict:`` part of ``district.yml`` in `folder`.

    Raises
    ------
    BadInput
        If the file is missing, is no YAML, or a key is missing, unknown or impossible; all faults in one message.
    """
    return parse_district(read_yaml(folder).get("subdistrict"))


def read_yaml(folder: Path | str) -> dict[str, Any]:
    """Read ``district.yml`` in `folder` as it is."""
    path = Path(folder) / FILE
    if not path.is_file():
        raise BadInput(
            "{parent} holds no {file}; it says which file is which feed, see docs/own-data.md",
            parent=path.parent,
            file=FILE,
        )
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as fault:
        raise BadInput("{file} is not UTF-8 (byte {start})", file=FILE, start=fault.start) from fault
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        raise BadInput(
            "{file} is no YAML: {reason}",
            file=Sentence("{file}, line {line}", file=FILE, line=mark.line + 1) if mark else FILE,
            reason=getattr(fault, "problem", None) or fault,
        ) from fault
    if not isinstance(content, dict):
        raise BadInput("{file} is empty or a list; it needs the keys subdistrict and feeds", file=FILE)
    return content


def parse_district(stated: object) -> District:
    """Make a District of the ``subdistrict:`` part, naming every fault at once."""
    if not isinstance(stated, dict):
        raise BadInput("{file} lacks the key subdistrict with code, name, name_en and metric_srid", file=FILE)
    faults = [
        Sentence("{key} is missing", key=key)
        for key in ("code", "name", "metric_srid")
        if stated.get(key) in (None, "")
    ]
    faults += [Sentence("{key} is not a key of subdistrict", key=key) for key in stated if key not in KEYS]
    srid = stated.get("metric_srid")
    if srid is not None and not is_metric(srid):
        faults.append(Sentence("metric_srid {srid!r} is not the EPSG code of a projected system in metres", srid=srid))
    try:
        ZoneInfo(str(stated.get("timezone", "Asia/Shanghai")))
    except (ZoneInfoNotFoundError, ValueError):
        faults.append(
            Sentence("timezone {timezone!r} is not known; Asia/Shanghai is an example", timezone=stated.get("timezone"))
        )
    resolutions = stated.get("cell_resolutions", list(RESOLUTIONS))
    if not isinstance(resolutions, list) or sorted(resolutions) != list(RESOLUTIONS):
        faults.append(Sentence("cell_resolutions {resolutions} must be [9, 10, 11]", resolutions=repr(resolutions)))
    until = stated.get("history_until")
    if isinstance(until, str):
        try:
            until = date.fromisoformat(until)
        except ValueError:
            faults.append(Sentence("history_until {until!r} is no day like 2026-11-22", until=until))
    bounds = stated.get("bounds")
    if bounds is not None and not is_box(bounds):
        faults.append(Sentence("bounds {bounds} must be [west, south, east, north] in degrees", bounds=repr(bounds)))
    switches = stated.get("switches") or []
    if not isinstance(switches, list) or not all(isinstance(one, str) for one in switches):
        faults.append(
            Sentence("switches {switches} must be a list of feeds that are off otherwise", switches=repr(switches))
        )
    if faults:
        raise BadInput("{file}: {faults}", file=FILE, faults=faults[:10])
    return District(
        code=str(stated["code"]),
        name=str(stated["name"]),
        name_en=str(stated.get("name_en") or stated["name"]),
        metric_srid=int(stated["metric_srid"]),
        timezone=str(stated.get("timezone", "Asia/Shanghai")),
        resolutions=RESOLUTIONS,
        schematic=bool(stated.get("schematic", False)),
        calendar=str(stated.get("calendar") or ""),
        history_until=until if isinstance(until, date) else None,
        bounds=(float(bounds[0]), float(bounds[1]), float(bounds[2]), float(bounds[3])) if bounds else None,
        switches=tuple(switches),
    )


def is_metric(srid: object) -> bool:
    try:
        system = CRS.from_epsg(int(str(srid)))
    except (CRSError, ValueError):
        return False
    return bool(system.is_projected) and all(axis.unit_name == "metre" for axis in system.axis_info)


def is_box(bounds: object) -> bool:
    if not isinstance(bounds, list) or len(bounds) != 4 or not all(isinstance(edge, int | float) for edge in bounds):
        return False
    west, south, east, north = bounds
    return bool(-180 <= west < east <= 180 and -90 <= south < north <= 90)


def district_config(district: District) -> dict[str, Any]:
    """What of a District has no column of its own in base.subdistrict, as JSON."""
    config = asdict(district)
    for column in ("code", "name", "name_en", "metric_srid", "timezone", "schematic"):
        del config[column]
    config["switches"] = list(district.switches)
    config["resolutions"] = list(district.resolutions)
    config["history_until"] = district.history_until.isoformat() if district.history_until else None
    config["bounds"] = list(district.bounds) if district.bounds else None
    return config


def select_district(connection: Connection, *, code: str | None = None) -> District:
    """Select the sub-district that was loaded (the first by code when there are several and none is named).

    Raises
    ------
    NotFound
        If nothing was loaded yet, or not the one named.
    """
    row = connection.execute(
        text(
            "SELECT code, name, name_en, metric_srid, timezone, schematic, config FROM base.subdistrict"
            " WHERE code = coalesce(:code, code) ORDER BY code LIMIT 1"
        ),
        {"code": code},
    ).one_or_none()
    if row is None:
        if code is None:
            raise NotFound("no sub-district is loaded; run fengqiao load DIR first")
        raise NotFound("no sub-district {code} is loaded; run fengqiao load DIR first", code=code)
    config = row.config
    bounds = config.get("bounds")
    until = config.get("history_until")
    return District(
        code=row.code,
        name=row.name,
        name_en=row.name_en,
        metric_srid=row.metric_srid,
        timezone=row.timezone,
        resolutions=tuple(config.get("resolutions", RESOLUTIONS)),
        schematic=row.schematic,
        calendar=config.get("calendar", ""),
        history_until=date.fromisoformat(until) if until else None,
        bounds=tuple(bounds) if bounds else None,
        switches=tuple(config.get("switches", ())),
    )
