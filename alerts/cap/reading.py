"""Read CAP 1.2 of others: every fault in a sentence, no entity tricks, nothing fetched.

defusedxml refuses document types, entities and external references before anything is expanded.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from alerts.cap.message import (
    CERTAINTIES,
    MSG_TYPES,
    NAMESPACE,
    SEVERITIES,
    STATUSES,
    URGENCIES,
    Area,
    CapMessage,
    Info,
    Reference,
    Ring,
)
from gis.errors import BadInput
from gis.sentences import Sentence

#: a message is a few kilobytes; what is larger is none [bytes]
MOST_BYTES = 2_000_000
#: corners of all its polygons together
MOST_CORNERS = 20_000
#: faults told at most
MOST_FAULTS = 8
#: earlier versions differ from 1.2 only in what we do not read
NAMESPACES = (NAMESPACE, "urn:oasis:names:tc:emergency:cap:1.1")


def read_cap(content: bytes) -> CapMessage:
    """Read one message.

    Raises
    ------
    BadInput
        When it is no XML, carries a document type or entities, is no CAP, or lacks what CAP requires.
    """
    if len(content) > MOST_BYTES:
        raise BadInput(
            "the message has {size:,} bytes; a CAP message has {most:,} at most",
            size=len(content),
            most=MOST_BYTES,
        )
    try:
        root = fromstring(content, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException as fault:
        raise BadInput("the message defines a document type or entities; CAP needs none, so it is refused") from fault
    except (ParseError, LookupError, ValueError) as fault:
        raise BadInput("the message is not well-formed XML: {fault}", fault=fault) from fault
    namespace, _, name = str(root.tag).rpartition("}")
    if name != "alert" or namespace[1:] not in NAMESPACES:
        raise BadInput(
            "the message is <{name}> of {namespace}, not a CAP 1.2 alert",
            name=name or root.tag,
            namespace=namespace[1:] or Sentence("no namespace"),
        )
    reading = Reading(namespace + "}")
    message = reading.message(root)
    if reading.faults:
        raise BadInput("the CAP message does not hold: {faults}", faults=reading.faults[:MOST_FAULTS])
    return message


Shape = TypeVar("Shape")


class Reading:
    """Reads elements and gathers what is wrong with them."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.faults: list[Sentence] = []
        self.corners = 0

    def text(self, parent: Element, name: str, *, required: bool = False) -> str:
        value = " ".join((parent.findtext(self.prefix + name) or "").split())
        if required and not value:
            self.faults.append(Sentence("<{name}> is missing or empty", name=name))
        return value

    def word(self, parent: Element, name: str, words: Sequence[str]) -> str:
        value = self.text(parent, name, required=True)
        if value and value not in words:
            self.faults.append(
                Sentence("<{name}> is {value!r}; it may be {words}", name=name, value=value, words=words)
            )
        return value

    def time(self, value: str, name: str) -> datetime | None:
        if not value:
            return None
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.faults.append(
                Sentence("<{name}> is {value!r}, no time such as 2026-11-23T14:00:00+08:00", name=name, value=value)
            )
            return None
        if moment.tzinfo is None:
            self.faults.append(Sentence("<{name}> is {value!r}, without an offset from UTC", name=name, value=value))
            return None
        return moment

    def message(self, root: Element) -> CapMessage:
        sent = self.time(self.text(root, "sent", required=True), "sent")
        infos = tuple(self.info(element) for element in root.findall(self.prefix + "info"))
        message_type = self.word(root, "msgType", MSG_TYPES)
        references = self.references(self.text(root, "references"))
        if message_type in ("Alert", "Update") and not infos:
            self.faults.append(Sentence("there is no <info>, so nothing is said"))
        if message_type in ("Update", "Cancel") and not references:
            self.faults.append(Sentence("it is an {message_type} without <references>", message_type=message_type))
        return CapMessage(
            identifier=self.text(root, "identifier", required=True),
            sender=self.text(root, "sender", required=True),
            sent=sent or datetime.min.replace(tzinfo=UTC),
            status=self.word(root, "status", STATUSES),
            msg_type=message_type,
            scope=self.word(root, "scope", ("Public", "Restricted", "Private")),
            restriction=self.text(root, "restriction"),
            note=self.text(root, "note"),
            references=references,
            infos=infos,
        )

    def references(self, value: str) -> tuple[Reference, ...]:
        found = []
        for part in value.split():
            pieces = part.split(",")
            sent = self.time(pieces[2], "references") if len(pieces) == 3 else None
            if len(pieces) != 3:
                self.faults.append(
                    Sentence("<references> holds {part!r}; sender,identifier,sent is expected", part=part)
                )
            elif sent is not None:
                found.append(Reference(pieces[0], pieces[1], sent))
        return tuple(found)

    def info(self, element: Element) -> Info:
        return Info(
            language=self.text(element, "language") or "en-US",
            category=tuple((one.text or "").strip() for one in element.findall(self.prefix + "category")),
            event=self.text(element, "event", required=True),
            urgency=self.word(element, "urgency", URGENCIES),
            severity=self.word(element, "severity", SEVERITIES),
            certainty=self.word(element, "certainty", CERTAINTIES),
            effective=self.time(self.text(element, "effective"), "effective"),
            onset=self.time(self.text(element, "onset"), "onset"),
            expires=self.time(self.text(element, "expires"), "expires"),
            sender_name=self.text(element, "senderName"),
            headline=self.text(element, "headline"),
            description=self.text(element, "description"),
            instruction=self.text(element, "instruction"),
            web=self.text(element, "web"),
            event_codes=self.pairs(element, "eventCode"),
            parameters=self.pairs(element, "parameter"),
            areas=tuple(self.area(area) for area in element.findall(self.prefix + "area")),
        )

    def pairs(self, parent: Element, name: str) -> tuple[tuple[str, str], ...]:
        return tuple(
            (self.text(one, "valueName"), self.text(one, "value")) for one in parent.findall(self.prefix + name)
        )

    def area(self, element: Element) -> Area:
        return Area(
            description=self.text(element, "areaDesc", required=True),
            polygons=self.shapes(element, "polygon", self.ring),
            circles=self.shapes(element, "circle", self.circle),
            geocodes=self.pairs(element, "geocode"),
        )

    def shapes(self, parent: Element, name: str, read: Callable[[str], Shape]) -> tuple[Shape, ...]:
        found = []
        for element in parent.findall(self.prefix + name):
            value = (element.text or "").strip()
            try:
                found.append(read(value))
            except ValueError as fault:
                self.faults.append(Sentence("<{name}> {value!r}: {fault}", name=name, value=value[:60], fault=fault))
        return tuple(found)

    def ring(self, value: str) -> Ring:
        """Pairs of latitude,longitude, closed; given back as (lon, lat)."""
        corners = []
        for pair in value.split():
            lat, lon = (float(part) for part in pair.split(","))
            if not (-90 <= lat <= 90 and -180 <= lon <= 180):
                raise BadInput("{pair} is no latitude,longitude", pair=pair)
            corners.append((lon, lat))
        self.corners += len(corners)
        if self.corners > MOST_CORNERS:
            raise BadInput("more than {most:,} corners in all", most=MOST_CORNERS)
        if len(corners) < 4 or corners[0] != corners[-1]:
            raise BadInput("a ring has at least four corners and ends where it begins")
        return tuple(corners)

    def circle(self, value: str) -> tuple[float, float, float]:
        centre, radius = value.split()
        lat, lon = (float(part) for part in centre.split(","))
        radius_km = float(radius)
        if not (-90 <= lat <= 90 and -180 <= lon <= 180 and 0 <= radius_km < 20_000):
            raise BadInput("latitude,longitude and a radius [km] are expected")
        return lon, lat, radius_km
