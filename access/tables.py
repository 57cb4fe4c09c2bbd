"""Accounts, tokens, sessions, audit: what `access` keeps. Functions and policies beside them are in gis/migrations m02xx."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from gis.database.tables.columns import key_column, metadata, moment

ROLES = (
    "duty_officer",
    "commander",
    "operator",
    "grid_worker",
    "grid_leader",
    "community_leader",
    "street_leader",
    "auditor",
    "wall",
)
TOKEN_KINDS = ("api", "device", "link")

account = Table(
    "account", metadata,
    key_column(),
    Column("subdistrict_code", Text, comment="Sub-district it belongs to; empty: the one that is loaded"),
    Column("name", Text, nullable=False, unique=True, comment="What is typed at sign-in"),
    Column("title", Text, nullable=False, server_default="", comment="Post shown on pages: 值班员, 马浜第3网格员"),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, comment="argon2id; empty: no sign-in, only by token"),
    Column("community_codes", ARRAY(Text), nullable=False, server_default="{}", comment="Communities of a community leader"),
    Column("work_grid_ids", ARRAY(BigInteger), nullable=False, server_default="{}", comment="Work grids beyond those of grid_worker_id"),
    Column("grid_worker_id", BigInteger, comment="base.grid_worker; its work grid is in scope"),
    Column("language", Text, nullable=False, server_default="zh"),
    moment("created_at", nullable=False, server_default=func.now()),
    moment("disabled_at"),
    Column("failed_sign_ins", SmallInteger, nullable=False, server_default="0"),
    moment("locked_until", comment="No sign-in before; grows with failed_sign_ins"),
    CheckConstraint(f"role IN ({', '.join(repr(role) for role in ROLES)})", name="role"),
    CheckConstraint("language IN ('zh', 'en')", name="language"),
    schema="access",
)  # fmt: skip

token = Table(
    "token", metadata,
    key_column(),
    Column("account_id", BigInteger, ForeignKey("access.account.id"), nullable=False),
    Column("kind", Text, nullable=False, comment="api (another system), device (a wall), link (opens a page on a phone or tablet)"),
    Column("label", Text, nullable=False, server_default=""),
    Column("secret_hash", LargeBinary, nullable=False, unique=True, comment="SHA-256 of the secret; the secret has 256 random bits, so no salt is needed"),
    moment("created_at", nullable=False, server_default=func.now()),
    moment("expires_at", comment="Empty: until revoked"),
    moment("revoked_at"),
    CheckConstraint("kind IN ('api', 'device', 'link')", name="kind"),
    schema="access",
)  # fmt: skip

session = Table(
    "session", metadata,
    Column("id", UUID(as_uuid=False), primary_key=True, server_default=func.gen_random_uuid()),
    Column("account_id", BigInteger, ForeignKey("access.account.id"), nullable=False),
    Column("token_id", BigInteger, ForeignKey("access.token.id"), comment="Token it came from; ends with it"),
    Column("secret_hash", LargeBinary, unique=True, comment="SHA-256 of the cookie; empty: the session of a bearer token"),
    moment("created_at", nullable=False, server_default=func.now()),
    moment("expires_at", nullable=False),
    moment("last_seen_at", nullable=False, server_default=func.now()),
    moment("revoked_at"),
    Index("session_bearer_key", "token_id", unique=True, postgresql_where="secret_hash IS NULL"),
    schema="access",
)  # fmt: skip

audit = Table(
    "audit", metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    moment("at", nullable=False, server_default=func.clock_timestamp()),
    Column("subdistrict_code", Text),
    Column("session_id", UUID(as_uuid=False)),
    Column("account_id", BigInteger),
    Column("actor", Text, nullable=False, comment="Account name, or the command that wrote"),
    Column("action", Text, nullable=False, comment="insert, update, delete of a row, or an event: sign_in, sign_in_failed, sign_out, …"),
    Column("table_name", Text),
    Column("record_id", Text),
    Column("changes", JSONB, nullable=False, server_default="{}", comment="New values of what changed, [before, after] of an update; secrets left out"),
    Index("audit_at_idx", "at"),
    Index("audit_record_idx", "table_name", "record_id"),
    schema="access",
)  # fmt: skip
