"""Read a gazetteer from a folder of four CSV files: places, aliases, buildings, junctions.

Every row states its own coordinate system (`crs`); here all become WGS-84. UTF-8 with or without a byte order mark.
"""

from collections import defaultdict
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gis.coordinates import System, to_wgs84
from gis.csv_rows import read_csv_rows
from gis.errors import BadInput
from gis.geocode.gazetteer import Gazetteer, GazetteerAlias, GazetteerBuilding, GazetteerJunction, GazetteerPlace
from gis.sentences import Sentence

_COLUMNS = {
    "places.csv": "place_id kind name parent_id address households valid_from valid_to lon lat crs",
    "aliases.csv": "place_id alias relation",
    "buildings.csv": "building_id place_id number units floors rooms_per_floor lon lat crs",
    "junctions.csv": "road_a road_b lon lat crs",
}
# roundings in a delivery are at 1e-7 deg; more digits would only pretend [deg]
_DECIMALS = 8

# a place on the map as the gazetteer keeps it, None where none is given
_Point = tuple[float | None, float | None]


def read_gazetteer(folder: Path | str) -> Gazetteer:
    """Read the gazetteer in `folder`; aliases, buildings and junctions may be absent, places may not.

    Raises
    ------
    BadInput
        If a file is missing, not UTF-8, lacks a column, or a value or reference is wrong; the message names it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise BadInput("The gazetteer folder {folder} does not exist.", folder=folder)
    places, aliases, buildings, junctions = (_read(folder / name) for name in _COLUMNS)
    if not places:
        raise BadInput("The gazetteer has no places: {folder} is empty.", folder=folder / "places.csv")
    return Gazetteer(
        (
            GazetteerPlace(
                place_id, kind, name, parent_id, *point, address,
                _count(households, "places.csv", "households"),
                _day(valid_from, "valid_from"), _day(valid_to, "valid_to"),
            )
            for (place_id, kind, name, parent_id, address, households, valid_from, valid_to), point in places
        ),
        aliases=(GazetteerAlias(*fields) for fields, _ in aliases),
        buildings=(
            GazetteerBuilding(
                building_id, place_id, number,
                _count(units, "buildings.csv", "units"),
                _count(floors, "buildings.csv", "floors"),
                _count(rooms_per_floor, "buildings.csv", "rooms_per_floor"),
                *point,
            )
            for (building_id, place_id, number, units, floors, rooms_per_floor), point in buildings
        ),
        junctions=(
            GazetteerJunction(road_a, road_b, lon, lat)
            for (road_a, road_b), (lon, lat) in junctions
            if lon is not None and lat is not None
        ),
    )  # fmt: skip


def _read(path: Path) -> list[tuple[list[str], _Point]]:
    """Return the fields of each row in the order of `_COLUMNS`, those of the coordinates turned to a WGS-84 point."""
    wanted = _COLUMNS[path.name].split()
    if not path.is_file():
        if path.name == "places.csv":
            raise BadInput(
                "The gazetteer has no file {name}; expected in {folder}.", name=path.name, folder=path.parent
            )
        return []
    name = Sentence("{file} of the gazetteer", file=path.name)
    rows = read_csv_rows(path, name)
    _, header = next(rows)
    missing = [column for column in wanted if column not in header]
    if missing:
        raise BadInput("{name} lacks the column(s) {missing}.", name=name, missing=missing)
    at = [header.index(column) for column in wanted]
    if wanted[-1] != "crs":
        return [([row[column] for column in at], (None, None)) for _, row in rows]
    fields: list[list[str]] = []
    stated: list[tuple[str, str, str]] = []
    for _, row in rows:
        *own, lon, lat, crs = (row[column] for column in at)
        fields.append(own)
        stated.append((lon, lat, crs))
    return list(zip(fields, _points(stated, name), strict=True))


def _points(stated: list[tuple[str, str, str]], name: str | Sentence) -> list[_Point]:
    """Return WGS-84 points of coordinate texts, each in its own system."""
    of_system: dict[str, list[int]] = defaultdict(list)
    for row, (lon_text, lat_text, crs) in enumerate(stated):
        if lon_text and lat_text:
            of_system[crs].append(row)
    points: list[_Point] = [(None, None)] * len(stated)
    for crs, rows in of_system.items():
        if crs not in set(System):
            raise BadInput("{name} has crs {crs!r}; known are {system}.", name=name, crs=crs, system=System)
        try:
            lon, lat = np.array([stated[row][:2] for row in rows]).astype(np.float64).T
        except ValueError as error:
            raise BadInput("{name} has a coordinate that is no number ({error}).", name=name, error=error) from error
        _refuse_impossible(lon, lat, name=name)
        lon, lat = to_wgs84(lon, lat, system=crs)
        for row, x, y in zip(rows, lon.round(_DECIMALS).tolist(), lat.round(_DECIMALS).tolist(), strict=True):
            points[row] = (x, y)
    return points


def _refuse_impossible(lon: NDArray[np.float64], lat: NDArray[np.float64], *, name: str | Sentence) -> None:
    """Refuse what is no longitude and latitude in degrees; projected or exchanged coordinates must not slip in."""
    wrong = np.flatnonzero(~((np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)))
    if wrong.size:
        at = wrong[0]
        raise BadInput(
            "{name} has the coordinates {lon:g}, {lat:g}; expected longitude and latitude in degrees.",
            name=name,
            lon=lon[at],
            lat=lat[at],
        )


def _count(value: str, name: str | Sentence, column: str) -> int | None:
    if not value.strip():
        return None
    try:
        return int(float(value))
    except (ValueError, OverflowError) as error:
        raise BadInput(
            "{name} of the gazetteer has {column} {value!r}; expected a whole number.",
            name=name,
            column=column,
            value=value,
        ) from error


def _day(value: str, column: str) -> date | None:
    if not value.strip():
        return None
    try:
        return date.fromisoformat(value.strip())
    except ValueError as error:
        raise BadInput(
            "places.csv of the gazetteer has {column} {value!r}; expected a day like 2019-10-31.",
            column=column,
            value=value,
        ) from error
