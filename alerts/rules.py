"""Alert rules as data: read from YAML, checked whole at load."""

from importlib.resources import files
from itertools import pairwise
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gis.errors import BadInput

LEVEL_WORDS = {1: "red", 2: "orange", 3: "yellow", 4: "blue"}


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CountLevel(Frozen):
    """Holds when the count reaches `at_least` and `times` the expected count."""

    level: int = Field(ge=1, le=4)
    at_least: int = Field(ge=1)
    times: float = Field(ge=0)


class SilenceLevel(Frozen):
    """Holds when a feed has been silent for `times` its interval and for `at_least_s`."""

    level: int = Field(ge=1, le=4)
    times: float = Field(gt=1)
    at_least_s: int = Field(gt=0)


class Where(Frozen):
    """Which records are counted; empty means all."""

    category: tuple[str, ...] = ()
    grade: tuple[Literal["general", "larger", "major", "severe"], ...] = ()
    item_code: tuple[str, ...] = ()
    open: bool = False
    overdue: bool = False


class CountRule(Frozen):
    """A threshold on counts in a window, against the mean of the same window in the eight weeks before."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    counts: Literal["incident", "service_request"]
    where: Where
    unit: Literal["cell", "compound", "community"]
    window_h: int = Field(ge=1, le=24 * 31)
    floor: float = Field(gt=0)
    levels: tuple[CountLevel, ...] = Field(min_length=1)
    clear_after_h: float = Field(ge=0)

    @model_validator(mode="after")
    def graver_levels_ask_for_more(self) -> Self:
        by_gravity = sorted(self.levels, key=lambda rung: -rung.level)
        if len({rung.level for rung in by_gravity}) < len(by_gravity):
            raise ValueError(f"rule {self.id}: a level is given twice")
        for mild, grave in pairwise(by_gravity):
            if grave.at_least < mild.at_least or grave.times < mild.times:
                raise ValueError(f"rule {self.id}: level {grave.level} asks for less than level {mild.level}")
        if self.counts == "service_request" and (self.where.category or self.where.grade):
            raise ValueError(f"rule {self.id}: a service_request has no category and no grade; use item_code")
        return self

    def level_for(self, count: float, expected: float) -> int | None:
        """Return the gravest level that holds for `count` against `expected`; None when none does."""
        base = max(expected, self.floor)
        held = [rung.level for rung in self.levels if count >= rung.at_least and count >= rung.times * base]
        return min(held, default=None)


class SilenceRule(Frozen):
    """A feed whose newest event is too old for its expected interval."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    levels: tuple[SilenceLevel, ...] = Field(min_length=1)

    def level_for(self, silent_s: float, expected_every_s: float) -> int | None:
        """Return the gravest level that holds for a silence [s]; None when none does."""
        held = [rung.level for rung in self.levels if silent_s >= max(rung.times * expected_every_s, rung.at_least_s)]
        return min(held, default=None)


class Rules(Frozen):
    """All rules in force."""

    rules: tuple[CountRule, ...]
    no_data: tuple[SilenceRule, ...] = ()

    @model_validator(mode="after")
    def ids_are_unique(self) -> Self:
        ids = [rule.id for rule in self.rules] + [rule.id for rule in self.no_data]
        if doubled := {name for name in ids if ids.count(name) > 1}:
            raise ValueError(f"rule ids given twice: {', '.join(sorted(doubled))}")
        return self


def parse_rules(text: str) -> Rules:
    """Read rules from YAML.

    Raises
    ------
    BadInput
        With every fault, if anything in it is not a rule.
    """
    try:
        return Rules.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as fault:
        raise BadInput(f"the rules are not YAML: {fault}") from fault
    except ValidationError as fault:
        faults = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in fault.errors()[:10])
        raise BadInput(f"the rules do not hold together: {faults}") from fault


def shipped_rules() -> Rules:
    """The rules the product comes with."""
    return parse_rules(files("alerts").joinpath("rules.yml").read_text(encoding="utf-8"))
