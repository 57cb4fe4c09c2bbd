"""What rules leave in the database: their versions, trials on history, what slower detectors found, and risk points."""

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from gis.database.tables.columns import SRID, metadata, moment

rule_version = Table(
    "rule_version", metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("subdistrict_code", Text, nullable=False),
    Column("rule", Text, nullable=False, comment="Id of the rule; its newest version is in force when it is enabled"),
    Column("version", Integer, nullable=False),
    Column("body", JSONB, nullable=False, comment="The whole rule as alerts/rules.py checks it"),
    Column("enabled", Boolean, nullable=False),
    moment("changed_at", nullable=False),
    Column("changed_by", Text, nullable=False, comment="Post, never a person's name; shipped = as the product came"),
    Column("why", Text, nullable=False),
    UniqueConstraint("subdistrict_code", "rule", "version"),
    CheckConstraint("why <> ''", name="why"),
    schema="alerting",
)  # fmt: skip

rule_trial = Table(
    "rule_trial", metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("subdistrict_code", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("purpose", Text, nullable=False, comment="trial: somebody tried it; drift: the weekly check"),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    moment("asked_at", nullable=False),
    Column("asked_by", Text, nullable=False),
    moment("finished_at"),
    Column("progress", Float, nullable=False, server_default="0", comment="Share of the period that has been judged while it runs [0, 1]"),
    Column("result", JSONB, comment="Alerts, hits, misses, lead times, false alarms per week and per community"),
    Column("fault", Text, comment="Why it could not be tried"),
    CheckConstraint("purpose IN ('trial', 'drift')", name="purpose"),
    CheckConstraint("first_day <= last_day", name="days"),
    Index("rule_trial_waiting_idx", "asked_at", postgresql_where=text("finished_at IS NULL")),
    schema="alerting",
)  # fmt: skip

detection = Table(
    "detection", metadata,
    Column("subdistrict_code", Text, nullable=False),
    Column("rule", Text, nullable=False),
    moment("at", nullable=False),
    Column("findings", JSONB, nullable=False, comment="What the detector found when it last ran, as alerts.judge.Finding"),
    PrimaryKeyConstraint("subdistrict_code", "rule"),
    schema="alerting",
)  # fmt: skip

risk_point = Table(
    "risk_point", metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("subdistrict_code", Text, nullable=False),
    Column("unit_kind", Text, nullable=False),
    Column("unit_code", Text, nullable=False),
    Column("unit_name", Text, nullable=False),
    Column("community_code", Text),
    Column("cells", ARRAY(BigInteger), nullable=False, server_default="{}"),
    Column("geom", Geometry("MULTIPOLYGON", srid=SRID, spatial_index=False)),
    Column("probability", Float, nullable=False, comment="That a dispute there escalates within 30 days [0, 1]"),
    Column("base_rate", Float, nullable=False, comment="The same for the mean unit of its kind"),
    Column("contributions", JSONB, nullable=False, comment="What speaks for and against, strongest first: [{name, value, mean, points}]"),
    Column("version", Text, nullable=False, comment="Version of the method"),
    moment("window_from", nullable=False),
    moment("scored_at", nullable=False),
    moment("valid_to", nullable=False, comment="A point is looked at anew after this"),
    Column("status", Text, nullable=False, server_default="candidate", comment="candidate, confirmed, rejected, or passed (nobody decided in time)"),
    moment("decided_at"),
    Column("decided_by", Text, comment="Post, never a person's name"),
    Column("reason", Text),
    CheckConstraint("unit_kind IN ('cell', 'compound')", name="unit_kind"),
    CheckConstraint("probability BETWEEN 0 AND 1", name="probability"),
    CheckConstraint("status IN ('candidate', 'confirmed', 'rejected', 'passed')", name="status"),
    CheckConstraint("(status IN ('confirmed', 'rejected')) = (decided_at IS NOT NULL AND decided_by IS NOT NULL AND reason <> '')", name="decided"),
    Index("risk_point_candidate_key", "subdistrict_code", "unit_kind", "unit_code", unique=True, postgresql_where=text("status = 'candidate'")),
    Index("risk_point_valid_to_idx", "valid_to"),
    schema="alerting",
    comment="Contradiction risk (矛盾风险点) of cells and compounds, never of a person; published only when somebody confirmed it",
)  # fmt: skip

risk_model = Table(
    "risk_model", metadata,
    Column("subdistrict_code", Text, nullable=False),
    Column("unit_kind", Text, nullable=False),
    moment("fitted_at", nullable=False),
    Column("version", Text, nullable=False),
    Column("report", JSONB, nullable=False, comment="Weights, and the back-test by month: lift, calibration, control, comparison of kinds"),
    PrimaryKeyConstraint("subdistrict_code", "unit_kind", "fitted_at"),
    schema="alerting",
)  # fmt: skip
