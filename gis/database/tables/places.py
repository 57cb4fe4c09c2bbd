"""Places: the sub-district, its communities and work grids, compounds, buildings, roads, resources, and the cells."""

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from gis.database.tables.columns import (
    SRID,
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


subdistrict = Table(
    "subdistrict", metadata,
    Column("code", Text, primary_key=True, comment="9-digit statistical code"),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("metric_srid", Integer, nullable=False, comment="EPSG code in which lengths and areas are computed"),
    Column("timezone", Text, nullable=False),
    Column("schematic", Boolean, nullable=False, server_default="false", comment="Boundaries made for the sample, not surveyed: shown as 示意"),
    Column("geom", Geometry("MULTIPOLYGON", srid=SRID, spatial_index=False)),
    Column("area_km2", Float, comment="Computed in metric_srid [km²]"),
    Column("config", JSONB, nullable=False, server_default="{}", comment="The rest of district.yml: calendar, resolutions, bounds"),
    schema="base",
)  # fmt: skip

community = Table(
    "community", metadata,
    Column("code", Text, primary_key=True, comment="12-digit statistical code"),
    *record_columns(),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False, server_default=""),
    Column("area_km2", Float, comment="Computed [km²]"),
    Column("stated_area_km2", Float, comment="As the office states it [km²]"),
    Column("stated_households", Integer, comment="As the office states it [households]"),
    Column("schematic", Boolean, nullable=False, server_default="false"),
    Column("label_point", Geometry("POINT", srid=SRID, spatial_index=False), comment="Where its name stands on a map"),
    Column("geom", Geometry("MULTIPOLYGON", srid=SRID, spatial_index=False)),
    *valid_columns(),
    identity(),
    Index("community_geom_idx", "geom", postgresql_using="gist"),
    schema="base",
)  # fmt: skip

work_grid = Table(
    "work_grid", metadata,
    key_column(),
    *record_columns(),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("grid_tier", SmallInteger, nullable=False, comment="2 or 3"),
    Column("kind", Text, nullable=False, server_default="综合", comment="综合, 专属 or 微"),
    Column("parent_id", BigInteger, ForeignKey("base.work_grid.id")),
    Column("community_code", Text, nullable=False),
    Column("area_km2", Float, comment="Computed [km²]"),
    Column("geom", Geometry("MULTIPOLYGON", srid=SRID, spatial_index=False), nullable=False),
    *valid_columns(),
    identity(),
    CheckConstraint("grid_tier IN (2, 3)", name="grid_tier"),
    Index("work_grid_geom_idx", "geom", postgresql_using="gist"),
    schema="base",
)  # fmt: skip

grid_worker = Table(
    "grid_worker", metadata,
    key_column(),
    *record_columns(),
    Column("name", Text, nullable=False),
    Column("post", Text, nullable=False, comment="grid_worker or grid_leader"),
    Column("community_code", Text, nullable=False),
    Column("work_grid_id", BigInteger, ForeignKey("base.work_grid.id"), comment="Third-level grid of a worker, second-level grid of a leader"),
    Column("phone_cipher", LargeBinary, comment="AES-GCM of the telephone, key outside the database"),
    Column("on_leave", Boolean, nullable=False, server_default="false", comment="As the register says; absences with cover are in casework.absence"),
    *valid_columns(),
    identity(),
    schema="base",
)  # fmt: skip

place = Table(
    "place", metadata,
    key_column(),
    *record_columns(),
    Column("kind", Text, nullable=False, comment="compound, apartment, road, poi, village, junction, water or hill"),
    Column("compound_kind", Text, comment="commercial or resettlement, of compounds"),
    Column("counted", Boolean, nullable=False, server_default="true", comment="Whether the street counts it (an estate over counted zones is not)"),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False, server_default=""),
    Column("subkind", Text, comment="Finer kind: class of a road, type of a point of interest"),
    Column("parent_id", BigInteger, ForeignKey("base.place.id"), comment="Estate of a zone"),
    Column("address", Text, nullable=False, server_default="", comment="Road and number; several separated by 、"),
    Column("households", Integer, comment="[households]"),
    Column("buildings", Integer, comment="[buildings] as stated"),
    Column("beds", Integer, comment="[beds], of apartments"),
    Column("roads", ARRAY(BigInteger), comment="The roads that cross, of junctions"),
    Column("schematic", Boolean, nullable=False, server_default="false"),
    Column("point", Geometry("POINT", srid=SRID, spatial_index=False)),
    Column("geom", Geometry("GEOMETRY", srid=SRID, spatial_index=False), comment="Line or area where there is one"),
    Column("cell", BigInteger, comment="H3 cell of resolution 11 of the point"),
    Column("community_code", Text),
    Column("work_grid_id", BigInteger),
    *valid_columns(),
    identity(),
    CheckConstraint("kind IN ('compound', 'apartment', 'road', 'poi', 'village', 'junction', 'water', 'hill')", name="kind"),
    CheckConstraint("compound_kind IN ('commercial', 'resettlement')", name="compound_kind"),
    Index("place_geom_idx", "geom", postgresql_using="gist"),
    Index("place_point_idx", "point", postgresql_using="gist"),
    Index("place_kind_idx", "subdistrict_code", "kind"),
    schema="base",
)  # fmt: skip

place_alias = Table(
    "place_alias", metadata,
    key_column(),
    *record_columns(),
    Column("place_id", BigInteger, ForeignKey("base.place.id")),
    Column("community_code", Text, comment="Community whose name it is; empty for a place"),
    Column("alias", Text, nullable=False),
    Column("relation", Text, nullable=False, comment="alias, abbreviation, former_name, resettled_to, learned"),
    Column("decided_by", Text, comment="Who decided a learned alias"),
    *valid_columns(),
    identity(),
    CheckConstraint("num_nonnulls(place_id, community_code) = 1", name="owner"),
    Index("place_alias_place_id_idx", "place_id"),
    schema="base",
)  # fmt: skip

