"""From what an administrator types (names, codes, worker numbers) to what an account's scope is made of."""

from collections.abc import Sequence

from sqlalchemy import Connection

from gis.database.statements import load_statements
from gis.errors import BadInput
from gis.sentences import Sentence

STATEMENTS = load_statements("access", "scope")


def community_codes(connection: Connection, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the codes of communities given by code or name; raises BadInput with those that are not there."""
    known = connection.execute(STATEMENTS["communities"]).all()
    by_word = {word: row.code for row in known for word in (row.code, row.name)}
    if missing := [word for word in wanted if word not in by_word]:
        raise BadInput(
            "no community {missing}; there are {known}",
            missing=missing,
            known=[row.name for row in known] or Sentence("none yet"),
        )
    return tuple(by_word[word] for word in wanted)


def work_grid_ids(connection: Connection, codes: Sequence[str]) -> tuple[int, ...]:
    """Return the ids of work grids given by code; raises BadInput with those that are not there."""
    found = {row.code: row.id for row in connection.execute(STATEMENTS["work_grids"], {"codes": list(codes)})}
    if missing := [code for code in codes if code not in found]:
        raise BadInput("no work grid {missing} is loaded", missing=missing)
    return tuple(found[code] for code in codes)


def grid_worker_id(connection: Connection, number: str) -> int:
    """Return the id of the grid worker with this number (工号); raises BadInput."""
    found = connection.scalar(STATEMENTS["grid_worker"], {"number": number})
    if found is None:
        raise BadInput("no grid worker {number!r} is on file", number=number)
    return int(found)
