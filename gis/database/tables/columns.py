"""Columns that many tables share, so that a word means the same everywhere."""

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    Identity,
    MetaData,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)

#: 4326 everywhere; lengths and areas are computed in the district's metric system or on geography
SRID = 4326

MATCH_LEVELS = (
    "room",
    "unit",
    "building",
    "zone",
    "compound",
    "poi",
    "junction",
    "road",
    "street",
    "community",
    "coordinates",
)


def moment(name: str, **options: Any) -> Column[Any]:
    """A time-zone-aware instant."""
    return Column(name, DateTime(timezone=True), **options)


def record_columns() -> list[Column[Any]]:
    """Which record this is, where it came from, and since when we know it in this form."""
    return [
        Column("subdistrict_code", Text, nullable=False),
        Column("feed", Text, nullable=False, comment="Feed that delivers the record"),
        Column("source_key", Text, nullable=False, comment="Key of the record in its feed; identifies it with sub-district and feed"),
        Column("batch_id", BigInteger, comment="Batch that last changed the record; support.batch"),
        moment(
            "recorded_from", nullable=False, server_default=func.now(),
            comment="Since when we know it in this form; earlier forms are in support.record_version",
        ),
    ]  # fmt: skip


def valid_columns() -> list[Column[Any]]:
    """From when to when the record holds in the world; empty valid_to = still."""
    return [
        moment("valid_from", comment="Holds in the world from"),
        moment("valid_to", comment="Holds in the world until, exclusive; empty = still"),
    ]


def location_columns() -> list[Column[Any]]:
    """Where the record was placed and how sure that is: the columns of gis.location.Location."""
    return [
        Column("placement", Text, nullable=False, server_default="unplaced", comment="placed, ambiguous or unplaced"),
        Column("geom", Geometry("POINT", srid=SRID, spatial_index=False), comment="Placed point, WGS 84"),
        Column("radius_m", Float, comment="The true place lies within this distance of the point [m]"),
        Column("match_level", Text, comment="Deepest level that was matched: room … street, or coordinates"),
        Column("confidence", Float, comment="Probability that the place at this level is right [0, 1]"),
        Column(
            "located_by", JSONB(none_as_null=True), comment="How it was placed, and candidates when it is not placed"
        ),
        Column("cell", BigInteger, comment="H3 cell of resolution 11; cells at 10 and 9 are its parents"),
        Column("community_code", Text, comment="Community the building or point lies in"),
        Column("work_grid_id", BigInteger, comment="Third-level work grid the building or point lies in"),
    ]


def location_checks() -> list[CheckConstraint]:
    levels = ", ".join(f"'{level}'" for level in MATCH_LEVELS)
    return [
        CheckConstraint("placement IN ('placed', 'ambiguous', 'unplaced')", name="placement"),
        CheckConstraint("(placement = 'placed') = (geom IS NOT NULL AND cell IS NOT NULL)", name="placed_has_point"),
        CheckConstraint(f"match_level IN ({levels})", name="match_level"),
        CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence"),
    ]


def key_column() -> Column[Any]:
    return Column("id", BigInteger, Identity(), primary_key=True)
