"""The level of an alert by a stated rule: severity, urgency, certainty and people exposed; alerts/levels.yml.

Pure. The words are those of CAP 1.2 (urgency, severity, certainty), so that what a screen shows and what other systems
are told is one thing.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import Field

from alerts.cases import Case
from alerts.documents import Frozen, parse_document
from alerts.labels import method_name


class UrgencyLine(Frozen):
    word: Literal["Immediate", "Expected", "Future"]
    methods: tuple[str, ...] = ()
    window_h_at_most: float | None = None


class CertaintyLine(Frozen):
    word: Literal["Observed", "Likely", "Possible"]
    #: False = holds for what is not compared with anything expected
    compared: bool | None = None
    beyond_interval_times: float | None = None
    recurrence_days_at_least: float | None = None


class Step(Frozen):
    """Moves a level up or down when every condition it states holds."""

    id: str
    move: Literal["up", "down"]
    levels: tuple[int, ...]
    units: tuple[str, ...] = ()
    urgency: tuple[str, ...] = ()
    certainty: tuple[str, ...] = ()
    exposed_at_least: int | None = None
    exposed_below: int | None = None


class LevelRule(Frozen):
    """The whole rule."""

    severity: Mapping[int, Literal["Extreme", "Severe", "Moderate", "Minor"]] = Field(min_length=4)
    urgency: tuple[UrgencyLine, ...]
    certainty: tuple[CertaintyLine, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Grading:
    """A level and how it came about."""

    level: int
    #: level the rule found, before any step
    found: int
    severity: str
    urgency: str
    certainty: str
    #: persons who live in its cells; None = not known
    exposed: int | None
    #: id of the step that moved it; empty = none
    step: str

    def as_json(self) -> dict[str, Any]:
        """As it is kept with the alert; fewer than five persons are not told."""
        told = None if self.exposed is None or 0 < self.exposed < 5 else self.exposed
        return {**asdict(self), "exposed": told}


@lru_cache(maxsize=1)
def shipped_level_rule() -> LevelRule:
    """The rule the product comes with."""
    return parse_document(LevelRule, files("alerts").joinpath("levels.yml").read_text(encoding="utf-8"), "levels.yml")


def grade(case: Case, *, exposed: int | None, rule: LevelRule) -> Grading:
    """Grade a case; `exposed` are the persons who live in its cells, None where it has none."""
    lead = case.lead
    window_h = (case.window_to - case.window_from).total_seconds() / 3600
    urgency = next(
        (
            line.word
            for line in rule.urgency
            if (not line.methods or method_name(lead.method) in line.methods)
            and (line.window_h_at_most is None or window_h <= line.window_h_at_most)
        ),
        "Expected",
    )
    certainty = next((line.word for line in rule.certainty if certain(line, case)), "Possible")
    step = next((step for step in rule.steps if applies(step, case, urgency, certainty, exposed)), None)
    level = case.level if step is None else case.level + (-1 if step.move == "up" else 1)
    return Grading(
        level=level,
        found=case.level,
        severity=rule.severity[level],
        urgency=urgency,
        certainty=certainty,
        exposed=exposed,
        step=step.id if step else "",
    )


def certain(line: CertaintyLine, case: Case) -> bool:
    """Say whether a line of certainty holds."""
    compared = case.expected_high is not None
    if line.compared is not None and line.compared != compared:
        return False
    if line.recurrence_days_at_least is not None:
        chance = case.lead.recurrence_days
        return chance is not None and chance >= line.recurrence_days_at_least
    if line.beyond_interval_times is None:
        return True
    return case.expected_high is not None and case.observed >= line.beyond_interval_times * case.expected_high


def applies(step: Step, case: Case, urgency: str, certainty: str, exposed: int | None) -> bool:
    """Say whether a step's every condition holds; red is neither made nor unmade."""
    target = case.level + (-1 if step.move == "up" else 1)
    return (
        case.level in step.levels
        and case.level != 1
        and 2 <= target <= 4
        and (not step.units or case.lead.unit_kind in step.units)
        and (not step.urgency or urgency in step.urgency)
        and (not step.certainty or certainty in step.certainty)
        and (step.exposed_at_least is None or (exposed is not None and exposed >= step.exposed_at_least))
        and (step.exposed_below is None or (exposed is not None and exposed < step.exposed_below))
    )
