"""Read a gazetteer from a folder of four CSV files: places, aliases, buildings, junctions.

Every row states its own coordinate system (`crs`); here all become WGS-84. UTF-8 with or without a byte order mark.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gis.coordinates import System, to_wgs84
from gis.errors import BadInput
from gis.geocode.gazetteer import Gazetteer, GazetteerAlias, GazetteerBuilding, GazetteerJunction, GazetteerPlace

_COLUMNS = {
    "places.csv": "place_id kind name parent_id lon lat crs address households valid_from valid_to",
    "aliases.csv": "place_id alias relation",
    "buildings.csv": "building_id place_id number units floors rooms_per_floor lon lat crs",
    "junctions.csv": "road_a road_b lon lat crs",
}
# roundings in a delivery are at 1e-7 deg; more digits would only pretend [deg]
_DECIMALS = 8


def read_gazetteer(folder: Path | str) -> Gazetteer:
    """Read the gazetteer in `folder`; aliases, buildings and junctions may be absent, places may not.

    Raises
    ------
    BadInput
        If a file is missing, not UTF-8, lacks a column, or a value or reference is wrong; the message names it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise BadInput(f"The gazetteer folder {folder} does not exist.")
    places, aliases, buildings, junctions = (_read(folder / name) for name in _COLUMNS)
    if not len(places):
        raise BadInput(f"The gazetteer has no places: {folder / 'places.csv'} is empty.")
    return Gazetteer(
        (
            GazetteerPlace(
                place_id=row["place_id"],
                kind=row["kind"],
                name=row["name"],
                parent_id=row["parent_id"],
                lon=_optional(row["lon"]),
                lat=_optional(row["lat"]),
                address=row["address"],
                households=_count(row["households"], "places.csv", "households"),
                valid_from=_day(row["valid_from"], "valid_from"),
                valid_to=_day(row["valid_to"], "valid_to"),
            )
            for row in _rows(places)
        ),
        aliases=(GazetteerAlias(row["place_id"], row["alias"], row["relation"]) for row in _rows(aliases)),
        buildings=(
            GazetteerBuilding(
                building_id=row["building_id"],
                place_id=row["place_id"],
                number=row["number"],
                units=_count(row["units"], "buildings.csv", "units"),
                floors=_count(row["floors"], "buildings.csv", "floors"),
                rooms_per_floor=_count(row["rooms_per_floor"], "buildings.csv", "rooms_per_floor"),
                lon=_optional(row["lon"]),
                lat=_optional(row["lat"]),
            )
            for row in _rows(buildings)
        ),
        junctions=(
            GazetteerJunction(row["road_a"], row["road_b"], row["lon"], row["lat"])
            for row in _rows(junctions)
            if not np.isnan(row["lon"])
        ),
    )


def _read(path: Path) -> pd.DataFrame:
    wanted = _COLUMNS[path.name].split()
    if not path.is_file():
        if path.name == "places.csv":
            raise BadInput(f"The gazetteer has no file {path.name}; expected in {path.parent}.")
        return pd.DataFrame({column: pd.Series(dtype=str) for column in wanted})
    try:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name} of the gazetteer is not UTF-8.") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise BadInput(f"{path.name} of the gazetteer is not a readable CSV ({_one_line(error)}).") from error
    if not isinstance(rows.index, pd.RangeIndex):
        # pandas takes the first fields of rows longer than the header for their names
        raise BadInput(f"{path.name} of the gazetteer has rows of more fields than its header has.")
    missing = [column for column in wanted if column not in rows.columns]
    if missing:
        raise BadInput(f"{path.name} of the gazetteer lacks the column(s) {', '.join(missing)}.")
    return _placed(rows, path.name) if "crs" in rows.columns else rows


def _placed(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Replace the coordinate texts by WGS-84 numbers, NaN where none are given."""
    lon = np.full(len(rows), np.nan)
    lat = np.full(len(rows), np.nan)
    for crs, part in rows.groupby("crs"):
        stated = part[(part["lon"] != "") & (part["lat"] != "")]
        if not len(stated):
            continue
        if crs not in set(System):
            raise BadInput(f"{name} of the gazetteer has crs {crs!r}; known are {', '.join(System)}.")
        try:
            pair = stated["lon"].to_numpy(dtype=np.float64), stated["lat"].to_numpy(dtype=np.float64)
        except ValueError as error:
            raise BadInput(f"{name} of the gazetteer has a coordinate that is no number ({error}).") from error
        _refuse_impossible(*pair, name=name)
        at = rows.index.get_indexer(stated.index)
        lon[at], lat[at] = to_wgs84(*pair, system=str(crs))
    return rows.assign(lon=lon.round(_DECIMALS), lat=lat.round(_DECIMALS))


def _refuse_impossible(lon: NDArray[np.float64], lat: NDArray[np.float64], *, name: str) -> None:
    """Refuse what is no longitude and latitude in degrees; projected or exchanged coordinates must not slip in."""
    wrong = np.flatnonzero(~((np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)))
    if wrong.size:
        at = wrong[0]
        raise BadInput(
            f"{name} of the gazetteer has the coordinates {lon[at]:g}, {lat[at]:g}; expected longitude and latitude "
            f"in degrees."
        )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _rows(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    columns = [frame[column].tolist() for column in frame.columns]
    for values in zip(*columns, strict=True):
        yield dict(zip(frame.columns, values, strict=True))


def _optional(value: float) -> float | None:
    return None if np.isnan(value) else value


def _count(value: str, name: str, column: str) -> int | None:
    if not value.strip():
        return None
    try:
        return int(float(value))
    except (ValueError, OverflowError) as error:
        raise BadInput(f"{name} of the gazetteer has {column} {value!r}; expected a whole number.") from error


def _day(value: str, column: str) -> date | None:
    if not value.strip():
        return None
    try:
        return date.fromisoformat(value.strip())
    except ValueError as error:
        raise BadInput(
            f"places.csv of the gazetteer has {column} {value!r}; expected a day like 2019-10-31."
        ) from error
