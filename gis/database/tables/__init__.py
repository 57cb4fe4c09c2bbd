"""The record tables everybody reads, as SQLAlchemy declares them. Alembic migrates them (`gis/migrations`)."""

from gis.database.tables.columns import metadata
from gis.database.tables.events import incident, service_request, visit
from gis.database.tables.people import dwelling, household, household_record, person_record, resident, same_person
from gis.database.tables.places import (
    building,
    cell,
    cell_share,
    community,
    grid_worker,
    organisation,
    place,
    place_alias,
    resource,
    resource_stock,
    road_segment,
    subdistrict,
    work_grid,
)
from gis.database.tables.support import (
    batch,
    delivered,
    delivered_former,
    feed,
    quarantine,
    record_version,
    service_item,
)

__all__ = [
    "batch", "building", "cell", "cell_share", "community", "delivered", "delivered_former", "dwelling", "feed", "grid_worker", "household",
    "household_record", "incident", "metadata", "organisation", "person_record", "place", "place_alias", "quarantine", "record_version",
    "resident", "resource", "resource_stock", "road_segment", "same_person", "service_item", "service_request", "subdistrict", "visit",
    "work_grid",
]  # fmt: skip
