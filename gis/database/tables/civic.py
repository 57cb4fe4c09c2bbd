"""What people take part in and ask for: beds, residence, activities, forces, petitions, admissions, credit tags."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from gis.database.tables.columns import (
    key_column,
    location_checks,
    location_columns,
    metadata,
    moment,
    record_columns,
    valid_columns,
)


def identity() -> UniqueConstraint:
    return UniqueConstraint("subdistrict_code", "feed", "source_key")


bed = Table(
    "bed", metadata,
    key_column(),
    *record_columns(),
    Column("place_id", BigInteger, ForeignKey("base.place.id"), nullable=False, comment="Apartment area"),
    Column("building", Text, nullable=False, server_default=""),
    Column("room", Text, nullable=False),
    Column("number", Text, nullable=False, server_default="", comment="Of the bed in its room"),
    Column("status", Text, nullable=False, comment="free, taken or out (of use)"),
    moment("status_since"),
    Column("community_code", Text),
    identity(),
    CheckConstraint("status IN ('free', 'taken', 'out')", name="status"),
    Index("bed_place_idx", "place_id", "status"),
    schema="base",
)  # fmt: skip

residence = Table(
    "residence", metadata,
    key_column(),
    *record_columns(),
    Column("resident_id", BigInteger, ForeignKey("base.resident.id"), nullable=False),
    Column("building_id", BigInteger, ForeignKey("base.building.id"), nullable=False),
    Column("dwelling_id", BigInteger, ForeignKey("base.dwelling.id"), nullable=False),
    Column("tenure", Text, nullable=False, comment="owned 自有, rented 租赁, lent 借住 or dormitory 集体宿舍"),
    Column("community_code", Text),
    Column("work_grid_id", BigInteger),
    *valid_columns(),
    identity(),
    CheckConstraint("tenure IN ('owned', 'rented', 'lent', 'dormitory')", name="tenure"),
    CheckConstraint("valid_to >= valid_from", name="valid"),
    Index("residence_resident_idx", "resident_id"),
    Index("residence_dwelling_idx", "dwelling_id"),
    schema="base",
)  # fmt: skip

activity = Table(
    "activity", metadata,
    key_column(),
    *record_columns(),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False, server_default="", comment="文体, 宣讲, 志愿, 议事 …"),
    Column("organiser", Text, nullable=False, server_default=""),
    Column("address", Text, nullable=False, server_default="", comment="As written, sealed"),
    moment("starts_at", nullable=False),
    moment("ends_at"),
    Column("places", Integer, comment="[persons] who may take part"),
    Column("participants", Integer, comment="[persons] who took part, as counted"),
    Column("place_id", BigInteger),
    Column("building_id", BigInteger),
    *location_columns(),
    identity(),
    *location_checks(),
    CheckConstraint("ends_at >= starts_at", name="ends_after_start"),
    Index("activity_starts_at_idx", "starts_at"),
    schema="base",
)  # fmt: skip

participation = Table(
    "participation", metadata,
    key_column(),
    *record_columns(),
    Column("activity_id", BigInteger, ForeignKey("base.activity.id"), nullable=False),
    Column("resident_id", BigInteger, ForeignKey("base.resident.id"), nullable=False),
    Column("part", Text, nullable=False, server_default="participant", comment="participant, volunteer or organiser"),
    Column("hours", Float, comment="[h], of volunteers"),
    Column("community_code", Text, comment="Of the person"),
    Column("work_grid_id", BigInteger, comment="Of the person"),
    identity(),
    CheckConstraint("part IN ('participant', 'volunteer', 'organiser')", name="part"),
    CheckConstraint("hours BETWEEN 0 AND 1000", name="hours"),
    Index("participation_activity_idx", "activity_id"),
    schema="base",
)  # fmt: skip

force_member = Table(
    "force_member", metadata,
    key_column(),
    *record_columns(),
    Column("kind", Text, nullable=False, comment="party_member 党员 or volunteer 志愿者"),
    Column("name", Text, nullable=False),
    Column("organisation", Text, nullable=False, server_default="", comment="Branch or team"),
    Column("skills", Text, nullable=False, server_default=""),
    Column("phone_cipher", LargeBinary, comment="AES-GCM of the telephone, key outside the database"),
    Column("resident_id", BigInteger, ForeignKey("base.resident.id"), comment="Who it is, when on file"),
    Column("community_code", Text),
    Column("work_grid_id", BigInteger),
    *valid_columns(),
    identity(),
    CheckConstraint("kind IN ('party_member', 'volunteer')", name="kind"),
    schema="base",
)  # fmt: skip

petition = Table(
    "petition", metadata,
    key_column(),
    *record_columns(),
    Column("title", Text, nullable=False, comment="As written, sealed"),
    Column("kind", Text, nullable=False, server_default=""),
    Column("source", Text, nullable=False, server_default="", comment="电话, 来访, 来信 or 其他"),
    Column("address", Text, nullable=False, server_default="", comment="As written, sealed"),
    moment("received_at", nullable=False),
    moment("closed_at"),
    Column("status", Text, nullable=False, server_default="reported", comment="reported, handling or closed"),
    Column("place_id", BigInteger),
    Column("building_id", BigInteger),
    *location_columns(),
    identity(),
    *location_checks(),
    CheckConstraint("status IN ('reported', 'handling', 'closed')", name="status"),
    CheckConstraint("closed_at >= received_at", name="closed_after_received"),
    Index("petition_received_at_idx", "received_at"),
    schema="base",
)  # fmt: skip

school_admission = Table(
    "school_admission", metadata,
    key_column(),
    *record_columns(),
    Column("school_year", Integer, nullable=False, comment="Year in which it begins"),
    Column("stage", Text, nullable=False, comment="kindergarten, primary or junior"),
    Column("school", Text, nullable=False),
    Column("resident_id", BigInteger, ForeignKey("base.resident.id"), nullable=False, comment="The child"),
    Column("status", Text, nullable=False, comment="applied, admitted, refused or placed elsewhere"),
    Column("community_code", Text, comment="Of the child"),
    Column("work_grid_id", BigInteger, comment="Of the child"),
    identity(),
    CheckConstraint("stage IN ('kindergarten', 'primary', 'junior')", name="stage"),
    CheckConstraint("status IN ('applied', 'admitted', 'refused', 'elsewhere')", name="status"),
    schema="base",
)  # fmt: skip

credit_tag = Table(
    "credit_tag", metadata,
    key_column(),
    *record_columns(),
    Column("subject", Text, nullable=False, comment="resident or organisation"),
    Column("resident_id", BigInteger, ForeignKey("base.resident.id")),
    Column("organisation_id", BigInteger, ForeignKey("base.organisation.id")),
    Column("tag", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    *valid_columns(),
    identity(),
    CheckConstraint("subject IN ('resident', 'organisation')", name="subject"),
    CheckConstraint("num_nonnulls(resident_id, organisation_id) = 1", name="owner"),
    schema="base",
)  # fmt: skip
