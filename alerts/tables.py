"""Alerts, what happened to them, who was told, and what was only an exercise."""

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from gis.database.tables.columns import SRID, metadata, moment


def alert_columns() -> list[Any]:
    """What an alert is made of, a real one or one of a drill."""
    return [
        Column("subdistrict_code", Text, nullable=False),
        Column("rule", Text, nullable=False, comment="Rule that raised it; alerts/rules.yml"),
        Column("unit_kind", Text, nullable=False, comment="cell, compound, community, area, feed or rule"),
        Column("unit_code", Text, nullable=False, comment="Cell as hexadecimal text (of an area: its first), id of the compound, code of the community, name of the feed"),
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
        Column("recurrence_days", Float, comment="A finding as strong comes about by chance once in this many days; empty = not a matter of chance"),
        Column("rule_name", JSONB, nullable=False, server_default="{}", comment="Name of its rule in zh and en; empty = a shipped rule, named in the texts"),
        Column("fingerprint", Text, nullable=False, comment="Of what, where and method: what makes it the same alert from one judgement to the next"),
        Column("grading", JSONB, nullable=False, server_default="{}", comment="How the level came about: severity, urgency, certainty, exposed, steps; alerts/levels.yml"),
        Column("holder", Text, nullable=False, server_default="duty_officer", comment="Post that is to act now; alerts/response.yml"),
        moment("opened_at", nullable=False, comment="Since when it waits to be acknowledged, or waited last"),
        moment("held_by_at", nullable=False, comment="Since when the holder has it"),
        moment("due_at", comment="By when something must follow the acknowledgement; else it falls back to open"),
        Column("inhibited_by", BigInteger, comment="Larger alert that explains this one"),
        Column("silenced_by", BigInteger, comment="Silence that holds it back now"),
        Column("ended_by", Text, comment="gone, expired, merged, withdrawn or drill_over"),
        Column("merged_into", BigInteger, comment="Alert it became part of"),
        Column("replayed", Boolean, nullable=False, server_default=text("false"), comment="Judged afterwards over loaded history (回算); nobody was told"),
        CheckConstraint("level BETWEEN 1 AND 4", name="level"),
        CheckConstraint("status IN ('open', 'acknowledged', 'cleared')", name="status"),
        CheckConstraint("(status = 'cleared') = (cleared_at IS NOT NULL)", name="cleared"),
        CheckConstraint("(status = 'cleared') = (ended_by IS NOT NULL)", name="ended"),
        CheckConstraint("unit_kind IN ('cell', 'compound', 'community', 'area', 'feed', 'rule')", name="unit_kind"),
    ]  # fmt: skip


def event_columns() -> list[Any]:
    """One step in an alert's life."""
    return [
        moment("at", nullable=False, server_default=func.now()),
        Column("change", Text, nullable=False, comment="raised, level, grown, updated, renewed, acknowledged, followed, fell_back, escalated, inhibited, released, silenced, unsilenced, cleared"),
        Column("level", SmallInteger, nullable=False),
        Column("observed", Float, nullable=False),
        Column("actor", Text, nullable=False, comment="judge, clock, or the post of who acted"),
        Column("note", Text, nullable=False, server_default=""),
        Column("cells", ARRAY(BigInteger), comment="Cells from here on; empty = as before"),
        Column("detail", JSONB, nullable=False, server_default="{}", comment="What else there is to know: new members, cause, post"),
    ]  # fmt: skip


alert = Table(
    "alert", metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    *alert_columns(),
    Index("alert_fingerprint_key", "subdistrict_code", "fingerprint", unique=True, postgresql_where=text("status <> 'cleared'")),
    Index("alert_raised_at_idx", "raised_at"),
    schema="alerting",
)  # fmt: skip

alert_event = Table(
    "alert_event", metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("alert_id", BigInteger, ForeignKey("alerting.alert.id"), nullable=False),
    *event_columns(),
    moment("routed_at", comment="When the notification stages decided on it; empty = not yet"),
    Index("alert_event_alert_id_idx", "alert_id", "at"),
    Index("alert_event_unrouted_idx", "id", postgresql_where=text("routed_at IS NULL")),
    schema="alerting",
)  # fmt: skip

silence = Table(
    "silence", metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("subdistrict_code", Text, nullable=False),
    Column("matchers", JSONB, nullable=False, comment="[{label, op, values}]: all must hold; alerts/labels.py"),
    Column("reason", Text, nullable=False),
    moment("starts_at", nullable=False),
    moment("expires_at", nullable=False),
    moment("created_at", nullable=False),
    Column("created_by", Text, nullable=False, comment="Post, never a person's name"),
    moment("ended_at", comment="When it was lifted before its time"),
    Column("ended_by", Text),
    CheckConstraint("expires_at > starts_at", name="span"),
    CheckConstraint("reason <> ''", name="reason"),
    schema="alerting",
)  # fmt: skip

