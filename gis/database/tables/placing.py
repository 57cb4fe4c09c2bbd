"""What people decided about places, and the runs that place records again."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from gis.database.tables.columns import key_column, metadata, moment

placement_decision = Table(
    "placement_decision", metadata,
    key_column(),
    Column("subdistrict_code", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("record_id", BigInteger, nullable=False),
    Column("feed", Text, nullable=False),
    Column("source_key", Text, nullable=False),
    Column("outcome", Text, nullable=False, comment="placed, outside (of the sub-district), given_up (cannot be placed; reason says why)"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("words", Text, nullable=False, comment="The words it was judged by, sealed; a delivery that changes them ends the decision"),
    Column("chosen", SmallInteger, comment="Number of the candidate taken, from 1; empty: a point on the map"),
    Column("candidates", JSONB, nullable=False, server_default="[]", comment="What was offered, in the order shown"),
    Column("located", JSONB, nullable=False, comment="The location columns it gave the record"),
    Column("located_before", JSONB, nullable=False, comment="The location columns before it: what undoing brings back"),
    Column("alias_id", BigInteger, ForeignKey("base.place_alias.id", ondelete="SET NULL"), comment="Name that was learned with it; base.place_alias"),
    Column("community_code", Text),
    Column("work_grid_id", BigInteger),
    Column("account_id", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    moment("decided_at", nullable=False),
    moment("ended_at", comment="Taken back, or the words changed; empty = in force"),
    Column("ended_by", Text, comment="Who took it back, or the delivery that changed the words"),
    CheckConstraint("subject IN ('incident', 'request', 'visit', 'resident', 'activity', 'petition', 'organisation')", name="subject"),
    CheckConstraint("outcome IN ('placed', 'outside', 'given_up')", name="outcome"),
    CheckConstraint("outcome <> 'given_up' OR reason <> ''", name="reason"),
    CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
    Index("placement_decision_record_key", "subject", "record_id", unique=True, postgresql_where="ended_at IS NULL"),
    Index("placement_decision_feed_idx", "subdistrict_code", "feed", "source_key", postgresql_where="ended_at IS NULL"),
    Index("placement_decision_decided_at_idx", "subdistrict_code", "decided_at"),
    schema="support",
)  # fmt: skip

placing_run = Table(
    "placing_run", metadata,
    key_column(),
    Column("subdistrict_code", Text, nullable=False),
    Column("gazetteer", Text, nullable=False, comment="State of the gazetteer that records were placed by"),
    Column("engine", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("read", Integer, nullable=False, comment="Records that could have changed [records]"),
    Column("changed", Integer, nullable=False, comment="Records that did [records]"),
    Column("levels", JSONB, nullable=False, server_default="[]", comment="How many went from which level to which: [from, to, count]"),
    moment("started_at", nullable=False),
    moment("finished_at", nullable=False),
    Index("placing_run_started_idx", "subdistrict_code", "id"),
    schema="support",
)  # fmt: skip
