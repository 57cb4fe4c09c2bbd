"""What is exchanged with other systems and what is told to people outside: the outbox and its delivery log."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from gis.database.tables.columns import key_column, metadata, moment

outbox = Table(
    "outbox", metadata,
    key_column(),
    Column("subdistrict_code", Text, nullable=False),
    Column("channel", Text, nullable=False, comment="Who delivers it: webhook, smtp, wecom, …"),
    Column("target", Text, nullable=False, comment="Whom to, in the channel's own words: id of a subscription, of a receiver"),
    Column("event_type", Text, nullable=False, comment="What happened: incident.reported, alert.raised, …"),
    Column("idempotency_key", Text, nullable=False, comment="The same event for the same target is one message"),
    Column("payload", JSONB, nullable=False),
    Column("status", Text, nullable=False, server_default="waiting", comment="waiting, delivered or dead (given up, waits for a person)"),
    Column("attempts", SmallInteger, nullable=False, server_default="0", comment="Begun since it was put in or last replayed"),
    Column("replays", SmallInteger, nullable=False, server_default="0", comment="How often a person sent it again"),
    moment("next_attempt_at", nullable=False, comment="Not before; while it is being delivered: when the deliverer is taken for dead"),
    Column("claim", UUID(as_uuid=False), comment="Of the deliverer that has it now; empty = nobody"),
    Column("reason", Text, nullable=False, server_default="", comment="Why the last attempt failed"),
    moment("created_at", nullable=False),
    moment("settled_at", comment="When it arrived or was given up"),
    UniqueConstraint("channel", "target", "idempotency_key"),
    CheckConstraint("status IN ('waiting', 'delivered', 'dead')", name="status"),
    CheckConstraint("(status = 'waiting') = (settled_at IS NULL)", name="settled"),
    Index("outbox_due_idx", "next_attempt_at", postgresql_where="status = 'waiting'"),
    Index("outbox_target_idx", "channel", "target", "created_at"),
    schema="support",
)  # fmt: skip

outbox_attempt = Table(
    "outbox_attempt", metadata,
    key_column(),
    Column("outbox_id", BigInteger, ForeignKey("support.outbox.id", ondelete="CASCADE"), nullable=False),
    moment("at", nullable=False),
    Column("outcome", Text, nullable=False, comment="delivered, failed, dead, or abandoned (the deliverer did not come back)"),
    Column("answer", Text, nullable=False, server_default="", comment="What the other side said: HTTP status, SMTP reply, fault"),
    Column("seconds", Float, comment="[s]"),
    CheckConstraint("outcome IN ('delivered', 'failed', 'dead', 'abandoned')", name="outcome"),
    Index("outbox_attempt_outbox_id_idx", "outbox_id", "at"),
    schema="support",
)  # fmt: skip
