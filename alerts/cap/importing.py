"""Take in CAP messages of others: a weather warning, an alert of the district."""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from shapely.geometry import MultiPolygon, Point, Polygon
from shapely.ops import unary_union
from sqlalchemy import Connection

from alerts.cap.issuing import SQL
from alerts.cap.message import CapMessage, Info, Reference
from alerts.cap.reading import MOST_BYTES, read_cap
from gis.errors import BadInput, Unavailable

#: words that name a level in a headline or event, Chinese first, gravest first
COLOURS = ((1, ("红色", "red")), (2, ("橙色", "orange")), (3, ("黄色", "yellow")), (4, ("蓝色", "blue")))
SEVERITY_LEVELS = {"Extreme": 1, "Severe": 2, "Moderate": 3, "Minor": 4, "Unknown": 4}
#: a message that does not say when it ends holds so long
HOLDS = timedelta(hours=24)
#: metres of one degree of latitude
DEGREE_M = 111_320
TIMEOUT_S = 15.0


def import_cap(
    connection: Connection, content: bytes, *, subdistrict_code: str, post: str, now: datetime
) -> dict[str, Any]:
    """Store one message; an update or cancellation ends what it refers to.

    Returns
    -------
    stored
        ``id``, ``new`` (False: this very message was there already), ``status``, ``msg_type``, ``event``, ``level``.

    Raises
    ------
    BadInput
        If it is not a CAP message that holds.
    """
    message = read_cap(content)
    named = {
        "subdistrict_code": subdistrict_code,
        "sender": message.sender,
        "identifier": message.identifier,
        "sent": message.sent,
    }
    told = {"status": message.status, "msg_type": message.msg_type}
    info = chosen_info(message)
    level = level_of(info) if info else 4
    known = connection.scalar(SQL["known_message"], named)
    if known is not None:
        return {"id": known, "new": False, **told, "event": info.event if info else "", "level": level}
    # an acknowledgement or an error names the message it answers, and ends nothing
    replaced = message.references if message.msg_type in ("Update", "Cancel") else ()
    for reference in replaced:
        connection.execute(SQL["end_referred"], {**named, **vars(reference), "status": message.status, "now": now})
    area = area_of(info) if info else None
    stored = connection.scalar(
        SQL["add_message"],
        {
            **named,
            **told,
            "named": name_of(Reference(message.sender, message.identifier, message.sent)),
            "replaces": [name_of(reference) for reference in replaced],
            "source_name": (info.sender_name if info else "") or message.sender,
            "event": info.event if info else message.msg_type,
            "headline": info.headline if info else "",
            "description": info.description if info else "",
            "instruction": info.instruction if info else "",
            "level": level,
            "urgency": info.urgency if info else "Unknown",
            "severity": info.severity if info else "Unknown",
            "certainty": info.certainty if info else "Unknown",
            "area_desc": "、".join(area.description for area in info.areas) if info else "",
            "area": area.wkt if area is not None else None,
            "effective_at": (info.onset or info.effective or message.sent) if info else message.sent,
            "expires_at": (info.expires or message.sent + HOLDS) if info else message.sent + HOLDS,
            "message": content.decode("utf-8", errors="replace"),
            "now": now,
            "post": post,
        },
    )
    connection.execute(SQL["tell_outside"])
    return {"id": stored, "new": True, **told, "event": info.event if info else "", "level": level}


def name_of(reference: Reference) -> str:
    """A message by what CAP knows it by, the same whatever offset its time is written with."""
    return f"{reference.sender},{reference.identifier},{reference.sent.astimezone(UTC).isoformat()}"


def chosen_info(message: CapMessage) -> Info | None:
    """The Chinese block where there is one, else the first."""
    chinese = (info for info in message.infos if info.language.lower().startswith("zh"))
    return next(chinese, message.infos[0] if message.infos else None)


def level_of(info: Info) -> int:
    """The colour its words name, since that is what was proclaimed; else its severity."""
    said = f"{info.headline} {info.event}".lower()
    for level, words in COLOURS:
        if any(word in said for word in words):
            return level
    return SEVERITY_LEVELS[info.severity]


def area_of(info: Info) -> MultiPolygon | None:
    """Its polygons and circles as one shape; None when its areas only name places."""
    parts: list[Any] = [Polygon(ring) for area in info.areas for ring in area.polygons]
    parts += [circle(*one) for area in info.areas for one in area.circles if one[2] > 0]
    if not parts:
        return None
    joined = unary_union([part if part.is_valid else part.buffer(0) for part in parts])
    return joined if isinstance(joined, MultiPolygon) else MultiPolygon([joined])


def circle(lon: float, lat: float, radius_km: float) -> Polygon:
    """A circle on the ground as an ellipse in degrees; near enough for a warning's area."""
    height = radius_km * 1000 / DEGREE_M
    width = height / max(0.01, math.cos(math.radians(lat)))
    unit = Point(0, 0).buffer(1, quad_segs=16)
    return Polygon([(lon + x * width, lat + y * height) for x, y in unit.exterior.coords])


def standing_outside(connection: Connection, *, subdistrict_code: str, now: datetime) -> list[dict[str, Any]]:
    """Messages from outside that hold now and are meant (no exercise, no test), gravest first."""
    asked = {"subdistrict_code": subdistrict_code, "now": now}
    return [dict(row) for row in connection.execute(SQL["standing_outside"], asked).mappings()]


def read_source(source: str) -> bytes:
    """Read a message from a file, or fetch it from an http or https address.

    Raises
    ------
    BadInput
        If there is no such file, or what is there is too large.
    Unavailable
        If the address does not answer with a message.
    """
    if not source.startswith(("http://", "https://")):
        try:
            with Path(source).open("rb") as file:
                return file.read(MOST_BYTES + 1)
        except OSError as fault:
            raise BadInput("{source}: cannot be read ({reason})", source=source, reason=fault.strerror) from fault
    try:
        with httpx.stream("GET", source, timeout=TIMEOUT_S, follow_redirects=True) as response:
            if response.status_code != 200:
                raise Unavailable("{source} answers {status_code}", source=source, status_code=response.status_code)
            content = b""
            for piece in response.iter_bytes():
                content += piece
                if len(content) > MOST_BYTES:
                    raise BadInput(
                        "{source}: more than {most:,} bytes; no CAP message is so large",
                        source=source,
                        most=MOST_BYTES,
                    )
            return content
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        raise Unavailable("{source} does not answer: {fault}", source=source, fault=fault) from fault