notice = Table(
    "notice", metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("subdistrict_code", Text, nullable=False),
    Column("event_id", BigInteger, ForeignKey("alerting.alert_event.id"), nullable=False),
    Column("alert_id", BigInteger, ForeignKey("alerting.alert.id"), nullable=False),
    Column("route", Text, nullable=False, comment="Route of alerts/routes.yml; empty: stopped before any route"),
    Column("group_key", Text, nullable=False, server_default="", comment="What is told together"),
    Column("state", Text, nullable=False, comment="waiting, stopped or sent"),
    Column("stages", JSONB, nullable=False, comment="[{stage, verdict, reason, values, at}]: every decision with its reason"),
    moment("due_at", comment="Not told before"),
    moment("decided_at", nullable=False),
    Column("notification_id", BigInteger, ForeignKey("alerting.notification.id"), comment="What told of it"),
    UniqueConstraint("event_id", "route"),
    CheckConstraint("state IN ('waiting', 'stopped', 'sent')", name="state"),
    CheckConstraint("(state = 'sent') = (notification_id IS NOT NULL)", name="sent"),
    Index("notice_alert_id_idx", "alert_id"),
    Index("notice_waiting_idx", "route", "group_key", postgresql_where=text("state = 'waiting'")),
    schema="alerting",
)  # fmt: skip

notification = Table(
    "notification", metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("subdistrict_code", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("channel", Text, nullable=False, comment="webhook, wecom, dingtalk, feishu, smtp, wall or phone"),
    Column("group_key", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False, comment="The same facts to the same route are one notification"),
    Column("alert_ids", ARRAY(BigInteger), nullable=False),
    Column("events", Integer, nullable=False, comment="How many steps it tells of"),
    Column("level", SmallInteger, nullable=False, comment="Gravest it tells of"),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    moment("composed_at", nullable=False),
    UniqueConstraint("idempotency_key"),
    Index("notification_group_idx", "route", "group_key", "composed_at"),
    schema="alerting",
)  # fmt: skip

drill = Table(
    "drill", metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("subdistrict_code", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("scenario", Text, nullable=False, comment="Scenario of alerts/drills.yml"),
    moment("started_at", nullable=False),
    Column("started_by", Text, nullable=False, comment="Post, never a person's name"),
    moment("ended_at"),
    Column("ended_by", Text),
    Index("drill_running_key", "subdistrict_code", unique=True, postgresql_where=text("ended_at IS NULL")),
    schema="alerting",
)  # fmt: skip

drill_alert = Table(
    "drill_alert", metadata,
    Column("id", BigInteger, Identity(start=1_000_000_000_000), primary_key=True, comment="Far above any real alert's, so that no id means both"),
    Column("drill_id", BigInteger, ForeignKey("alerting.drill.id"), nullable=False),
    *alert_columns(),
    Index("drill_alert_drill_id_idx", "drill_id"),
    schema="alerting",
)  # fmt: skip

drill_event = Table(
    "drill_event", metadata,
    Column("id", BigInteger, Identity(start=1_000_000_000_000), primary_key=True),
    Column("alert_id", BigInteger, ForeignKey("alerting.drill_alert.id"), nullable=False),
    *event_columns(),
    Index("drill_event_alert_id_idx", "alert_id", "at"),
    schema="alerting",
)  # fmt: skip

outside_alert = Table(
    "outside_alert", metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("subdistrict_code", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("identifier", Text, nullable=False),
    moment("sent", nullable=False),
    Column("status", Text, nullable=False, comment="CAP: Actual, Exercise, System, Test or Draft"),
    Column("msg_type", Text, nullable=False, comment="CAP: Alert, Update, Cancel, Ack or Error"),
    Column("source_name", Text, nullable=False, server_default="", comment="senderName, else sender"),
    Column("event", Text, nullable=False),
    Column("headline", Text, nullable=False, server_default=""),
    Column("description", Text, nullable=False, server_default=""),
    Column("instruction", Text, nullable=False, server_default=""),
    Column("level", SmallInteger, nullable=False, comment="Of the colour it names, else of its CAP severity: 1 red … 4 blue"),
    Column("urgency", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("certainty", Text, nullable=False),
    Column("area_desc", Text, nullable=False, server_default=""),
    Column("geom", Geometry("MULTIPOLYGON", srid=SRID, spatial_index=False), comment="Empty: its area names places only"),
    moment("effective_at", nullable=False),
    moment("expires_at", nullable=False),
    Column("message", Text, nullable=False, comment="The XML as it came"),
    moment("received_at", nullable=False),
    Column("received_by", Text, nullable=False),
    moment("ended_at", comment="Cancelled, or replaced by an update"),
    Column("replaces", ARRAY(Text), nullable=False, server_default="{}", comment="What an update or a cancellation ends: sender,identifier,sent as written in UTC"),
    UniqueConstraint("subdistrict_code", "sender", "identifier", "sent"),
    CheckConstraint("level BETWEEN 1 AND 4", name="level"),
    schema="alerting",
)  # fmt: skip
