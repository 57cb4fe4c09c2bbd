"""What is measured and announced: counts at doors, water levels, weather warnings, who is on duty. No person but staff."""

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from gis.database.tables.columns import SRID, key_column, metadata, moment, record_columns, valid_columns

door_count = Table(
    "door_count", metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    moment("counted_from", primary_key=True, comment="Beginning of the interval; immutable, gives the partition"),
    *record_columns(),
    Column("minutes", SmallInteger, nullable=False, server_default="60", comment="Length of the interval [min]"),
    Column("door", Text, nullable=False, comment="Gate or door: 北门"),
    Column("place_id", BigInteger, comment="Compound or apartment area it belongs to; base.place"),
    Column("entries", Integer, nullable=False, comment="[passages]"),
    Column("exits", Integer, comment="[passages]; empty: the door counts one way only"),
    Column("community_code", Text),
    UniqueConstraint("subdistrict_code", "feed", "source_key", "counted_from"),
    CheckConstraint("entries >= 0 AND (exits IS NULL OR exits >= 0)", name="counts"),
    CheckConstraint("minutes BETWEEN 10 AND 1440", name="minutes"),
    Index("door_count_place_idx", "place_id", "counted_from"),
    schema="base", postgresql_partition_by="RANGE (counted_from)",
)  # fmt: skip

water_gauge = Table(
    "water_gauge", metadata,
    key_column(),
    *record_columns(),
    Column("name", Text, nullable=False),
    Column("water", Text, nullable=False, server_default="", comment="River, lake or underpass it stands at"),
    Column("kind", Text, nullable=False, server_default="river", comment="river, lake, underpass or sewer"),
    Column("warning_m", Float, comment="Warning level 警戒水位 [m above datum]"),
    Column("danger_m", Float, comment="Level that must be held 保证水位 [m above datum]"),
    Column("datum", Text, nullable=False, server_default="", comment="Height system the levels are in: 吴淞, 1985"),
    Column("point", Geometry("POINT", srid=SRID, spatial_index=False)),
    Column("cell", BigInteger, comment="H3 cell of resolution 11 of the point"),
    Column("community_code", Text),
    Column("work_grid_id", BigInteger),
    *valid_columns(),
    UniqueConstraint("subdistrict_code", "feed", "source_key"),
    CheckConstraint("kind IN ('river', 'lake', 'underpass', 'sewer')", name="kind"),
    CheckConstraint("danger_m >= warning_m", name="levels"),
    schema="base",
)  # fmt: skip

water_level = Table(
    "water_level", metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    moment("measured_at", primary_key=True, comment="Event time; immutable, gives the partition"),
    *record_columns(),
    Column("gauge_id", BigInteger, ForeignKey("base.water_gauge.id"), nullable=False),
    Column("level_m", Float, nullable=False, comment="[m above the gauge's datum]"),
    Column("rain_mm", Float, comment="Rain since the reading before [mm]"),
    UniqueConstraint("subdistrict_code", "feed", "source_key", "measured_at"),
    CheckConstraint("level_m BETWEEN -20 AND 100", name="level_m"),
    Index("water_level_gauge_idx", "gauge_id", "measured_at"),
    schema="base", postgresql_partition_by="RANGE (measured_at)",
)  # fmt: skip

weather_warning = Table(
    "weather_warning", metadata,
    key_column(),
    *record_columns(),
    Column("kind", Text, nullable=False, comment="As the meteorological service names it: 暴雨, 雷电, 台风, 高温 …"),
    Column("level", SmallInteger, nullable=False, comment="4 blue, 3 yellow, 2 orange, 1 red"),
    Column("issuer", Text, nullable=False, server_default=""),
    Column("text", Text, nullable=False, server_default=""),
    moment("issued_at", nullable=False),
    moment("expires_at"),
    moment("lifted_at", comment="When it was taken back; empty = still in force until expires_at"),
    UniqueConstraint("subdistrict_code", "feed", "source_key"),
    CheckConstraint("level BETWEEN 1 AND 4", name="level"),
    CheckConstraint("expires_at >= issued_at", name="expires_after_issued"),
    CheckConstraint("lifted_at >= issued_at", name="lifted_after_issued"),
    Index("weather_warning_issued_at_idx", "issued_at"),
    schema="base",
)  # fmt: skip

duty = Table(
    "duty", metadata,
    key_column(),
    *record_columns(),
    Column("post", Text, nullable=False, comment="带班领导, 值班员, 应急队 …"),
    Column("name", Text, nullable=False, comment="Who is on duty"),
    Column("unit", Text, nullable=False, server_default="", comment="Department or station"),
    Column("phone_cipher", LargeBinary, comment="AES-GCM of the telephone, key outside the database"),
    Column("community_code", Text, comment="Empty: the whole sub-district"),
    moment("starts_at", nullable=False),
    moment("ends_at", nullable=False),
    UniqueConstraint("subdistrict_code", "feed", "source_key"),
    CheckConstraint("ends_at > starts_at", name="ends_after_start"),
    Index("duty_starts_at_idx", "starts_at"),
    schema="base",
)  # fmt: skip
