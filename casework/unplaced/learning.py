"""Names that people teach: dated, attributed, and taken back without a trace in later placing."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection

from casework.unplaced.names import LONGEST, SHORTEST
from casework.unplaced.queue import STATEMENTS, Engine, WaitingRow
from gis.errors import BadInput, Conflict, NotFound
from gis.geocode.normalise import normalise
from gis.placing import PLACE, number_of


def learn_name(
    connection: Connection,
    engine: Engine,
    row: WaitingRow,
    alias: str,
    owner: str,
    *,
    subdistrict_code: str,
    actor: str,
    now: datetime,
) -> int:
    """Write a name that a decision teaches; returns its id.

    Parameters
    ----------
    alias
        As it stands in the words of the record.
    owner
        Gazetteer id of the place that was chosen; see `name_owner`: 马滨花园 is 马浜花园, whichever zone was meant.

    Raises
    ------
    BadInput
        If it is no name, or does not stand in the words.
    Conflict
        If another place is called so.
    """
    name, read = alias.strip(), normalise(alias)
    if not SHORTEST <= len(read) <= LONGEST or read.isdigit():
        raise BadInput(
            "{alias!r} is no name: it needs {shortest} to {longest} characters that are not all digits",
            alias=alias,
            shortest=SHORTEST,
            longest=LONGEST,
        )
    if read not in normalise(row.words):
        raise BadInput("{alias!r} does not stand in the words of this record", alias=alias)
    owner = name_owner(engine, row, alias, owner)
    if bearer := engine.known.get(read):
        raise Conflict("{alias!r} is known already: {name}", alias=alias, name=engine.gazetteer.places[bearer].name)
    place_id = number_of(owner, PLACE)
    if not place_id:
        raise BadInput("a name is learned for a place: choose one that is offered, or a point that stands in an estate")
    return int(
        connection.execute(
            STATEMENTS["learn"],
            {
                "subdistrict_code": subdistrict_code,
                "source_key": uuid4().hex,
                "place_id": place_id,
                "alias": name,
                "actor": actor,
                "now": now,
            },
        ).scalar_one()
    )


def name_owner(engine: Engine, row: WaitingRow, alias: str, chosen: str) -> str:
    """The place a name is of: the chosen one, or the estate over it that the engine took the name for."""
    place = engine.gazetteer.places.get(chosen)
    is_part = place is not None and row.read_as in (chosen, place.parent_id)
    return row.read_as if row.read_as and is_part and normalise(alias) == normalise(row.name) else chosen


def withdraw_name(connection: Connection, alias_id: int, *, now: datetime) -> str:
    """Take a learned name back; returns it.

    Raises
    ------
    NotFound
        If there is none of that id, or it was taken back before.
    """
    withdrawn: str | None = connection.execute(STATEMENTS["withdraw"], {"id": alias_id, "now": now}).scalar()
    if withdrawn is None:
        raise NotFound("no learned name {alias_id} is in force", alias_id=alias_id)
    return withdrawn
