"""Alerts and what happened to them."""

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, CheckConstraint, Column, Float, ForeignKey, Identity, Index, SmallInteger, Table, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from gis.database.tables.columns import SRID, metadata, moment

alert = Table(
    "alert", metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("subdistrict_code", Text, nullable=False),
    Column("rule", Text, nullable=False, comment="Rule that raised it; alerts/rules.yml"),
    Column("unit_kind", Text, nullable=False, comment="cell, compound, community or feed"),
    Column("unit_code", Text, nullable=False, comment="Cell as hexadecimal text, id of the compound, code of the community, name of the feed"),
    Column("unit_name", Text, nullable=False, server_default="", comment="What people call the unit"),
    Column("letter", Text, nullable=False, comment="Letter on map and list; free again once cleared"),
    Column("level", SmallInteger, nullable=False, comment="1 red, 2 orange, 3 yellow, 4 blue"),
    Column("status", Text, nullable=False, server_default="open", comment="open, acknowledged or cleared"),
    Column("community_code", Text, comment="Empty: the whole sub-district"),
    Column("cells", ARRAY(BigInteger), nullable=False, server_default="{}", comment="H3 cells of resolution 10 it covers"),
    Column("geom", Geometry("MULTIPOLYGON", srid=SRID, spatial_index=False), comment="Outer line of its cells, or the community"),
    Column("observed", Float, nullable=False, comment="Count in the window, or silence [s]"),
    Column("expected", Float, comment="Mean of the same window in earlier weeks, or expected interval [s]"),
    Column("expected_low", Float, comment="Lower end of the 95 % interval"),
    Column("expected_high", Float, comment="Upper end of the 95 % interval"),
    Column("method", Text, nullable=False, comment="How it was found, with version"),
    moment("window_from", nullable=False),
    moment("window_to", nullable=False),
    Column("member_ids", ARRAY(BigInteger), nullable=False, server_default="{}", comment="Incidents or requests counted"),
    Column("members", Text, comment="incident or service_request"),
    Column("reasons", JSONB, nullable=False, server_default="[]", comment="Commonest kinds among the members: [{name, count}]"),
    Column("exposure", JSONB, nullable=False, server_default="{}", comment="persons, households, aged_60, living_alone; null = fewer than five"),
    moment("raised_at", nullable=False),
    moment("updated_at", nullable=False),
    moment("held_at", nullable=False, comment="When its condition last held"),
    moment("acknowledged_at"),
    Column("acknowledged_by", Text, comment="Post, never a person's name"),
    Column("note", Text, nullable=False, server_default=""),
    moment("cleared_at"),
    CheckConstraint("level BETWEEN 1 AND 4", name="level"),
    CheckConstraint("status IN ('open', 'acknowledged', 'cleared')", name="status"),
    CheckConstraint("(status = 'cleared') = (cleared_at IS NOT NULL)", name="cleared"),
    CheckConstraint("unit_kind IN ('cell', 'compound', 'community', 'feed')", name="unit_kind"),
    Index("alert_identity_key", "subdistrict_code", "rule", "unit_kind", "unit_code", unique=True, postgresql_where=text("status <> 'cleared'")),
    Index("alert_raised_at_idx", "raised_at"),
    schema="alerting",
)  # fmt: skip

alert_event = Table(
    "alert_event", metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("alert_id", BigInteger, ForeignKey("alerting.alert.id"), nullable=False),
    moment("at", nullable=False, server_default=func.now()),
    Column("change", Text, nullable=False, comment="raised, level, updated, acknowledged or cleared"),
    Column("level", SmallInteger, nullable=False),
    Column("observed", Float, nullable=False),
    Column("actor", Text, nullable=False, comment="judge, or the post of who acted"),
    Column("note", Text, nullable=False, server_default=""),
    Index("alert_event_alert_id_idx", "alert_id", "at"),
    schema="alerting",
)  # fmt: skip
