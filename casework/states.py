"""Which step leads from which status to which, who may take it, and by when: pure rules over states.yml."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from gis.documents import parse_yaml
from gis.errors import BadInput, Conflict, NotAllowed
from gis.sentences import Sentence
from gis.subjects import CALLED

CLOSED_STATUSES = ("closed", "withdrawn")
OPEN_STATUSES = ("reported", "dispatched", "accepted", "handling")
#: not a role of an account: whoever entered the record
REPORTER = "reporter"
#: end of an office day, local time: a promise of days runs out then
OFFICE_CLOSES = time(17, 30)


@dataclass(frozen=True)
class Step:
    """One allowed step of one kind of record."""

    name: str
    #: statuses it may start from
    sources: frozenset[str]
    target: str
    #: roles that may take it; `reporter` = whoever entered the record
    roles: frozenset[str]
    #: whether a word why is demanded
    needs_note: bool


@dataclass(frozen=True)
class Life:
    """All steps of one kind of record, by the name people ask for."""

    subject: str
    steps: Mapping[str, Step]

    def step(self, name: str, *, status: str, roles: Collection[str], note: str = "") -> Step:
        """Return the step called `name`, or say why it cannot be taken now.

        Raises
        ------
        BadInput
            If there is no such step, or it needs a note and has none.
        Conflict
            If it does not start from `status`.
        NotAllowed
            If none of `roles` may take it.
        """
        step = self.steps.get(name)
        if step is None:
            raise BadInput(
                "no step {name!r} for {subject}; there are {known}",
                name=name,
                subject=CALLED[self.subject],
                known=self.steps,
            )
        if status not in step.sources:
            raise Conflict(
                "{subject} has status {status!r}, {name!r} starts from {sources}",
                subject=CALLED[self.subject],
                status=status,
                name=name,
                sources=sorted(step.sources),
            )
        if step.roles.isdisjoint(roles):
            raise NotAllowed(
                "{name!r} is for {roles}, not for {own}",
                name=name,
                roles=sorted(step.roles),
                own=sorted(roles) or Sentence("nobody"),
            )
        if step.needs_note and not note.strip():
            raise BadInput("{name!r} needs a note saying why or what was done", name=name)
        return step

    def open_to(self, *, status: str, roles: Collection[str]) -> list[Step]:
        """Steps that these roles may take from `status`, in the order of the file: the buttons of a page."""
        return [step for step in self.steps.values() if status in step.sources and not step.roles.isdisjoint(roles)]


@dataclass(frozen=True)
class DispatchRule:
    """What is dispatched by the clock when nobody did."""

    after_min: float
    grades: tuple[str, ...]
    within_days: float


@dataclass(frozen=True)
class Rules:
    """The content of states.yml."""

    lives: Mapping[str, Life]
    #: time allowed after the report, by grade [h]
    incident_due_h: Mapping[str, float]
    #: where a service item promises nothing [working days]
    request_due_days: int
    dispatch: DispatchRule

    def life(self, subject: str) -> Life:
        """Return the life of `incident`, `request` or `visit`; BadInput for anything else."""
        try:
            return self.lives[subject]
        except KeyError:
            raise BadInput("no record kind {subject!r}; there are {known}", subject=subject, known=self.lives) from None


def parse_rules(content: Mapping[str, Any]) -> Rules:
    """Check the parsed file and return it as rules; every fault is named at once."""
    faults: list[Sentence] = []
    lives = {}
    for subject in ("incident", "request", "visit"):
        steps = {}
        for name, given in (content.get(subject) or {}).items():
            missing = {"from", "to", "by"} - given.keys()
            if missing or given.keys() - {"from", "to", "by", "note"}:
                faults.append(
                    Sentence(
                        "{subject}.{name}: needs from, to and by, may have note; has {given}",
                        subject=subject,
                        name=name,
                        given=given,
                    )
                )
                continue
            steps[name] = Step(
                name=name,
                sources=frozenset(given["from"]),
                target=given["to"],
                roles=frozenset(given["by"]),
                needs_note=bool(given.get("note", False)),
            )
        if not steps:
            faults.append(Sentence("{subject}: has no steps", subject=subject))
        lives[subject] = Life(subject, steps)
    if faults:
        raise BadInput("{file}: {faults}", file="states.yml", faults=faults[:10])
    given = content["dispatch_rule"]
    rule = DispatchRule(float(given["after_min"]), tuple(given["grades"]), float(given["within_days"]))
    return Rules(lives, content["incident_due_h"], int(content["request_due_days"]), rule)


@lru_cache(maxsize=1)
def read_rules() -> Rules:
    """Read and check the rules that ship with the house."""
    return parse_rules(parse_yaml(files("casework").joinpath("states.yml").read_text(encoding="utf-8")))


def incident_due_at(reported_at: datetime, grade: str, *, rules: Rules) -> datetime:
    """When an incident of this grade should be closed; hours run day and night."""
    return reported_at + timedelta(hours=rules.incident_due_h[grade])


def request_due_at(requested_at: datetime, days: int | None, *, rules: Rules, timezone: ZoneInfo) -> datetime:
    """When a request should be answered: office closing time after so many working days.

    Working days are Monday to Friday; public holidays and the weekends worked for them are not known here, so that a
    promise may end up to a week early around a holiday, never late.
    """
    day: date = requested_at.astimezone(timezone).date()
    left = rules.request_due_days if days is None else days
    while left > 0:
        day += timedelta(days=1)
        if day.weekday() < 5:
            left -= 1
    return datetime.combine(day, OFFICE_CLOSES, tzinfo=timezone)
