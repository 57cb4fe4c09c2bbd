"""The topic library (专题库): facts per cell, exact ones for readers with rights and published ones for everybody else."""

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY

from gis.database.tables import metadata
from gis.database.tables.columns import SRID, moment
from layers.measures import MEASURES, OPEN_MEASURES


def cell_columns() -> list[Column[Any]]:
    return [
        Column("region", BigInteger, nullable=False, comment="H3 parent of resolution 5; gives the partition"),
        Column("subdistrict_code", Text, nullable=False),
        Column("cell", BigInteger, nullable=False),
        Column("resolution", SmallInteger, nullable=False, comment="9, 10 or 11"),
    ]


def owner_columns() -> list[Column[Any]]:
    """Whose rows were counted: rights follow the building, never the cell."""
    return [
        Column(
            "community_code", Text, nullable=False, server_default="", comment="Of the building or point; empty = none"
        ),
        Column(
            "work_grid_id", BigInteger, nullable=False, server_default="0", comment="Of the building or point; 0 = none"
        ),
    ]


population = Table(
    "population", metadata,
    *cell_columns(),
    *owner_columns(),
    Column("place_id", BigInteger, nullable=False, server_default="0", comment="Compound or apartment area; 0 = none"),
    *[Column(name, Integer, nullable=False, comment="[households]" if name == "households" else "[persons]") for name in MEASURES],
    *[Column(f"{name}_key", BigInteger, nullable=False, comment="Sum of the members' record keys") for name in MEASURES],
    PrimaryKeyConstraint("region", "cell", "subdistrict_code", "community_code", "work_grid_id", "place_id"),
    Index("population_community_idx", "community_code"),
    schema="topic", postgresql_partition_by="LIST (region)",
    comment="Exact counts of persons by the building they live in; row-level security",
)  # fmt: skip

population_published = Table(
    "population_published", metadata,
    *cell_columns(),
    *[Column(name, Integer, comment="Perturbed; empty = fewer than five, not published") for name in OPEN_MEASURES],
    PrimaryKeyConstraint("region", "cell", "subdistrict_code"),
    schema="topic", postgresql_partition_by="LIST (region)",
    comment="Counts of persons per cell as anybody may see them (docs/decisions/0301-cell-keys.md)",
)  # fmt: skip

unit_population_published = Table(
    "unit_population_published", metadata,
    Column("subdistrict_code", Text, nullable=False),
    Column("unit_kind", Text, nullable=False, comment="subdistrict, community, work_grid or place"),
    Column("unit_code", Text, nullable=False, comment="Code; of a place and of a work grid its id"),
    *[Column(name, Integer, comment="Perturbed; empty = fewer than five, not published") for name in OPEN_MEASURES],
    PrimaryKeyConstraint("subdistrict_code", "unit_kind", "unit_code"),
    schema="topic",
    comment="Counts of persons per unit as anybody may see them",
)  # fmt: skip

demand = Table(
    "demand", metadata,
    *cell_columns(),
    *owner_columns(),
    Column("topic", Text, nullable=False, comment="Topic of service items, or all"),
    Column("requests", Integer, nullable=False, comment="In the last 30 days [requests]"),
    Column("requests_key", BigInteger, nullable=False, comment="Sum of the requests' record keys"),
    Column("eligible", Integer, nullable=False, comment="Residents for whom at least one item of the topic exists [persons]"),
    Column("eligible_key", BigInteger, nullable=False, comment="Sum of their record keys"),
    PrimaryKeyConstraint("region", "cell", "subdistrict_code", "community_code", "work_grid_id", "topic"),
    schema="topic", postgresql_partition_by="LIST (region)",
    comment="Exact requests and eligible residents by cell of resolution 11; row-level security",
)  # fmt: skip

demand_published = Table(
    "demand_published", metadata,
    *cell_columns(),
    Column("topic", Text, nullable=False, comment="Topic of service items, or all"),
    Column("requests", Integer, comment="Perturbed; empty = one to four, not published"),
    Column("eligible", Integer, comment="Perturbed; empty = fewer than five, not published"),
    Column("per_1000", Float, comment="[requests per 1 000 eligible], drawn to the mean (Marshall 1991); empty = not published, or nobody eligible"),
    Column("suppressed", Boolean, nullable=False, comment="Fewer than five eligible"),
    PrimaryKeyConstraint("region", "cell", "subdistrict_code", "topic"),
    schema="topic", postgresql_partition_by="LIST (region)",
    comment="Service demand as anybody may see it, from perturbed counts",
)  # fmt: skip

