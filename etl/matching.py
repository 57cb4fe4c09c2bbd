"""Find records of one person in several registers: sure pairs are merged, doubtful ones wait for a person.

Merging changes no record. A merged pair links two of them; of all records that such links connect one leads and is
counted, the others are not (base.person_record, worked out by base.settle_persons). Whoever undoes the merge removes
the link, and everything is as it was.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from etl.feed import Context, StoreBatch
from etl.ledger import tell
from etl.same_person import Compared, Sizes, judge_pair
from etl.storing import upsert
from gis.database.statements import load_statements
from gis.database.tables import same_person
from gis.errors import BadInput, NotFound

_SQL = load_statements("etl", "matching")

RULE = "rule"
STATUSES = ("waiting", "merged", "different")
COMPARED = tuple(Compared.__dataclass_fields__)


def match_persons(connection: Connection, context: Context, batch: StoreBatch) -> None:
    """Compare the persons a batch brought or changed with those of other feeds; what people decided stands."""
    bound = {"code": batch.subdistrict_code, "feed": batch.feed.name, "batch_id": batch.id}
    if not connection.execute(_SQL["has_others"], bound).scalar_one():
        return
    sizes = Sizes(**connection.execute(_SQL["register_sizes"], bound).one()._mapping)
    connection.execute(_SQL["forget_by_rule"], bound)
    connection.execute(_SQL["merge_by_identity"], bound)
    found = [judged(row, sizes, batch, context.now) for row in connection.execute(_SQL["candidates"], bound)]
    pairs = [pair for pair in found if pair["status"]]
    if pairs:
        upsert(connection, same_person, pd.DataFrame(pairs), conflict=("resident_id", "other_id"), overwrite=False)
    connection.execute(_SQL["settle"], bound)


def judged(row: Any, sizes: Sizes, batch: StoreBatch, now: datetime) -> dict[str, Any]:
    """A row of base.same_person for a pair of candidates."""
    verdict = judge_pair(Compared(**{name: getattr(row, name) for name in COMPARED}), sizes)
    merged = verdict.status == "merged"
    return {
        "subdistrict_code": batch.subdistrict_code,
        "resident_id": row.resident_id,
        "other_id": row.other_id,
        "score": verdict.score,
        "evidence": json.dumps(dict(verdict.evidence)),
        "status": verdict.status,
        "decided_by": RULE if merged else None,
        "decided_at": now.isoformat() if merged else None,
        "batch_id": batch.id,
    }


def pairs_of(
    connection: Connection, *, subdistrict_code: str, statuses: Sequence[str], by_people: bool = False, limit: int = 500
) -> Sequence[Any]:
    """Return pairs of records with what both say: those that wait first, the surest first."""
    bound = {"code": subdistrict_code, "statuses": list(statuses), "by_people": by_people, "limit": limit}
    return connection.execute(_SQL["pairs"], bound).all()


def pair_counts(connection: Connection, *, subdistrict_code: str) -> dict[str, tuple[int, int]]:
    """Return how many pairs have which status, and how many of them by rule."""
    rows = connection.execute(_SQL["pair_counts"], {"code": subdistrict_code})
    return {row.status: (row.pairs, row.by_rule) for row in rows}


def decide_pair(connection: Connection, pair_id: int, status: str, *, actor: str, now: datetime) -> None:
    """Decide that two records are of one person (merged), of two (different), or take a decision back (waiting).

    Parameters
    ----------
    connection
        An identified connection of the server's role: the audit trigger writes who decided.

    Raises
    ------
    BadInput
        If `status` is none of ours.
    NotFound
        If there is no such pair within what the asker may decide.
    """
    if status not in STATUSES:
        raise BadInput("a pair is {known}, not {status!r}", known=STATUSES, status=status)
    bound = {"pair_id": pair_id, "status": status, "actor": actor, "now": now}
    if connection.execute(_SQL["decide"], bound).one_or_none() is None:
        raise NotFound("there is no pair {pair_id} within what you may decide", pair_id=pair_id)
    tell(connection, {"kind": "persons", "id": pair_id})
