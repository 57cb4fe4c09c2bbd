"""What a changed gazetteer can place otherwise: the marked places, and the texts that may name one of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from gis.database.statements import load_statements
from gis.geocode import Gazetteer
from gis.geocode.names import Owner, place_forms
from gis.geocode.normalise import normalise
from gis.geocode.spans import NameFinder
from gis.placing import COMMUNITY, PLACE

SQL = load_statements("etl", "placing_again")


def changed_since(connection: Connection, code: str, since: datetime) -> frozenset[str]:
    """Gazetteer ids of the places whose entry, other names, buildings or crossings were written since then."""
    bound = {"subdistrict_code": code, "since": since}
    places = connection.execute(SQL["changed_places"], bound).scalars()
    communities = connection.execute(SQL["changed_communities"], bound).scalars()
    return frozenset({*(f"{PLACE}{one}" for one in places), *(f"{COMMUNITY}{one}" for one in communities)})


@dataclass(frozen=True)
class NameBatch:
    """Texts to be searched for the names of some places."""

    texts: Sequence[str]
    gazetteer: Gazetteer
    marked: frozenset[str]


def texts_that_hold(batch: NameBatch) -> list[str]:
    """Return the texts that hold a written form of one of the marked places, misspelt ones included; pure."""
    forms = {
        written: kept
        for written, found in place_forms(batch.gazetteer).items()
        if (kept := tuple(form for form in found if is_marked(form.owner, batch.marked)))
    }
    if not forms:
        return []
    finder = NameFinder(forms)
    return [one for one in batch.texts if finder.find(normalise(one))]


def is_marked(owner: Owner, marked: Collection[str]) -> bool:
    """Whether a written form means one of the marked places, or an estate of which a zone is marked."""
    return any(place in marked for place in (*owner.place_ids, *owner.zones.values()))
