"""CAP 1.2 as XML, in the order the schema asks for."""

from collections.abc import Iterable
from datetime import UTC, datetime

from lxml import etree

from alerts.cap.message import NAMESPACE, Area, CapMessage, Info, Reference, Ring


def cap_time(moment: datetime) -> str:
    """Write a time as CAP wants it: whole seconds and a numeric offset; UTC is -00:00, never Z."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    text = moment.replace(microsecond=0).isoformat()
    return text[:-6] + "-00:00" if moment.utcoffset() == UTC.utcoffset(None) else text


def write_cap(message: CapMessage) -> bytes:
    """Write a message as an XML document."""
    document: bytes = etree.tostring(cap_element(message), xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return document


def cap_element(message: CapMessage) -> etree._Element:
    """Build a message's element."""
    root = etree.Element(f"{{{NAMESPACE}}}alert", nsmap={None: NAMESPACE})
    add(root, "identifier", message.identifier)
    add(root, "sender", message.sender)
    add(root, "sent", cap_time(message.sent))
    add(root, "status", message.status)
    add(root, "msgType", message.msg_type)
    add(root, "scope", message.scope)
    add(root, "restriction", message.restriction)
    add(root, "note", message.note)
    add(root, "references", " ".join(reference_text(one) for one in message.references))
    for info in message.infos:
        add_info(root, info)
    return root


def reference_text(reference: Reference) -> str:
    """sender,identifier,sent as the standard has it."""
    return f"{reference.sender},{reference.identifier},{cap_time(reference.sent)}"


def add(parent: etree._Element, name: str, value: str) -> None:
    """Add an element with text; an empty value is left out."""
    if value:
        etree.SubElement(parent, f"{{{NAMESPACE}}}{name}").text = value


def add_info(root: etree._Element, info: Info) -> None:
    element = etree.SubElement(root, f"{{{NAMESPACE}}}info")
    add(element, "language", info.language)
    for category in info.category:
        add(element, "category", category)
    add(element, "event", info.event)
    add(element, "urgency", info.urgency)
    add(element, "severity", info.severity)
    add(element, "certainty", info.certainty)
    add_pairs(element, "eventCode", info.event_codes)
    for name in ("effective", "onset", "expires"):
        moment = getattr(info, name)
        add(element, name, cap_time(moment) if moment else "")
    add(element, "senderName", info.sender_name)
    add(element, "headline", info.headline)
    add(element, "description", info.description)
    add(element, "instruction", info.instruction)
    add(element, "web", info.web)
    add_pairs(element, "parameter", info.parameters)
    for area in info.areas:
        add_area(element, area)


def add_pairs(parent: etree._Element, name: str, pairs: Iterable[tuple[str, str]]) -> None:
    for value_name, value in pairs:
        element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
        add(element, "valueName", value_name)
        add(element, "value", value)


def add_area(info: etree._Element, area: Area) -> None:
    element = etree.SubElement(info, f"{{{NAMESPACE}}}area")
    add(element, "areaDesc", area.description)
    for ring in area.polygons:
        add(element, "polygon", ring_text(ring))
    for lon, lat, radius_km in area.circles:
        add(element, "circle", f"{lat:.6f},{lon:.6f} {radius_km:g}")
    add_pairs(element, "geocode", area.geocodes)


def ring_text(ring: Ring) -> str:
    """Pairs of latitude,longitude (that order), the last repeating the first."""
    return " ".join(f"{lat:.6f},{lon:.6f}" for lon, lat in ring)
