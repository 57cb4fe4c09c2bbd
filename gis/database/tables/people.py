"""People and where they live. Nothing here leaves the database without row-level security."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from gis.database.tables.columns import (
    key_column,
    location_checks,
    location_columns,
    metadata,
    moment,
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
    Column("batch_id", BigInteger, comment="Batch that brought the dwelling; support.batch"),
    moment("recorded_from", nullable=False, server_default=func.now()),
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
    Column("batch_id", BigInteger, comment="Batch that last changed the record; support.batch"),
    moment("recorded_from", nullable=False, server_default=func.now()),
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

same_person = Table(
    "same_person", metadata,
    key_column(),
    Column("subdistrict_code", Text, nullable=False),
    Column("resident_id", BigInteger, ForeignKey("base.resident.id", ondelete="CASCADE"), nullable=False),
    Column("other_id", BigInteger, ForeignKey("base.resident.id", ondelete="CASCADE"), nullable=False),
    Column("score", Float, nullable=False, comment="Probability that both records are of one person [0, 1]"),
    Column("evidence", JSONB, nullable=False, server_default="{}", comment="What agrees and what differs: identity, name, birth, dwelling, sex"),
    Column("status", Text, nullable=False, comment="merged, waiting for a person, or different"),
    Column("decided_by", Text, comment='Account, or "rule"; empty while it waits'),
    moment("decided_at"),
    moment("found_at", nullable=False, server_default=func.now()),
    Column("batch_id", BigInteger, comment="Batch in which the pair was found"),
    UniqueConstraint("resident_id", "other_id"),
    CheckConstraint("resident_id < other_id", name="order"),
    CheckConstraint("status IN ('merged', 'waiting', 'different')", name="status"),
    CheckConstraint("score BETWEEN 0 AND 1", name="score"),
    Index("same_person_other_id_idx", "other_id"),
    Index("same_person_waiting_idx", "subdistrict_code", "found_at", postgresql_where="status = 'waiting'"),
    schema="base",
)  # fmt: skip

#: worked out from the merges by base.settle_persons
person_record = Table(
    "person_record", metadata,
    Column("resident_id", BigInteger, ForeignKey("base.resident.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, comment="Further record of a person, not counted"),
    Column("person_id", BigInteger, ForeignKey("base.resident.id", ondelete="CASCADE"), nullable=False, comment="Leading record of the person, counted once"),
    Index("person_record_person_id_idx", "person_id"),
    schema="base",
)  # fmt: skip

household_record = Table(
    "household_record", metadata,
    Column("household_id", BigInteger, ForeignKey("base.household.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, comment="Further record of a household, not counted"),
    Column("leading_id", BigInteger, ForeignKey("base.household.id", ondelete="CASCADE"), nullable=False, comment="Leading record of the household: same dwelling, and a person in common"),
    Index("household_record_leading_id_idx", "leading_id"),
    schema="base",
)  # fmt: skip
