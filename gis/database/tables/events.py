"""What happens and what is asked for. Partitioned by month of the event time, which never changes."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Identity, Index, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from gis.database.tables.columns import key_column, location_checks, location_columns, metadata, moment, record_columns

INCIDENT_STATES = ("reported", "dispatched", "accepted", "handling", "closed", "withdrawn")
GRADES = ("general", "larger", "major", "severe")

incident = Table(
    "incident", metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    moment("reported_at", primary_key=True, comment="Event time; immutable, gives the partition"),
    *record_columns(),
    Column("category", Text, nullable=False, comment="First-level category as the street names it: 安全生产, 治安稳定, …"),
    Column("subcategory", Text, nullable=False, server_default=""),
    Column("source", Text, nullable=False, comment="Where it was reported: 枫桥街道, 联动中心, 市便民, …"),
    Column("grade", Text, nullable=False, server_default="general", comment="general 一般, larger 较大, major 重大, severe 特别重大"),
    Column("title", Text, nullable=False, server_default=""),
    Column("description", Text, nullable=False, server_default="", comment="As written, identity numbers and telephones sealed"),
    Column("address", Text, nullable=False, server_default="", comment="As written, sealed"),
    Column("place_id", BigInteger),
    Column("building_id", BigInteger),
    Column("status", Text, nullable=False, server_default="reported"),
    moment("due_at"),
    moment("closed_at"),
    Column("reported_by", BigInteger, comment="access.account of who entered it here"),
    Column("photo", Text, comment="Name of the photo under the installation's folder"),
    Column("details", JSONB, nullable=False, server_default="{}", comment="What the feed says beyond these columns"),
    *location_columns(),
    UniqueConstraint("subdistrict_code", "feed", "source_key", "reported_at"),
    *location_checks(),
    CheckConstraint("status IN ('reported', 'dispatched', 'accepted', 'handling', 'closed', 'withdrawn')", name="status"),
    CheckConstraint("grade IN ('general', 'larger', 'major', 'severe')", name="grade"),
    CheckConstraint("closed_at >= reported_at", name="closed_after_reported"),
    Index("incident_cell_idx", "cell", "reported_at"),
    Index("incident_community_idx", "community_code", "reported_at"),
    Index("incident_work_grid_idx", "work_grid_id", "reported_at"),
    Index("incident_open_idx", "status", postgresql_where="status NOT IN ('closed', 'withdrawn')"),
    Index("incident_reported_at_idx", "reported_at"),
    # the rows of one batch lie together
    Index("incident_batch_idx", "batch_id", postgresql_using="brin", postgresql_with={"autosummarize": "on"}),
    schema="base", postgresql_partition_by="RANGE (reported_at)",
)  # fmt: skip

service_request = Table(
    "service_request", metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    moment("requested_at", primary_key=True, comment="Event time; immutable, gives the partition"),
    *record_columns(),
    Column("item_code", Text, nullable=False, comment="support.service_item"),
    Column("channel", Text, nullable=False, server_default=""),
    Column("title", Text, nullable=False, server_default=""),
    Column("description", Text, nullable=False, server_default="", comment="As written, sealed"),
    Column("address", Text, nullable=False, server_default="", comment="As written, sealed"),
    Column("place_id", BigInteger),
    Column("building_id", BigInteger),
    Column("resident_id", BigInteger, comment="Who asked, when known"),
    Column("status", Text, nullable=False, server_default="reported"),
    moment("due_at"),
    moment("closed_at"),
    Column("details", JSONB, nullable=False, server_default="{}"),
    *location_columns(),
    UniqueConstraint("subdistrict_code", "feed", "source_key", "requested_at"),
    *location_checks(),
    CheckConstraint("status IN ('reported', 'dispatched', 'accepted', 'handling', 'closed', 'withdrawn')", name="status"),
    CheckConstraint("closed_at >= requested_at", name="closed_after_requested"),
    Index("service_request_cell_idx", "cell", "requested_at"),
    Index("service_request_community_idx", "community_code", "requested_at"),
    Index("service_request_open_idx", "status", postgresql_where="status NOT IN ('closed', 'withdrawn')"),
    Index("service_request_requested_at_idx", "requested_at"),
    schema="base", postgresql_partition_by="RANGE (requested_at)",
)  # fmt: skip

visit = Table(
    "visit", metadata,
    key_column(),
    *record_columns(),
    Column("kind", Text, nullable=False, comment="独居老人走访, 出租房登记, …"),
    Column("resident_id", BigInteger),
    Column("dwelling_id", BigInteger),
    Column("building_id", BigInteger),
    Column("address", Text, nullable=False, server_default=""),
    Column("worker_id", BigInteger, comment="base.grid_worker who is to go or went"),
    Column("due_on", Date, nullable=False),
    moment("done_at"),
    Column("note", Text, nullable=False, server_default=""),
    *location_columns(),
    UniqueConstraint("subdistrict_code", "feed", "source_key"),
    *location_checks(),
    Index("visit_due_idx", "work_grid_id", "due_on", postgresql_where="done_at IS NULL"),
    schema="base",
)  # fmt: skip