unit_demand_published = Table(
    "unit_demand_published", metadata,
    Column("subdistrict_code", Text, nullable=False),
    Column("unit_kind", Text, nullable=False, comment="subdistrict, community or work_grid"),
    Column("unit_code", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("requests", Integer, comment="Perturbed; empty = one to four, not published"),
    Column("eligible", Integer, comment="Perturbed; empty = fewer than five, not published"),
    Column("per_1000", Float, comment="[requests per 1 000 eligible], plain rate"),
    PrimaryKeyConstraint("subdistrict_code", "unit_kind", "unit_code", "topic"),
    schema="topic",
    comment="Service demand per unit as anybody may see it",
)  # fmt: skip

incident_day = Table(
    "incident_day", metadata,
    *cell_columns(),
    Column("day", Date, nullable=False, comment="Local day of the report"),
    *owner_columns(),
    Column("category", Text, nullable=False),
    Column("reported", Integer, nullable=False, comment="[incidents]"),
    PrimaryKeyConstraint("region", "cell", "subdistrict_code", "day", "community_code", "work_grid_id", "category"),
    # the last days of every cell are read out of the index alone
    Index("incident_day_day_idx", "subdistrict_code", "day", postgresql_include=["cell", "reported"]),
    schema="topic", postgresql_partition_by="LIST (region)",
    comment="Incidents by cell of resolution 11 and day; coarser cells by their index",
)  # fmt: skip

incident_open = Table(
    "incident_open", metadata,
    *cell_columns(),
    *owner_columns(),
    Column("category", Text, nullable=False),
    Column("grade", Text, nullable=False),
    Column("open", Integer, nullable=False, comment="[incidents]"),
    PrimaryKeyConstraint("region", "cell", "subdistrict_code", "community_code", "work_grid_id", "category", "grade"),
    schema="topic", postgresql_partition_by="LIST (region)",
    comment="Open incidents by cell of resolution 11",
)  # fmt: skip

resource_count = Table(
    "resource_count", metadata,
    *cell_columns(),
    Column("kind", Text, nullable=False),
    Column("ready", Integer, nullable=False, comment="[resources]"),
    Column("total", Integer, nullable=False, comment="[resources]"),
    PrimaryKeyConstraint("region", "cell", "subdistrict_code", "kind"),
    schema="topic", postgresql_partition_by="LIST (region)",
    comment="Emergency resources per cell",
)  # fmt: skip

coverage = Table(
    "coverage", metadata,
    *cell_columns(),
    Column("kind", Text, nullable=False),
    Column("minutes", Float, comment="On foot from the cell's centre to the nearest ready resource [min]; empty = there is none"),
    Column("reach", SmallInteger, comment="5, 10 or 15 [min]; empty = gap"),
    Column("estimated", Boolean, nullable=False, comment="Straight line x 1.3 and not over the road graph: shown as 估算"),
    Column("resource_id", BigInteger, comment="The nearest ready resource"),
    PrimaryKeyConstraint("region", "cell", "subdistrict_code", "kind"),
    CheckConstraint("reach IN (5, 10, 15)", name="reach"),
    schema="topic", postgresql_partition_by="LIST (region)",
    comment="Walking time to the nearest ready resource of each kind",
)  # fmt: skip

unit_coverage_published = Table(
    "unit_coverage_published", metadata,
    Column("subdistrict_code", Text, nullable=False),
    Column("unit_kind", Text, nullable=False, comment="subdistrict or community"),
    Column("unit_code", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("within_5", Integer, comment="Perturbed [persons]; empty = one to four"),
    Column("within_10", Integer, comment="Those within 5 included, perturbed [persons]"),
    Column("within_15", Integer, comment="Those within 10 included, perturbed [persons]"),
    Column("gap", Integer, comment="Beyond 15 minutes, perturbed [persons]"),
    Column("persons", Integer, comment="All, perturbed [persons]"),
    PrimaryKeyConstraint("subdistrict_code", "unit_kind", "unit_code", "kind"),
    schema="topic",
    comment="Persons by walking time to the nearest ready resource, as anybody may see it",
)  # fmt: skip

layer_class = Table(
    "layer_class", metadata,
    Column("subdistrict_code", Text, primary_key=True),
    Column("layer_id", Text, primary_key=True),
    Column("resolution", SmallInteger, primary_key=True),
    Column("limits", ARRAY(Float), nullable=False, comment="Four limits between five classes; a value on a limit belongs to the upper class"),
    Column("window_from", Date, comment="First day of the values the quintiles were taken from"),
    Column("window_to", Date, nullable=False, comment="Last day"),
    moment("decided_at", nullable=False),
    schema="support",
    comment="Class limits of layers: decided once, the same tomorrow",
)  # fmt: skip

layer_state = Table(
    "layer_state", metadata,
    Column("subdistrict_code", Text, primary_key=True),
    Column("topic", Text, primary_key=True, comment="population, demand, incidents or resources"),
    Column("version", BigInteger, nullable=False, server_default="1", comment="Grows whenever a published fact changed"),
    moment("changed_at", nullable=False, server_default=func.now()),
    moment("refreshed_at", nullable=False, server_default=func.now()),
    Column("window_from", Date, comment="First local day of the facts, where they are of a window"),
    schema="support",
    comment="How fresh the facts of each topic are",
)  # fmt: skip

demand_prior = Table(
    "demand_prior", metadata,
    Column("subdistrict_code", Text, primary_key=True),
    Column("resolution", SmallInteger, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("mean", Float, nullable=False, comment="Requests per eligible person in the whole sub-district"),
    Column("variance", Float, nullable=False, comment="Of the rate between cells, without the chance of small numbers"),
    schema="support",
    comment="What rates are drawn to: fixed for a day, so that one request changes one cell",
)  # fmt: skip

open_communities = Table(
    "communities", metadata,
    Column("code", Text, primary_key=True, comment="12-digit statistical code"),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("area_km2", Float, comment="[km²]"),
    Column("residents", Integer, comment="Perturbed; empty = fewer than five, not published"),
    Column("households", Integer, comment="Perturbed; empty = fewer than five, not published"),
    Column("schematic", Boolean, nullable=False, comment="Made for the sample, not surveyed (示意)"),
    Column("geom", Geometry("MULTIPOLYGON", srid=SRID, spatial_index=False), nullable=False),
    schema="open",
    comment="社区: communities with their residents",
)  # fmt: skip

open_places = Table(
    "places", metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False, comment="compound, apartment or poi"),
    Column("subkind", Text),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("community", Text),
    Column("address", Text, nullable=False),
    Column("schematic", Boolean, nullable=False, comment="Made for the sample, not surveyed (示意)"),
    Column("geom", Geometry("POINT", srid=SRID, spatial_index=False), nullable=False),
    Index("places_geom_idx", "geom", postgresql_using="gist"),
    schema="open",
    comment="地点: compounds, apartment areas and points of interest",
)  # fmt: skip

open_resources = Table(
    "resources", metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False, comment="shelter, depot, fire_station, hydrant, aed, clinic, police_post or team"),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False, comment="ready, out or deployed"),
    Column("capacity", Integer),
    Column("community", Text),
    Column("geom", Geometry("POINT", srid=SRID, spatial_index=False), nullable=False),
    Index("resources_geom_idx", "geom", postgresql_using="gist"),
    schema="open",
    comment="应急资源: emergency resources",
)  # fmt: skip

