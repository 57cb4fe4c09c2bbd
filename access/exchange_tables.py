"""What is exchanged with other systems: the outbox and its log, the consumers of our interfaces, their scopes and calls."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

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

consumer = Table(
    "consumer", metadata,
    key_column(),
    Column("subdistrict_code", Text, nullable=False),
    Column("account_id", BigInteger, ForeignKey("access.account.id"), nullable=False, unique=True, comment="Whose rights its rows follow; has no password, its keys are access.token"),
    Column("name", Text, nullable=False, comment="The other system, as its owner calls it"),
    Column("contact", Text, nullable=False, server_default="", comment="Post and office to ask, never a person's name"),
    Column("purpose", Text, nullable=False, comment="What it needs the data for"),
    Column("legal_basis", Text, nullable=False, server_default="", comment="Agreement or provision it rests on"),
    Column("sandbox", Boolean, nullable=False, server_default="false", comment="Answered from the sandbox: invented content, never a real row"),
    Column("minute_quota", Integer, nullable=False, comment="[calls per minute]"),
    Column("day_quota", Integer, nullable=False, comment="[calls per local day]"),
    moment("expires_at", comment="When the agreement ends; empty = until it is ended"),
    moment("suspended_at", comment="Shut by an operator; empty = open"),
    moment("created_at", nullable=False, server_default=func.now()),
    UniqueConstraint("subdistrict_code", "name"),
    CheckConstraint("minute_quota > 0 AND day_quota > 0", name="quotas"),
    schema="access",
)  # fmt: skip

consumer_scope = Table(
    "consumer_scope", metadata,
    Column("consumer_id", BigInteger, ForeignKey("access.consumer.id", ondelete="CASCADE"), primary_key=True),
    Column("resource", Text, primary_key=True, comment="dashboard/exchange/resources.yml"),
    Column("write", Boolean, nullable=False, server_default="false", comment="May report and change, not only read"),
    Column("fields", ARRAY(Text), nullable=False, server_default="{*}", comment="Fields it gets; * = all"),
    Column("items", ARRAY(Text), nullable=False, server_default="{*}", comment="Layers, collections or figures it may ask for; * = all"),
    schema="access",
)  # fmt: skip

consumer_window = Table(
    "consumer_window", metadata,
    Column("consumer_id", BigInteger, ForeignKey("access.consumer.id", ondelete="CASCADE"), primary_key=True),
    moment("minute_opens_at", nullable=False),
    Column("minute_calls", Integer, nullable=False, comment="Admitted since [calls]"),
    moment("day_opens_at", nullable=False, comment="Local midnight"),
    Column("day_calls", Integer, nullable=False, comment="Admitted since [calls]"),
    schema="access",
)  # fmt: skip

usage = Table(
    "usage", metadata,
    Column("consumer_id", BigInteger, ForeignKey("access.consumer.id", ondelete="CASCADE"), primary_key=True),
    Column("resource", Text, primary_key=True),
    Column("day", Date, primary_key=True, comment="Local day"),
    Column("calls", BigInteger, nullable=False, server_default="0", comment="Admitted [calls]"),
    Column("limited", BigInteger, nullable=False, server_default="0", comment="Answered 429 [calls]"),
    Column("denied", BigInteger, nullable=False, server_default="0", comment="Outside the scope [calls]"),
    Column("failed", BigInteger, nullable=False, server_default="0", comment="Of those admitted: answered 5xx [calls]"),
    moment("last_call_at", nullable=False),
    schema="access",
)  # fmt: skip

webhook = Table(
    "webhook", metadata,
    key_column(),
    Column("consumer_id", BigInteger, ForeignKey("access.consumer.id", ondelete="CASCADE"), nullable=False),
    Column("url", Text, nullable=False, comment="Where events are posted to"),
    Column("event_types", ARRAY(Text), nullable=False, comment="incident.reported, alert.raised, …; access/webhooks.py"),
    moment("created_at", nullable=False, server_default=func.now()),
    moment("paused_at", comment="Nothing is put into the outbox for it since; empty = open"),
    Column("pause_reason", Text, nullable=False, server_default=""),
    UniqueConstraint("consumer_id", "url"),
    CheckConstraint("cardinality(event_types) > 0", name="event_types"),
    schema="access",
)  # fmt: skip

webhook_secret = Table(
    "webhook_secret", metadata,
    Column("webhook_id", BigInteger, ForeignKey("access.webhook.id", ondelete="CASCADE"), primary_key=True),
    Column("secret_cipher", LargeBinary, nullable=False, comment="AES-256-GCM of the signing secret; the key is outside the database"),
    schema="access",
)  # fmt: skip

interface = Table(
    "interface", metadata,
    Column("subdistrict_code", Text, primary_key=True),
    Column("key", Text, primary_key=True, comment="feed:<name>, given:<consumer>:<resource>, taken:<consumer>:<resource>, hook:<webhook>, own:<resource>"),
    Column("direction", Text, nullable=False, comment="taken (they give, we take) or given"),
    Column("party", JSONB, nullable=False, comment="The other side, zh and en: an office or a system, never a person"),
    Column("title", JSONB, nullable=False, comment="What it is called, zh and en"),
    Column("purpose", JSONB, nullable=False, comment="What it is for, zh and en"),
    Column("legal_basis", JSONB, nullable=False, server_default="{}", comment="What it rests on, zh and en"),
    Column("retention", JSONB, nullable=False, server_default="{}", comment="How long what it brings is kept, zh and en"),
    Column("fields", JSONB, nullable=False, comment="[{name, zh, en, required}] in its order"),
    Column("contract", JSONB, nullable=False, comment="JSON Schema (2020-12) of one record"),
    Column("feed", Text, comment="Of a feed: its name; support.feed"),
    Column("table_name", Text, comment="Of a feed: the table its records go to"),
    Column("resource", Text, comment="Of a call: what is asked for; dashboard/exchange/resources.yml"),
    Column("consumer_id", BigInteger, ForeignKey("access.consumer.id", ondelete="CASCADE"), comment="Whose it is; empty = nobody's alone"),
    Column("expected_every_s", Integer, comment="Silent for longer it is late [s]; empty = no expectation"),
    moment("registered_at", nullable=False),
    moment("retired_at", comment="No longer there; its runs stay"),
    CheckConstraint("direction IN ('taken', 'given')", name="direction"),
    schema="access",
)  # fmt: skip

contract_run = Table(
    "contract_run", metadata,
    key_column(),
    Column("subdistrict_code", Text, nullable=False),
    Column("interface_key", Text, nullable=False),
    moment("at", nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("checked", Integer, nullable=False, comment="Held against the contract [records]"),
    Column("faults", JSONB, nullable=False, server_default="[]", comment="What was wrong, ten at most; no values"),
    Column("seconds", Float, comment="[s]"),
    Index("contract_run_interface_idx", "subdistrict_code", "interface_key", "at"),
    schema="access",
)  # fmt: skip

feed_quality = Table(
    "feed_quality", metadata,
    Column("subdistrict_code", Text, primary_key=True),
    Column("feed", Text, primary_key=True),
    moment("measured_at", nullable=False),
    Column("read", BigInteger, nullable=False, comment="Delivered in 30 days [rows]"),
    Column("accepted_share", Float, comment="Of those, not refused by a check [0, 1]; empty = nothing was delivered"),
    Column("placed_share", Float, comment="Of the new and changed ones, on the map [0, 1]; empty = none"),
    Column("filled_share", Float, comment="Of the contract's fields in the newest records, not empty [0, 1]; empty = no contract"),
    Column("required_share", Float, comment="Of the contract's required fields in the newest records, not empty [0, 1]"),
    Column("completeness", Float, comment="accepted_share x required_share [0, 1]"),
    schema="support",
)  # fmt: skip
