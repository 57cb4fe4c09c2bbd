"""The record tables everybody reads, as SQLAlchemy declares them. Alembic migrates them (`gis/migrations`)."""

from gis.database.tables.civic import (
    activity,
    bed,
    credit_tag,
    force_member,
    participation,
    petition,
    residence,
    school_admission,
)
from gis.database.tables.columns import metadata
from gis.database.tables.events import incident, service_request, visit
from gis.database.tables.people import dwelling, household, household_record, person_record, resident, same_person
from gis.database.tables.places import (
    building,
    cell,
    cell_measure,
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
from gis.database.tables.placing import placement_decision, placing_run
from gis.database.tables.readings import door_count, duty, water_gauge, water_level, weather_warning
from gis.database.tables.support import (
    batch,
    delivered,
    delivered_former,
    feed,
    heading_mapping,
    pull,
    quarantine,
    record_version,
    service_item,
)

__all__ = [
    "activity", "batch", "bed", "building", "cell", "cell_measure", "cell_share", "community", "credit_tag", "delivered", "delivered_former", "door_count", "duty",
    "dwelling", "feed", "force_member", "grid_worker", "heading_mapping", "household", "household_record", "incident", "metadata", "organisation",
    "participation", "person_record", "petition", "place", "place_alias", "placement_decision", "placing_run", "pull", "quarantine", "record_version", "residence", "resident",
    "resource", "resource_stock", "road_segment", "same_person", "school_admission", "service_item", "service_request", "subdistrict", "visit",
    "water_gauge", "water_level", "weather_warning", "work_grid",
]  # fmt: skip
