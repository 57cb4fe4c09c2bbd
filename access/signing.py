"""Signatures of what we post to others, as the Standard Webhooks specification (1.0, 2023) has them.

The signature is HMAC-SHA-256 over id, time and body: whoever changes one of them, or sends an old message again, is
found out. The id stays the same over every attempt, so that a receiver can tell a message it has already.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from gis.errors import BadInput, NotAllowed

SECRET_PREFIX = "whsec_"
#: a message older or newer than this is refused by whoever follows the specification
TOLERANCE = timedelta(minutes=5)


def new_signing_secret() -> str:
    """Draw a secret of 256 bits in the specification's form."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signature(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of ``webhook-signature`` for a message."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def signed_headers(secret: str, *, message_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """Return the three headers that go with a body."""
    timestamp = int(now.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message_id=message_id, timestamp=timestamp, body=body),
    }


def verify(secret: str, headers: Mapping[str, str], body: bytes, *, now: datetime) -> None:
    """Check a message as a receiver does.

    Raises
    ------
    BadInput
        If a header is missing or the time is none.
    NotAllowed
        If it was signed with another secret, was changed, or is too old.
    """
    try:
        message_id, timestamp = headers["webhook-id"], int(headers["webhook-timestamp"])
        given = headers["webhook-signature"]
    except (KeyError, ValueError) as fault:
        raise BadInput("webhook-id, webhook-timestamp and webhook-signature are needed") from fault
    if abs(now.timestamp() - timestamp) > TOLERANCE.total_seconds():
        raise NotAllowed("the message is too old, or its clock is wrong")
    expected = signature(secret, message_id=message_id, timestamp=timestamp, body=body)
    if not any(hmac.compare_digest(expected, one) for one in given.split(" ")):
        raise NotAllowed("the signature does not belong to this message")
