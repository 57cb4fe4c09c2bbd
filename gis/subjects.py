"""The records that can wait to be put on the map, and the columns that say where they are.

A person judges a record by its words; whoever brings the record again with the same words does not undo the judgement.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Table

from gis.database.tables import activity, incident, organisation, petition, resident, service_request, visit
from gis.sentences import Sentence

#: what placing writes; `geom` as EWKB text, `located_by` as JSON
LOCATION_COLUMNS = (
    "placement", "geom", "radius_m", "match_level", "confidence", "located_by", "cell", "community_code",
    "work_grid_id", "place_id", "building_id",
)  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """One kind of record."""

    name: str
    table: Table
    #: the columns that may say where, in the order they are tried
    words: tuple[str, ...]
    #: when it happened, which is part of the key of incidents and requests; empty where nothing happened
    happened: str = ""
    #: whether its feed places it by its words; visits and residents are where a building is
    by_text: bool = False

    @property
    def location(self) -> tuple[str, ...]:
        """The location columns this table has."""
        return tuple(name for name in LOCATION_COLUMNS if name in self.table.c)


#: how a sentence calls a record of each kind
CALLED = {
    "incident": Sentence("incident"),
    "request": Sentence("request"),
    "visit": Sentence("visit"),
    "resident": Sentence("resident"),
    "activity": Sentence("activity"),
    "petition": Sentence("petition"),
    "organisation": Sentence("organisation"),
}

SUBJECTS = {
    subject.name: subject
    for subject in (
        Subject("incident", incident, ("address", "description", "title"), "reported_at", by_text=True),
        Subject("request", service_request, ("address", "description", "title"), "requested_at", by_text=True),
        Subject("activity", activity, ("address",), "starts_at", by_text=True),
        Subject("petition", petition, ("address",), "received_at", by_text=True),
        Subject("organisation", organisation, ("address",), by_text=True),
        Subject("visit", visit, ("address",)),
        Subject("resident", resident, ("address",)),
    )
}
BY_TABLE = {subject.table.name: subject for subject in SUBJECTS.values()}


def words_of(parts: Iterable[object]) -> str:
    """The words a record is judged by: the first of its texts that says something."""
    return next((part for part in parts if isinstance(part, str) and part.strip()), "")
