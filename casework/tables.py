"""What people did about incidents and requests, and whose buildings and cells are whose."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB

from gis.database.tables.columns import key_column, metadata, moment

SUBJECTS = ("incident", "request", "visit")

transition = Table(
    "transition", metadata,
    key_column(),
    Column("subdistrict_code", Text, nullable=False),
    Column("subject", Text, nullable=False, comment="incident, request or visit"),
    Column("subject_id", BigInteger, nullable=False, comment="base.incident, base.service_request or base.visit"),
    Column("step", Text, nullable=False, comment="What was asked for: a status, returned, reopened or done; casework/states.yml"),
    Column("from_status", Text, nullable=False),
    Column("to_status", Text, nullable=False),
    moment("at", nullable=False, comment="When it was done, as stated by the device that entered it"),
    moment("recorded_at", nullable=False, server_default=func.now(), comment="When we learned of it: later for what waited without signal"),
    Column("account_id", BigInteger, comment="access.account of who did it; empty = a command or another system"),
    Column("actor", Text, nullable=False, comment="Post or command that did it, never a person's name"),
    Column("note", Text, nullable=False, server_default=""),
    Column("photo", Text, comment="Name of the photo under the installation's folder"),
    Column("client_key", Text, comment="Key the device gave it: the same entry twice is one transition"),
    Column("community_code", Text),
    Column("work_grid_id", BigInteger),
    UniqueConstraint("subdistrict_code", "client_key"),
    CheckConstraint("subject IN ('incident', 'request', 'visit')", name="subject"),
    Index("transition_subject_idx", "subject", "subject_id", "at"),
    Index("transition_account_idx", "account_id", "at"),
    schema="casework",
)  # fmt: skip

dispatch = Table(
    "dispatch", metadata,
    key_column(),
    Column("subdistrict_code", Text, nullable=False),
    Column("subject", Text, nullable=False, comment="incident or request"),
    Column("subject_id", BigInteger, nullable=False),
    Column("worker_id", BigInteger, ForeignKey("base.grid_worker.id"), nullable=False),
    Column("found_by", Text, nullable=False, comment="building, cell, grid, cover or named: how the worker was found"),
    moment("at", nullable=False),
    moment("ended_at", comment="Returned, closed or given to somebody else; empty = still theirs"),
    Column("actor", Text, nullable=False),
    Column("community_code", Text),
    Column("work_grid_id", BigInteger),
    CheckConstraint("subject IN ('incident', 'request')", name="subject"),
    CheckConstraint("found_by IN ('building', 'cell', 'grid', 'cover', 'named')", name="found_by"),
    Index("dispatch_current_key", "subject", "subject_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    Index("dispatch_worker_idx", "worker_id", postgresql_where=text("ended_at IS NULL")),
    schema="casework",
)  # fmt: skip

assignment_plan = Table(
    "assignment_plan", metadata,
    key_column(),
    Column("subdistrict_code", Text, nullable=False),
    Column("digest", Text, nullable=False, comment="SHA-256 of who has what: two plans with one digest are the same"),
    moment("published_at", nullable=False),
    Column("actor", Text, nullable=False),
    Column("figures", JSONB, nullable=False, server_default="{}", comment="Max/mean per grid and overall, households that changed hands"),
    Index("assignment_plan_published_idx", "subdistrict_code", "published_at"),
    schema="casework",
)  # fmt: skip

assignment = Table(
    "assignment", metadata,
    key_column(),
    Column("subdistrict_code", Text, nullable=False),
    Column("plan_id", BigInteger, ForeignKey("casework.assignment_plan.id"), nullable=False),
    Column("work_grid_id", BigInteger, ForeignKey("base.work_grid.id"), nullable=False),
    Column("worker_id", BigInteger, ForeignKey("base.grid_worker.id"), nullable=False),
    Column("cell", BigInteger, nullable=False, comment="H3 cell of resolution 11, the part of it inside the work grid"),
    Column("building_id", BigInteger, comment="A building in that part; empty = the cell's own row"),
    Column("cover_for", BigInteger, ForeignKey("base.grid_worker.id"), comment="Absent worker it is kept for; empty = their own"),
    Column("reason", Text, nullable=False, comment="kept, balanced, decided or cover"),
    Column("decision", Text, nullable=False, server_default="", comment="Why, in the words of who decided, of decided and cover rows"),
    moment("valid_from", nullable=False),
    moment("valid_to", comment="Exclusive; empty = still"),
    CheckConstraint("reason IN ('kept', 'balanced', 'decided', 'cover')", name="reason"),
    CheckConstraint("(reason = 'cover') = (cover_for IS NOT NULL)", name="cover"),
    CheckConstraint("valid_to > valid_from", name="valid"),
    Index("assignment_cell_idx", "cell", "work_grid_id", postgresql_where=text("building_id IS NULL")),
    Index("assignment_building_idx", "building_id", postgresql_where=text("building_id IS NOT NULL")),
    Index("assignment_worker_idx", "worker_id", "valid_from"),
    Index(
        "assignment_cell_key", "work_grid_id", "cell", text("coalesce(building_id, 0)"), unique=True,
        postgresql_where=text("cover_for IS NULL AND valid_to IS NULL"),
    ),
    schema="casework",
)  # fmt: skip

assignment_decision = Table(
    "assignment_decision", metadata,
    key_column(),
    Column("subdistrict_code", Text, nullable=False),
    Column("worker_id", BigInteger, ForeignKey("base.grid_worker.id"), nullable=False),
    Column("work_grid_id", BigInteger, ForeignKey("base.work_grid.id"), nullable=False),
    Column("cell", BigInteger, nullable=False, comment="H3 cell of resolution 11: of the building, when a building was named"),
    Column("building_id", BigInteger, ForeignKey("base.building.id")),
    Column("reason", Text, nullable=False, comment="In the words of who decided"),
    Column("actor", Text, nullable=False),
    moment("decided_at", nullable=False),
    moment("valid_from", nullable=False),
    moment("valid_to", comment="Exclusive; empty = until it is withdrawn"),
    CheckConstraint("reason <> ''", name="reason"),
    Index("assignment_decision_cell_idx", "work_grid_id", "cell"),
    schema="casework",
)  # fmt: skip

absence = Table(
    "absence", metadata,
    key_column(),
    Column("subdistrict_code", Text, nullable=False),
    Column("worker_id", BigInteger, ForeignKey("base.grid_worker.id"), nullable=False),
    Column("cover_worker_id", BigInteger, ForeignKey("base.grid_worker.id"), comment="Who takes all of it; empty = the others of the grid share it"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("actor", Text, nullable=False),
    moment("absent_from", nullable=False),
    moment("absent_to", nullable=False, comment="Exclusive"),
    CheckConstraint("absent_to > absent_from", name="span"),
    CheckConstraint("cover_worker_id <> worker_id", name="cover"),
    Index("absence_worker_idx", "worker_id", "absent_from"),
    schema="casework",
)  # fmt: skip