open_population_cells = Table(
    "population_cells", metadata,
    Column("cell", Text, primary_key=True, comment="H3 index, 15 hexadecimal characters"),
    Column("resolution", SmallInteger, nullable=False, comment="9 or 10"),
    *[
        Column(name, Integer, comment="Perturbed; empty = fewer than five, not published")
        for name in ("residents", "registered", "migrant", "aged_60", "aged_80", "living_alone", "households")
    ],
    Column("geom", Geometry("POLYGON", srid=SRID, spatial_index=False), nullable=False),
    Index("population_cells_geom_idx", "geom", postgresql_using="gist"),
    schema="open",
    comment="人口: residents per cell, never fewer than five",
)  # fmt: skip

open_demand_cells = Table(
    "demand_cells", metadata,
    Column("cell", Text, primary_key=True, comment="H3 index, 15 hexadecimal characters"),
    Column("resolution", SmallInteger, nullable=False, comment="9 or 10"),
    Column("per_1000", Float, comment="Requests of 30 days per 1 000 eligible residents, drawn to the mean"),
    Column("eligible", Integer, comment="Perturbed, never fewer than five [persons]"),
    Column("geom", Geometry("POLYGON", srid=SRID, spatial_index=False), nullable=False),
    Index("demand_cells_geom_idx", "geom", postgresql_using="gist"),
    schema="open",
    comment="服务需求: service demand per cell",
)  # fmt: skip

OPEN_TABLES = (open_communities, open_places, open_resources, open_population_cells, open_demand_cells)

TABLES = (
    population, population_published, unit_population_published, demand, demand_published, unit_demand_published, incident_day,
    incident_open, resource_count, coverage, unit_coverage_published, layer_class, layer_state, demand_prior,
)  # fmt: skip
