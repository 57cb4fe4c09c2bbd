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
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from gis.database.tables.columns import key_column, metadata, moment

feed = Table(
    "feed", metadata,
    Column("subdistrict_code", Text, primary_key=True),
    Column("name", Text, primary_key=True, comment="Name of the feed: its kind, or what the delivery calls it"),
    Column("title", Text, nullable=False, comment="What people call it"),
    Column("expected_every_s", Integer, comment="Expected interval between events [s]; empty = no expectation"),
    moment("newest_event_at", comment="Time of the newest event it delivered; its age is the feed's age"),
    moment("last_batch_at"),
    Column("config", JSONB, nullable=False, server_default="{}", comment="File, encoding, coordinate system"),
    Column("kind", Text, comment="Module in etl/feeds that reads it; empty = the one of its name"),
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
    Column("loaded", Integer, nullable=False, server_default="0", comment="New or changed, and on the map where the feed is placed [rows]"),
    Column("unchanged", Integer, nullable=False, server_default="0", comment="[rows]"),
    Column("quarantined", Integer, nullable=False, server_default="0", comment="[rows]"),
    Column("unplaced", Integer, nullable=False, server_default="0", comment="New or changed, and unplaced or ambiguous [rows]; read = loaded + unchanged + quarantined + unplaced"),
    Column("levels", JSONB, nullable=False, server_default="{}", comment="Rows by match_level"),
    Column("seconds", Float, comment="[s]"),
    Column("actor", Text, nullable=False, comment="Who loaded it: account or command"),
    Column("versions", JSONB, nullable=False, server_default="{}", comment="Versions of code, geocoder and gazetteer"),
    moment("started_at", nullable=False, server_default=func.now()),
    moment("finished_at"),
    Column("counted", Integer, comment="Rows of the file by a count apart from the reader [rows]; empty for rasters"),
    Column("origin", Text, nullable=False, server_default="delivery", comment="delivery (file), report (interface), mending (sheet of the quarantine), replay"),
    moment("recorded_at", server_default=func.now(), comment="recorded_from of everything it wrote; empty for batches from before it was kept"),
    moment("undone_at"),
    Column("undone_by", Text, comment="Who undid it: account or command"),
    Column("replay_of", BigInteger, comment="Batch whose kept file was loaded again"),
    CheckConstraint("read = loaded + unchanged + quarantined + unplaced AND (counted IS NULL OR counted = read)", name="nothing_lost"),
    CheckConstraint("origin IN ('delivery', 'report', 'mending', 'replay')", name="origin"),
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
    Column("sealed", JSONB, nullable=False, server_default="{}", comment="Whole cells out of which a number was sealed, AES-GCM by heading; the key is outside the database"),
    Column("headings", ARRAY(Text), nullable=False, server_default="{}", comment="Headings in the order of the file"),
    Column("released_batch_id", BigInteger, comment="Batch with which it left"),
    Column("replaced_by", BigInteger, comment="Row of the quarantine that came of a mending that did not pass"),
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

delivered_former = Table(
    "delivered_former", metadata,
    Column("subdistrict_code", Text, primary_key=True),
    Column("feed", Text, primary_key=True),
    Column("source_key", Text, primary_key=True),
    Column("replaced_by", BigInteger, primary_key=True, comment="Batch that delivered the row in another form"),
    Column("row_hash", LargeBinary, nullable=False, comment="Keyed hash of the raw row as delivered before [16 bytes]"),
    Column("batch_id", BigInteger, nullable=False, comment="Batch that had delivered it"),
    Index("delivered_former_replaced_by_idx", "replaced_by"),
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
    Index("record_version_known_idx", "table_name", "recorded_to"),
    Index("record_version_key_idx", "table_name", text("(record ->> 'feed')"), text("(record ->> 'source_key')")),
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
    Column("id", BigInteger, Identity(), nullable=False, comment="For support.record_version; the key is the code"),
    moment("recorded_from", nullable=False, server_default=func.now()),
    schema="support",
)  # fmt: skip
