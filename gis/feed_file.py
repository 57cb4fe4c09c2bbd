"""Read a delivered table that has an address and a pair of coordinates, before anybody has said what its columns are.

Nothing is converted and nothing is repaired: the numbers come back as delivered.
"""

import io
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.csv_rows import csv_rows
from gis.errors import BadInput
from gis.sentences import Sentence

#: a text longer than this is no address but a broken file [characters]
LONGEST_TEXT = 100_000
#: a larger file is no table one looks over in memory [bytes]
LARGEST_FILE = 512 * 1024**2
_ADDRESS = ("地址", "详细地址", "事发地址", "事发地点", "地点", "位置", "住址", "address", "addr", "location")
_X = (
    "lon",
    "lng",
    "long",
    "longitude",
    "经度",
    "x",
    "x坐标",
    "坐标x",
    "easting",
    "east",
    "横坐标",
    "东坐标",
    "point_x",
)
_Y = ("lat", "latitude", "纬度", "y", "y坐标", "坐标y", "northing", "north", "纵坐标", "北坐标", "point_y")
#: what tells that a heading holds one of these, where none is written as above
_HOLDS = {"address": "地址|地点|住址|address|addr", "x": "经度|lon|lng", "y": "纬度|lat"}
_KNOWN = {"address": _ADDRESS, "x": _X, "y": _Y}
_GEOMETRY_X, _GEOMETRY_Y = "geometry x", "geometry y"


@dataclass(frozen=True)
class FeedRows:
    """Addresses and coordinates of a file, as delivered."""

    #: what was read as what: "address", "x" and "y" -> heading
    columns: dict[str, str]
    addresses: list[str]
    #: NaN where there is no number
    x: NDArray[np.float64]
    y: NDArray[np.float64]


def read_feed_file(path: Path, *, address: str = "", x: str = "", y: str = "") -> FeedRows:
    """Read a CSV (UTF-8 or GB 18030) or a GeoJSON.

    Parameters
    ----------
    address, x, y
        Headings; empty: found by their names.

    Raises
    ------
    BadInput
        If the file cannot be read as what it should be, or a column is missing or cannot be told.
    """
    if not path.is_file():
        raise BadInput("{path} is not there, or is no file.", path=path)
    if path.stat().st_size > LARGEST_FILE:
        raise BadInput(
            "{name} has {size:,} bytes; give a part of it, at most {largest:,}.",
            name=path.name,
            size=path.stat().st_size,
            largest=LARGEST_FILE,
        )
    text = decoded(path)
    if path.suffix.lower() in (".geojson", ".json") or text.lstrip()[:1] == "{":
        headings, rows = geojson_rows(path.name, text)
    else:
        headings, rows = table_rows(path.name, text)
    columns = {
        what: chosen_heading(path.name, headings, what, given)
        for what, given in (("address", address), ("x", x), ("y", y))
    }
    if columns["x"] == columns["y"]:
        raise BadInput("{name}: x and y cannot both be the column {column!r}.", name=path.name, column=columns["x"])
    at = {what: headings.index(heading) for what, heading in columns.items()}
    if not rows:
        raise BadInput("{name} has headings and no rows.", name=path.name)
    return FeedRows(
        columns,
        [row[at["address"]].strip() for row in rows],
        np.array([number(row[at["x"]]) for row in rows]),
        np.array([number(row[at["y"]]) for row in rows]),
    )


def decoded(path: Path) -> str:
    """Read a text as UTF-8 or, as older Chinese systems write it, GB 18030."""
    data = path.read_bytes()
    if (at := data.find(0)) >= 0:
        raise BadInput("{name} holds a NUL byte at {at:,}; this is no text file.", name=path.name, at=at)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput("{name} is neither UTF-8 nor GB 18030; save it as UTF-8.", name=path.name)


def table_rows(name: str, text: str) -> tuple[list[str], list[list[str]]]:
    """Split a CSV into headings and rows of as many fields."""
    (_, header), *rows = csv_rows(io.StringIO(text, newline=""), name, longest_cell=LONGEST_TEXT)
    return [heading.strip() for heading in header], [row for _, row in rows]


def geojson_rows(name: str, text: str) -> tuple[list[str], list[list[str]]]:
    """Lay a GeoJSON's features out as rows: their properties, and the coordinates of those that are points."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput("{name} is not readable JSON ({error}).", name=name, error=str(error)[:100]) from error
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise BadInput("{name} is no GeoJSON FeatureCollection.", name=name)
    properties: list[dict[str, Any]] = [
        found if isinstance(found := feature.get("properties"), dict) else {} for feature in features
    ]
    names = list(dict.fromkeys(key for one in properties for key in one))
    rows = []
    for feature, one in zip(features, properties, strict=True):
        texts = ["" if one.get(key) is None else str(one[key]) for key in names]
        if max(map(len, texts), default=0) > LONGEST_TEXT:
            raise BadInput(
                "{name}: a property of more than {longest:,} characters is no address.",
                name=name,
                longest=LONGEST_TEXT,
            )
        rows.append([*texts, *point_texts(feature.get("geometry"))])
    return [*names, _GEOMETRY_X, _GEOMETRY_Y], rows


def point_texts(geometry: object) -> list[str]:
    stated = geometry.get("coordinates") if isinstance(geometry, dict) and geometry.get("type") == "Point" else None
    return [str(stated[0]), str(stated[1])] if isinstance(stated, list) and len(stated) >= 2 else ["", ""]


def chosen_heading(name: str, headings: Sequence[str], what: str, given: str) -> str:
    """Return the heading of the address, x or y: the one given, else the one that is written like it."""
    shown = ", ".join(headings)[:200]
    option = f"--{what}-column"
    if given:
        if given not in headings:
            raise BadInput(
                "{name} has no column {given!r} ({option}); its columns are {known}.",
                name=name,
                given=given,
                option=option,
                known=shown,
            )
        return given
    if what != "address" and _GEOMETRY_X in headings:
        return _GEOMETRY_X if what == "x" else _GEOMETRY_Y
    plain = [heading.lower() for heading in headings]
    for known in _KNOWN[what]:
        if known in plain:
            return headings[plain.index(known)]
    holding = [heading for heading in headings if re.search(_HOLDS[what], heading.lower())]
    if len(holding) == 1:
        return holding[0]
    if holding:
        raise BadInput(
            "{name}: {holding} may each be the {part}; say which with {option}.",
            name=name,
            holding=holding,
            part=Sentence("address") if what == "address" else what,
            option=option,
        )
    raise BadInput(
        "{name}: no column looks like the {part} among {known}; say which with {option}.",
        name=name,
        part=Sentence("address") if what == "address" else what,
        known=shown,
        option=option,
    )


def number(text: str) -> float:
    """Read a number; NaN where there is none."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
