"""The Atom feed of our CAP messages, as the CAP feeds guideline has it: one entry per message, a link to each."""

from collections.abc import Sequence
from datetime import datetime

from lxml import etree

from alerts.cap.message import CapMessage
from alerts.cap.writing import cap_time

ATOM = "http://www.w3.org/2005/Atom"
CAP_TYPE = "application/cap+xml"


def write_feed(
    messages: Sequence[CapMessage], *, base: str, title: str, author: str, self_path: str, now: datetime
) -> bytes:
    """Write the feed; `base` is the address the links begin with."""
    root = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
    add(root, "id", f"{base}{self_path}")
    add(root, "title", title)
    add(root, "updated", cap_time(messages[0].sent if messages else now))
    add(etree.SubElement(root, f"{{{ATOM}}}author"), "name", author)
    link(root, "self", f"{base}{self_path}", "application/atom+xml")
    for message in messages:
        entry = etree.SubElement(root, f"{{{ATOM}}}entry")
        info = message.infos[0]
        add(entry, "id", f"{message.sender}:{message.identifier}")
        add(entry, "title", info.headline)
        add(entry, "updated", cap_time(message.sent))
        add(entry, "summary", info.description)
        etree.SubElement(entry, f"{{{ATOM}}}category", term=message.msg_type)
        etree.SubElement(entry, f"{{{ATOM}}}category", term=message.status)
        link(entry, "alternate", f"{base}/cap/{message.identifier}", CAP_TYPE)
    document: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return document


def add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}{name}").text = text


def link(parent: etree._Element, rel: str, href: str, type_: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}link", rel=rel, href=href, type=type_)
