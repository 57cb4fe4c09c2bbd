"""Lead an incident, a request or a visit one step on: check the rule, write status and history, tell who listens.

The connection is an identified one of the server's role: which records somebody may touch is the database's business.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from casework.states import DispatchRule, Rules, Step, incident_due_at, read_rules, request_due_at
from gis.database.connection import Database
from gis.database.statements import load_statements
from gis.district import select_district
from gis.errors import BadInput, Conflict, NotAllowed, NotFound
from gis.subjects import CALLED

STATEMENTS = load_statements("casework", "transitions")

#: notes longer than this are refused [characters]
NOTE_LENGTH = 2_000


@dataclass(frozen=True)
class Asked:
    """A step somebody asks for."""

    #: a status, `returned`, `reopened`, `done` or `missed`; see states.yml
    to: str
    account_id: int
    role: str
    #: post or account name, kept with the history
    actor: str
    note: str = ""
    photo: str | None = None
    #: when it was done, by the device's clock; None: now
    at: datetime | None = None
    #: of the device: the same entry twice is one transition
    client_key: str | None = None
    #: whom to dispatch to; None: whose place it is
    worker_id: int | None = None


@dataclass(frozen=True)
class Taken:
    """What a step led to."""

    subject: str
    id: int
    status: str
    #: False when the same entry had been taken before
    changed: bool
    transition_id: int
    #: whom it was dispatched to by this step
    worker_id: int | None = None
    due_at: datetime | None = None


def take_step(
    connection: Connection, subject: str, record_id: int, asked: Asked, *, now: datetime, timezone: ZoneInfo
) -> Taken:
    """Take one step.

    Parameters
    ----------
    connection
        Identified, in a transaction of the caller's.
    subject
        incident, request or visit.
    record_id
        Its id.
    asked
        What is asked, by whom.
    now
        Nothing is done later than this, whatever the device's clock says.
    timezone
        Of the sub-district, for promises of working days.

    Raises
    ------
    NotFound
        If the asker sees no such record.
    NotAllowed
        If they see it but may not change it, or the step is not for their role.
    Conflict, BadInput
        If the step does not start from its status, does not exist, or lacks its note.
    """
    rules = read_rules()
    life = rules.life(subject)
    check_texts(asked)
    record = lock_record(connection, subject, record_id)
    if before := taken_before(connection, record.subdistrict_code, asked.client_key):
        if (before.subject, before.subject_id, before.step) != (subject, record_id, asked.to):
            raise Conflict("the key {client_key!r} was used for another entry", client_key=asked.client_key)
        return Taken(subject, record_id, record.status, changed=False, transition_id=before.id, due_at=record.due_at)
    roles = {asked.role} | ({"reporter"} if record.reporter_id == asked.account_id else set())
    step = life.step(asked.to, status=record.status, roles=roles, note=asked.note)
    at = max(record.happened_at, min(asked.at or now, now)) if subject != "visit" else min(asked.at or now, now)
    due_at = record.due_at or due_of(subject, record, rules=rules, timezone=timezone)
    values = {
        "subject": subject,
        "id": record_id,
        "subdistrict_code": record.subdistrict_code,
        "happened_at": record.happened_at,
        "status": step.target,
        "at": at,
        "due_at": due_at,
        "note": asked.note.strip(),
        "photo": asked.photo,
        "step": step.name,
        "change": step.name,
        "from_status": record.status,
        "to_status": step.target,
        "account_id": asked.account_id,
        "actor": asked.actor,
        "client_key": asked.client_key,
        "community_code": record.community_code,
        "work_grid_id": record.work_grid_id,
    }
    connection.execute(STATEMENTS[f"set_{subject}"], values)
    transition_id = int(connection.execute(STATEMENTS["insert_transition"], values).scalar_one())
    worker_id = None if subject == "visit" else pass_on(connection, record, step, asked, values)
    connection.execute(STATEMENTS["tell"], values)
    return Taken(
        subject, record_id, step.target, changed=True, transition_id=transition_id, worker_id=worker_id, due_at=due_at
    )


def check_texts(asked: Asked) -> None:
    """Raise BadInput for what no honest client sends."""
    if len(asked.note) > NOTE_LENGTH:
        raise BadInput(
            "the note has {length} characters, at most {most} are kept",
            length=len(asked.note),
            most=NOTE_LENGTH,
        )
    if asked.client_key is not None and not 8 <= len(asked.client_key) <= 64:
        raise BadInput("client_key has {length} characters, it needs 8 to 64", length=len(asked.client_key))
    if asked.at is not None and asked.at.tzinfo is None:
        raise BadInput("the time {at} has no time zone", at=asked.at.isoformat())


def lock_record(connection: Connection, subject: str, record_id: int) -> Row[Any]:
    """Return the record, locked; tell apart what is not there from what is not theirs to change."""
    record = connection.execute(STATEMENTS[f"lock_{subject}"], {"id": record_id}).first()
    if record is not None:
        return record
    if connection.scalar(STATEMENTS[f"sees_{subject}"], {"id": record_id}):
        raise NotAllowed(
            "{subject} {record_id} lies outside what you may change", subject=CALLED[subject], record_id=record_id
        )
    raise NotFound("no {subject} {record_id}", subject=CALLED[subject], record_id=record_id)


def taken_before(connection: Connection, subdistrict_code: str, client_key: str | None) -> Row[Any] | None:
    """Return the transition this entry already made."""
    if client_key is None:
        return None
    values = {"subdistrict_code": subdistrict_code, "client_key": client_key}
    return connection.execute(STATEMENTS["taken_before"], values).one_or_none()


def due_of(subject: str, record: Row[Any], *, rules: Rules, timezone: ZoneInfo) -> datetime | None:
    """When a record that states no time of its own is due."""
    if subject == "incident":
        return incident_due_at(record.happened_at, record.grade, rules=rules)
    if subject == "request":
        return request_due_at(record.happened_at, record.days_to_close, rules=rules, timezone=timezone)
    return None


def pass_on(connection: Connection, record: Row[Any], step: Step, asked: Asked, values: dict[str, Any]) -> int | None:
    """Give the record to a worker when it is dispatched, take it back when it waits again or is over."""
    if step.name == "dispatched":
        worker_id, found_by = asked.worker_id, "named"
        if worker_id is None and record.work_grid_id is not None:
            place = {"work_grid_id": record.work_grid_id, "cell": record.cell, "building_id": record.building_id}
            found = connection.execute(STATEMENTS["worker_of"], place | {"at": values["at"]}).first()
            worker_id, found_by = (found.worker_id, found.found_by) if found else (None, "")
        connection.execute(STATEMENTS["end_dispatch"], values)
        if worker_id is not None:
            connection.execute(STATEMENTS["insert_dispatch"], values | {"worker_id": worker_id, "found_by": found_by})
        return worker_id
    if step.target in ("reported", "closed", "withdrawn"):
        connection.execute(STATEMENTS["end_dispatch"], values)
    return None


def history(connection: Connection, subject: str, record_id: int) -> list[dict[str, Any]]:
    """What happened to one record, oldest first, as far as the asker may see."""
    rows = connection.execute(STATEMENTS["history"], {"subject": subject, "id": record_id})
    return [dict(row._mapping) for row in rows]


def dispatch_by_place(connection: Connection, incident_id: int, *, now: datetime) -> int | None:
    """Give a placed incident that waits to the worker whose building or cell it is.

    Returns
    -------
    worker_id
        None when it does not wait, is not placed, or nobody is assigned there.
    """
    worker_id: int | None = connection.scalar(STATEMENTS["dispatch_by_place"], {"id": incident_id, "at": now})
    return worker_id


def dispatch_waiting(
    connection: Connection, *, subdistrict_code: str, now: datetime, rule: DispatchRule, most: int = 500
) -> int:
    """Dispatch placed incidents that waited as long as the rule says, newest first; returns how many found a worker."""
    bound = {
        "subdistrict_code": subdistrict_code,
        "before": now - timedelta(minutes=rule.after_min),
        "since": now - timedelta(days=rule.within_days),
        "grades": list(rule.grades),
        "most": most,
    }
    waiting = connection.execute(STATEMENTS["waiting"], bound).scalars()
    return sum(dispatch_by_place(connection, incident_id, now=now) is not None for incident_id in waiting.all())


def dispatch_by_clock(database: Database, *, now: datetime) -> int:
    """Dispatch what nobody has dispatched in time; returns how many found a worker."""
    with database.owner.begin() as connection:
        try:
            district = select_district(connection)
        except NotFound:
            return 0
        return dispatch_waiting(connection, subdistrict_code=district.code, now=now, rule=read_rules().dispatch)
