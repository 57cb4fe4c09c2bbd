"""A CAP 1.2 message as data. Element names are the standard's; what CAP makes optional and we never use is not here."""

from dataclasses import dataclass, field
from datetime import datetime

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"

STATUSES = ("Actual", "Exercise", "System", "Test", "Draft")
MSG_TYPES = ("Alert", "Update", "Cancel", "Ack", "Error")
URGENCIES = ("Immediate", "Expected", "Future", "Past", "Unknown")
SEVERITIES = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
CERTAINTIES = ("Observed", "Likely", "Possible", "Unlikely", "Unknown")

#: a ring of (lon, lat), closed
Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Area:
    """Where: words, outer rings, 12-digit statistical codes."""

    description: str
    polygons: tuple[Ring, ...] = ()
    #: (lon, lat, radius [km])
    circles: tuple[tuple[float, float, float], ...] = ()
    geocodes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Info:
    """What is said in one language."""

    language: str
    category: tuple[str, ...]
    event: str
    urgency: str
    severity: str
    certainty: str
    effective: datetime | None = None
    onset: datetime | None = None
    expires: datetime | None = None
    sender_name: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    web: str = ""
    event_codes: tuple[tuple[str, str], ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    areas: tuple[Area, ...] = ()


@dataclass(frozen=True)
class Reference:
    """An earlier message this one is about."""

    sender: str
    identifier: str
    sent: datetime


@dataclass(frozen=True)
class CapMessage:
    """One message."""

    identifier: str
    sender: str
    sent: datetime
    status: str
    msg_type: str
    scope: str
    infos: tuple[Info, ...]
    #: required by the standard when the scope is Restricted
    restriction: str = ""
    note: str = ""
    references: tuple[Reference, ...] = field(default=())
