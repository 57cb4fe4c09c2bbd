"""People and where they live. Nothing here leaves the database without row-level security."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY

from gis.database.tables.columns import (
    key_column,
    location_checks,
    location_columns,
    metadata,
    record_columns,
    valid_columns,
)

dwelling = Table(
    "dwelling", metadata,
    key_column(),
    Column("subdistrict_code", Text, nullable=False),
    Column("building_id", BigInteger, ForeignKey("base.building.id"), nullable=False),
    Column("unit", Text, nullable=False, server_default=""),
    Column("room", Text, nullable=False),
    Column("floor", SmallInteger),
    Column("beds", SmallInteger, comment="[beds], of apartment rooms"),
    Column("community_code", Text),
    Column("work_grid_id", BigInteger),
    UniqueConstraint("building_id", "unit", "room"),
    schema="base",
)  # fmt: skip

household = Table(
    "household", metadata,
    key_column(),
    Column("subdistrict_code", Text, nullable=False),
    Column("feed", Text, nullable=False),
    Column("source_key", Text, nullable=False),
    Column("dwelling_id", BigInteger, ForeignKey("base.dwelling.id")),
    Column("building_id", BigInteger),
    Column("community_code", Text),
    Column("work_grid_id", BigInteger),
    UniqueConstraint("subdistrict_code", "feed", "source_key"),
    schema="base",
)  # fmt: skip

resident = Table(
    "resident", metadata,
    key_column(),
    *record_columns(),
    Column("name", Text, nullable=False),
    Column("sex", Text, comment="男 or 女"),
    Column("birth_date", Date),
    Column("registration", Text, nullable=False, comment="registered (户籍) or migrant (流动)"),
    Column("groups", ARRAY(Text), nullable=False, server_default="{}", comment="living_alone, disabled, low_income, pregnant, chronic_illness; ages are computed"),
    Column("identity_hash", LargeBinary, comment="Keyed hash of the identity number, for matching"),
    Column("identity_cipher", LargeBinary, comment="AES-GCM of the identity number, key outside the database"),
    Column("phone_cipher", LargeBinary, comment="AES-GCM of the telephone, key outside the database"),
    Column("address", Text, nullable=False, server_default="", comment="As written, sealed"),
    Column("household_id", BigInteger, ForeignKey("base.household.id")),
    Column("dwelling_id", BigInteger, ForeignKey("base.dwelling.id")),
    Column("building_id", BigInteger, ForeignKey("base.building.id")),
    Column("place_id", BigInteger, comment="Compound, zone or apartment area"),
    Column("alive", Boolean, nullable=False, server_default="true"),
    *location_columns(),
    *valid_columns(),
    UniqueConstraint("subdistrict_code", "feed", "source_key"),
    *location_checks(),
    CheckConstraint("registration IN ('registered', 'migrant')", name="registration"),
    Index("resident_building_id_idx", "building_id"),
    Index("resident_cell_idx", "cell"),
    Index("resident_identity_hash_idx", "identity_hash"),
    Index("resident_work_grid_id_idx", "work_grid_id"),
    schema="base",
)  # fmt: skip
