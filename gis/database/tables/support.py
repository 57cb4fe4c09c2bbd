"""The support library: feeds, batches, quarantine, earlier versions of records, dictionaries."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from gis.database.tables.columns import key_column, metadata, moment

feed = Table(
    "feed", metadata,
    Column("subdistrict_code", Text, primary_key=True),
    Column("name", Text, primary_key=True, comment="Name of the module in etl/feeds"),
    Column("title", Text, nullable=False, comment="What people call it"),
    Column("expected_every_s", Integer, comment="Expected interval between events [s]; empty = no expectation"),
    moment("newest_event_at", comment="Time of the newest event it delivered; its age is the feed's age"),
    moment("last_batch_at"),
    Column("config", JSONB, nullable=False, server_default="{}", comment="File, encoding, coordinate system"),
    schema="support",
)  # fmt: skip

batch = Table(
    "batch", metadata,
    key_column(),
    Column("subdistrict_code", Text, nullable=False),
    Column("feed", Text, nullable=False),
    Column("source", Text, nullable=False, comment="File name, or the interface it came through"),
    Column("content_hash", Text, comment="SHA-256 of the file [hex]"),
    Column("read", Integer, nullable=False, server_default="0", comment="[rows]"),
    Column("loaded", Integer, nullable=False, server_default="0", comment="New or changed [rows]"),
    Column("unchanged", Integer, nullable=False, server_default="0", comment="[rows]"),
    Column("quarantined", Integer, nullable=False, server_default="0", comment="[rows]"),
    Column("unplaced", Integer, nullable=False, server_default="0", comment="Of those loaded: unplaced or ambiguous [rows]"),
    Column("levels", JSONB, nullable=False, server_default="{}", comment="Rows by match_level"),
    Column("seconds", Float, comment="[s]"),
    Column("actor", Text, nullable=False, comment="Who loaded it: account or command"),
    Column("versions", JSONB, nullable=False, server_default="{}", comment="Versions of code, geocoder and gazetteer"),
    moment("started_at", nullable=False, server_default=func.now()),
    moment("finished_at"),
    CheckConstraint("read = loaded + unchanged + quarantined", name="nothing_lost"),
    Index("batch_feed_idx", "subdistrict_code", "feed", "started_at"),
    schema="support",
)  # fmt: skip

quarantine = Table(
    "quarantine", metadata,
    key_column(),
    Column("subdistrict_code", Text, nullable=False),
    Column("feed", Text, nullable=False),
    Column("batch_id", BigInteger, ForeignKey("support.batch.id"), nullable=False),
    Column("row_number", Integer, comment="Row in its file, the heading is row 1"),
    Column("row_hash", Text, nullable=False, comment="Of the raw row: the same bad row again is unchanged"),
    Column("raw", JSONB, nullable=False, comment="The row in the feed's own headings, identity numbers and telephones sealed"),
    Column("reasons", ARRAY(Text), nullable=False, comment="Every reason, not the first"),
    moment("quarantined_at", nullable=False, server_default=func.now()),
    moment("released_at", comment="When the mended row passed"),
    UniqueConstraint("subdistrict_code", "feed", "row_hash"),
    Index("quarantine_open_idx", "subdistrict_code", "feed", postgresql_where="released_at IS NULL"),
    schema="support",
)  # fmt: skip

delivered = Table(
    "delivered", metadata,
    Column("subdistrict_code", Text, primary_key=True),
    Column("feed", Text, primary_key=True),
    Column("source_key", Text, primary_key=True),
    Column("row_hash", LargeBinary, nullable=False, comment="Keyed hash of the raw row as last delivered [16 bytes]"),
    Column("batch_id", BigInteger, nullable=False, comment="Batch that delivered it in this form; support.batch"),
    schema="support",
)  # fmt: skip

record_version = Table(
    "record_version", metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("table_name", Text, nullable=False, comment="schema.table"),
    Column("record_id", BigInteger, nullable=False),
    moment("recorded_from", nullable=False),
    moment("recorded_to", nullable=False, server_default=func.now()),
    Column("batch_id", BigInteger, comment="Batch that had written this form"),
    Column("record", JSONB, nullable=False, comment="The row as it was"),
    Index("record_version_record_idx", "table_name", "record_id"),
    schema="support",
)  # fmt: skip

service_item = Table(
    "service_item", metadata,
    Column("code", Text, primary_key=True),
    Column("subdistrict_code", Text, primary_key=True),
    Column("batch_id", BigInteger),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False, server_default=""),
    Column("department", Text, nullable=False),
    Column("topic", Text, nullable=False, server_default=""),
    Column("eligibility", JSONB, nullable=False, server_default="{}", comment="min_age, max_age, registration, groups; empty = everybody"),
    Column("days_to_close", Integer, comment="[working days] promised"),
    schema="support",
)  # fmt: skip