building = Table(
    "building", metadata,
    key_column(),
    *record_columns(),
    Column("place_id", BigInteger, ForeignKey("base.place.id"), nullable=False),
    Column("number", Text, nullable=False, comment="As on the wall: 12, A, 甲3"),
    Column("units", SmallInteger, nullable=False, server_default="1"),
    Column("floors", SmallInteger, nullable=False, server_default="1"),
    Column("rooms_per_floor", SmallInteger, nullable=False, server_default="1", comment="Per unit"),
    Column("geom", Geometry("POINT", srid=SRID, spatial_index=False), nullable=False),
    Column("footprint", Geometry("POLYGON", srid=SRID, spatial_index=False)),
    Column("cell", BigInteger, nullable=False, comment="H3 cell of resolution 11"),
    Column("community_code", Text),
    Column("work_grid_id", BigInteger, comment="Third-level work grid"),
    *valid_columns(),
    identity(),
    Index("building_place_id_idx", "place_id"),
    Index("building_geom_idx", "geom", postgresql_using="gist"),
    Index("building_cell_idx", "cell"),
    schema="base",
)  # fmt: skip

organisation = Table(
    "organisation", metadata,
    key_column(),
    *record_columns(),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False, server_default=""),
    *location_columns(),
    *valid_columns(),
    identity(),
    *location_checks(),
    schema="base",
)  # fmt: skip

resource = Table(
    "resource", metadata,
    key_column(),
    *record_columns(),
    Column("kind", Text, nullable=False, comment="shelter, depot, fire_station, hydrant, aed, clinic, police_post or team"),
    Column("name", Text, nullable=False),
    Column("capacity", Integer, comment="Places of a shelter, people of a team"),
    Column("status", Text, nullable=False, server_default="ready", comment="ready, out (of use) or deployed"),
    Column("status_reason", Text, comment="Why it is not ready"),
    moment("status_since"),
    moment("status_until", comment="When it is expected back"),
    Column("address", Text, nullable=False, server_default=""),
    *location_columns(),
    *valid_columns(),
    identity(),
    *location_checks(),
    CheckConstraint("kind IN ('shelter', 'depot', 'fire_station', 'hydrant', 'aed', 'clinic', 'police_post', 'team')", name="kind"),
    CheckConstraint("status IN ('ready', 'out', 'deployed')", name="status"),
    Index("resource_geom_idx", "geom", postgresql_using="gist"),
    schema="base",
)  # fmt: skip

resource_stock = Table(
    "resource_stock", metadata,
    key_column(),
    *record_columns(),
    Column("resource_id", BigInteger, ForeignKey("base.resource.id"), nullable=False),
    Column("item", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("unit", Text, nullable=False, server_default="件"),
    Column("expires_on", Date),
    identity(),
    CheckConstraint("quantity >= 0", name="quantity"),
    schema="base",
)  # fmt: skip

road_segment = Table(
    "road_segment", metadata,
    key_column(),
    *record_columns(),
    Column("place_id", BigInteger, ForeignKey("base.place.id"), comment="The road it is part of"),
    Column("name", Text, nullable=False, server_default=""),
    Column("road_class", Text, nullable=False, comment="main, second, minor or path"),
    Column("from_node", BigInteger, nullable=False),
    Column("to_node", BigInteger, nullable=False),
    Column("length_m", Float, nullable=False, comment="On the ellipsoid [m]"),
    Column("walkable", Boolean, nullable=False, server_default="true"),
    Column("geom", Geometry("LINESTRING", srid=SRID, spatial_index=False), nullable=False),
    identity(),
    Index("road_segment_geom_idx", "geom", postgresql_using="gist"),
    schema="base",
)  # fmt: skip

cell = Table(
    "cell", metadata,
    Column("cell", BigInteger, primary_key=True, autoincrement=False, comment="H3 index; hexadecimal text at every edge"),
    Column("subdistrict_code", Text, primary_key=True),
    Column("resolution", SmallInteger, nullable=False, comment="9, 10 or 11"),
    Column("parent_9", BigInteger, nullable=False),
    Column("parent_10", BigInteger, comment="Empty at resolution 9"),
    Column("area_m2", Float, nullable=False, comment="True area on the sphere H3 uses [m²]"),
    Column("share", Float, nullable=False, comment="Share of the cell's area inside the sub-district (0, 1]"),
    Column("elevation_m", Float, comment="Area-weighted mean of the terrain raster [m]"),
    Column("geom", Geometry("POLYGON", srid=SRID, spatial_index=False), nullable=False),
    CheckConstraint("share > 0 AND share <= 1.000001", name="share"),
    Index("cell_geom_idx", "geom", postgresql_using="gist"),
    Index("cell_resolution_idx", "subdistrict_code", "resolution"),
    schema="base",
)  # fmt: skip

cell_share = Table(
    "cell_share", metadata,
    Column("cell", BigInteger, primary_key=True, autoincrement=False),
    Column("unit_kind", Text, primary_key=True, comment="community or work_grid"),
    Column("unit_code", Text, primary_key=True, comment="Community code or work grid code"),
    Column("subdistrict_code", Text, nullable=False),
    Column("share", Numeric(asdecimal=False), nullable=False, comment="Share of the cell's area inside the sub-district that lies in the unit (0, 1]"),
    schema="base",
)  # fmt: skip
